"""Permits: the one-use authorisation of one spec. Issued at the request, redeemed at the start, spent at the seal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import Person
from consent import fences, gate, grants, journal, locks
from consent.models import Likeness, Permit, PermitSubject
from consent.rules import ANY, Allowed, Claim, Point, Right, Wish

T = TypeVar("T")
LIFE = timedelta(hours=24)
# Ends what is open, held in one order, and returns the grants whose use was counted and that stand as they did then.
# One statement: it runs while a withdrawal holds its subject's lock and everybody who uses the grant waits.
VOID = """
WITH ended AS (UPDATE consent_permit p SET state = 'void' FROM (
    SELECT id FROM consent_permit WHERE id = ANY(%s) AND state IN ('issued', 'redeemed') ORDER BY id FOR UPDATE) held
    WHERE p.id = held.id RETURNING p.id)
SELECT s.grant_id FROM ended JOIN consent_permitsubject s ON s.permit_id = ended.id
    JOIN consent_grant g ON g.id = s.grant_id AND g.epoch = s.epoch
"""


class Unusable(Exception):
    """The permit does not fit: unknown, for another job or spec, void, spent or past its life."""


@dataclass(frozen=True)
class Redeemed:
    """Proof that a permit was redeemed under the gate. Only ``redeem`` makes one."""

    permit_id: UUID
    requester_id: UUID
    job_id: UUID
    claims: tuple[Claim, ...]
    likenesses: tuple[Likeness, ...]
    """One a subject, in the order of the claims; none where no photo is used."""
    lineage: tuple[UUID, ...] = ()
    """The videos that this one will be a remix of."""

    @property
    def nobody(self) -> bool:
        """Whether the permit is for a film that shows nobody."""
        return not self.claims

    @property
    def photos(self) -> tuple[UUID, ...] | None:
        """The likenesses by id; each stays until its subject erases or replaces it. None where no photo is used."""
        return _ids(self.likenesses)


@dataclass(frozen=True)
class Origin:
    """What a remix is made from: the depictions that it inherits, and the videos they came through."""

    claims: tuple[Claim, ...] = ()
    lineage: tuple[UUID, ...] = ()
    right: Right | None = Right.REMIX
    """What everybody shown in it must have granted for this."""
    spares_requester: bool = False
    """Whether who asks need not have granted it of themselves."""
    uses_photos: bool = True
    """Whether somebody is drawn anew: what is put together from films alone is for no photo."""


NO_ORIGIN = Origin()


def issue(
    *,
    requester: Person,
    subjects: Sequence[UUID],
    digest: bytes,
    wish: Wish,
    job_id: UUID,
    effect: Callable[[Permit], T],
    origin: Origin = NO_ORIGIN,
) -> T:
    """Issue a permit for the spec of ``digest`` (SHA-256) and run ``effect`` with it, in one transaction.

    Counts one use of every grant, inherited ones too. Raises gate.Denied unless every subject's grant covers the wish,
    and everybody whom a remix inherits granted its right. What is made of films that show nobody needs no grant.
    """

    def write(allowed: Allowed) -> T:
        grants.count_use(grant.id for grant in allowed.grants)
        permit = Permit.objects.create(
            requester=requester,
            job_id=job_id,
            digest=digest,
            expires_at=Now() + LIFE,
            lineage=list(origin.lineage),
            subject_count=len(allowed.grants),
            uses_photos=origin.uses_photos,
        )
        photos = _photos(grant.subject_id for grant in allowed.grants) if origin.uses_photos else None
        PermitSubject.objects.bulk_create(
            PermitSubject(
                permit=permit,
                subject_id=g.subject_id,
                grant_id=g.id,
                epoch=g.epoch,
                likeness=photos[g.subject_id] if photos is not None else None,
                place=place,
            )
            for place, g in enumerate(allowed.grants)
        )
        return effect(permit)

    spared = requester.id if origin.spares_requester else None
    inherited = [replace(claim, right=None if claim.subject_id == spared else origin.right) for claim in origin.claims]
    known = {claim.subject_id for claim in inherited}
    claims = inherited + [Claim(subject_id) for subject_id in subjects if subject_id not in known]
    about = journal.About(job_id=job_id, lineage=origin.lineage)
    return gate.use(
        point=Point.REQUEST,
        requester_id=requester.id,
        claims=claims,
        wish=wish,
        about=about,
        effect=write,
        nobody=bool(origin.lineage) and not claims,
    )


def redeem(*, permit_id: UUID, digest: bytes, job_id: UUID, wish: Wish = ANY) -> Redeemed:
    """Redeem the permit for its job, which may do so again after a crash; another job or spec may not.

    Raises Unusable, or gate.Denied when a grant no longer stands, or a photo is not the one of the request.
    """
    permit, claims, likenesses = _opened(permit_id)
    if bytes(permit.digest) != digest:
        raise Unusable("the permit is for another spec")
    if permit.job_id != job_id:
        raise Unusable("the permit is for another job")

    def write(_: Allowed) -> Redeemed:
        usable = Permit.objects.filter(
            id=permit_id, state__in=[Permit.State.ISSUED, Permit.State.REDEEMED], expires_at__gt=Now()
        )
        if not usable.update(state=Permit.State.REDEEMED):
            raise Unusable("the permit is void, spent or past its life")
        return Redeemed(permit_id, permit.requester_id, job_id, claims, likenesses, tuple(permit.lineage))

    return gate.use(
        point=Point.START,
        requester_id=permit.requester_id,
        claims=claims,
        wish=wish,
        about=journal.About(job_id=job_id, lineage=tuple(permit.lineage), likenesses=_ids(likenesses)),
        effect=write,
        nobody=not claims,
    )


def recheck(redeemed: Redeemed) -> None:
    """Return while every grant and every photo in use stands; else journal the denial and raise gate.Denied.

    One query while they do.
    """
    standing = fences.standing(
        redeemed.claims,
        redeemed.lineage,
        maker=redeemed.requester_id,
        likenesses=redeemed.photos or (),
        nobody=redeemed.nobody,
    )
    if not standing:
        _ask(redeemed, Point.STEP, lambda _: None)


def spend(redeemed: Redeemed, *, video_id: UUID, effect: Callable[[Sequence[Claim], bool], T]) -> T:
    """Seal: spend the permit and run ``effect`` (store the video) in one transaction under the gate.

    ``effect`` is told the claims, and whether somebody depicted wishes to review the render first. Raises Unusable when
    the permit was spent before, so that one permit never makes two videos, and when it says anything else than
    ``redeemed``.
    """
    permit, claims, likenesses = _opened(redeemed.permit_id)
    held = (redeemed.requester_id, redeemed.job_id, redeemed.claims, redeemed.likenesses, redeemed.lineage)
    if held != (permit.requester_id, permit.job_id, claims, likenesses, tuple(permit.lineage)):
        raise Unusable("the permit is for other people, or for another job")

    def write(allowed: Allowed) -> T:
        redeemed_now = Permit.objects.filter(id=redeemed.permit_id, state=Permit.State.REDEEMED)
        if not redeemed_now.update(state=Permit.State.SPENT):
            raise Unusable("the permit was not redeemed, or is spent")
        return effect(redeemed.claims, any(grant.review for grant in allowed.grants))

    return _ask(redeemed, Point.SEAL, write, video_id)


@contextmanager
def ending(permit_id: UUID) -> Iterator[None]:
    """Hold the subjects' locks shared while a job ends, so that it and a withdrawal never wait for each other."""
    with transaction.atomic():
        locks.share(PermitSubject.objects.filter(permit=permit_id).values_list("subject", flat=True))
        yield


def void(permit_ids: Sequence[UUID]) -> None:
    """End permits whose jobs will make no video, and give their uses back; in the caller's transaction."""
    if permit_ids:
        with connection.cursor() as cursor:
            cursor.execute(VOID, [list(permit_ids)])
            grants.return_use([grant_id for (grant_id,) in cursor.fetchall()])


def _photos(subject_ids: Iterable[UUID]) -> dict[UUID, Likeness]:
    return {row.subject_id: row for row in Likeness.objects.filter(subject__in=list(subject_ids), erased_at=None)}


def _opened(permit_id: UUID) -> tuple[Permit, tuple[Claim, ...], tuple[Likeness, ...]]:
    """Return the permit with its claims, and the photos that it is for: one a subject, in the order of the claims.

    None where the permit is for no photo; that one is lost is not the same.
    """
    permit = Permit.objects.filter(id=permit_id).prefetch_related("subjects__likeness").first()
    if permit is None:
        raise Unusable("there is no such permit")
    rows = permit.subjects.all()
    if len(rows) != permit.subject_count:
        raise Unusable("the permit has lost somebody whom it is for")
    claims = tuple(Claim(row.subject_id, row.grant_id, row.epoch) for row in rows)
    likenesses = {row.subject_id: row.likeness for row in rows if row.likeness}
    if permit.uses_photos and likenesses.keys() != {row.subject_id for row in rows}:
        raise Unusable("the permit has lost a photo that it is for")
    return permit, claims, tuple(likenesses.values())


def _ids(likenesses: Sequence[Likeness]) -> tuple[UUID, ...] | None:
    return tuple(likeness.id for likeness in likenesses) or None


def _ask(redeemed: Redeemed, point: Point, effect: Callable[[Allowed], T], video_id: UUID | None = None) -> T:
    return gate.use(
        point=point,
        requester_id=redeemed.requester_id,
        claims=redeemed.claims,
        about=journal.About(redeemed.job_id, video_id, redeemed.lineage, likenesses=redeemed.photos),
        effect=effect,
        nobody=redeemed.nobody,
    )
