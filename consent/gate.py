"""The gate: no effect on a likeness without a decision under the subject's lock, in one transaction with the effect.

    lock (shared) → read the grants → decide → effect → journal and ledger → commit

A withdrawal takes the same lock exclusive, so its commit falls before the read or after the commit of any use: never
between. Whatever fails on the way rolls the effect back (fail closed).
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from consent import groups, journal, keys, locks, rules
from consent.models import Acceptance, Grant, Likeness, Veto
from consent.rules import Allowed, Claim, Facts, GrantFact, Point, Refused, Wish
from socialvideo.lib.clock import StatementTime
from socialvideo.lib.errors import Problem

T = TypeVar("T")
Effect = Callable[[Allowed], T]


class Denied(Problem):
    """The refusal as the requester sees it: the same words whoever and whatever caused it (DESIGN §3.10)."""

    def __init__(self, verdict: Refused) -> None:
        detail = "This is not covered by a permission. Ask at POST /api/v1/asks, or wish for something else."
        super().__init__(403, "consent_unavailable", detail)
        self.verdict = verdict


def use(
    *,
    point: Point,
    requester_id: UUID,
    claims: Sequence[Claim],
    effect: Effect[T],
    wish: Wish = rules.ANY,
    about: journal.About = journal.NOTHING,
    quiet: bool = False,
    nobody: bool = False,
) -> T:
    """Decide, and run ``effect`` only if every subject's grant covers it; return what it returns.

    ``quiet`` leaves an allowed decision out of the journal, for points that repeat one already written there (each
    part of a stream that was opened). ``nobody`` says that the film is known to show nobody: only then may ``claims``
    be empty, and the effect is run, for it is on no likeness. Raises Denied after the denial is committed. Must be the
    outermost transaction.
    """
    if nobody:
        return _unclaimed(claims, effect)
    # Without the key no withdrawal can be receipted: then nothing may be used either (fail closed).
    keys.private_key()
    with transaction.atomic(durable=True):
        if not quiet:
            locks.take_place(claim.subject_id for claim in claims)
        locks.share(claim.subject_id for claim in claims)
        facts, now = _read(point, requester_id, claims, about)
        verdict = rules.decide(point, claims, wish, facts, now)
        outcome = None
        if isinstance(verdict, Allowed):
            verdict = groups.taken_up(verdict, requester_id)
            outcome = effect(verdict)
        if not (quiet and verdict):
            journal.write(
                point=point, requester_id=requester_id, claims=claims, wish=wish, about=about, verdict=verdict
            )
    if isinstance(verdict, Refused):
        raise Denied(verdict)
    return outcome  # type: ignore[return-value]


def would(
    *,
    requester_id: UUID,
    claims: Sequence[Claim],
    wish: Wish,
    about: journal.About = journal.NOTHING,
    journaled: bool = False,
) -> Allowed | Refused:
    """Say what a request would come to now. Nothing is done and no use is counted.

    ``journaled`` writes it down as a preview, for whoever is asked about to see that they were.
    """
    with transaction.atomic(durable=True):
        locks.share(claim.subject_id for claim in claims)
        facts, now = _read(Point.REQUEST, requester_id, claims, about)
        verdict = rules.decide(Point.REQUEST, claims, wish, facts, now)
        if journaled:
            journal.write(
                point=Point.PREVIEW, requester_id=requester_id, claims=claims, wish=wish, about=about, verdict=verdict
            )
    return verdict


def _unclaimed(claims: Sequence[Claim], effect: Effect[T]) -> T:
    if claims:
        raise ValueError("it cannot show nobody and somebody")
    with transaction.atomic(durable=True):
        return effect(Allowed(()))


def _read(point: Point, requester_id: UUID, claims: Sequence[Claim], about: journal.About) -> tuple[Facts, datetime]:
    """Read the grants that answer the claims: the remembered one, else the closest one standing for this requester."""
    remembered = {claim.grant_id for claim in claims if claim.grant_id}
    fresh = [claim.subject_id for claim in claims if not claim.grant_id]
    held = remembered | _offers(point, remembered)
    # Who remixes uses grants that were given to somebody else: a block takes them from the one whom it concerns.
    answers = Q(id__in=held) & groups.apart(requester_id) if point in rules.NEW_USES else Q(id__in=held)
    query = Grant.objects.filter(answers | groups.answering(requester_id, fresh)).annotate(now=StatementTime())
    # A request counts a use: the rows are held, so that the count which was read is the count that is raised. Not their
    # keys: a decision that is being written refers to the grant while it holds the ledger, which a request wants next.
    query = query.order_by("id").select_for_update(no_key=True) if point is Point.REQUEST else query
    rows = {row.id: row for row in query}
    now = next((row.now for row in rows.values()), datetime.min)
    facts = Facts(
        grants=_remembered(remembered, rows) | _closest(fresh, [rows[key] for key in rows.keys() - held], now),
        enrolled=_enrolled(point, claims, about),
        accepted=_accepted(point, about),
        vetoed=_vetoed(about),
    )
    return facts, now


def _offers(point: Point, grant_ids: Set[UUID]) -> set[UUID]:
    """Return the offers that grants rest on, on which a request counts its use too; never changed, so read apart."""
    if point is not Point.REQUEST:
        return set()
    return {row.rests_on_id for row in Grant.objects.filter(id__in=grant_ids) if row.rests_on_id}


def _remembered(grant_ids: Set[UUID], rows: Mapping[UUID, Grant]) -> dict[UUID, GrantFact]:
    return {key: _counted(rows[key], rows) for key in grant_ids & rows.keys()}


def _closest(subject_ids: Sequence[UUID], rows: Sequence[Grant], now: datetime) -> dict[UUID, GrantFact]:
    facts = [row.fact() for row in rows]
    found = {subject_id: [fact for fact in facts if fact.subject_id == subject_id] for subject_id in subject_ids}
    return {subject_id: rules.closest(those, now) for subject_id, those in found.items() if those}


def _counted(row: Grant, rows: Mapping[UUID, Grant]) -> GrantFact:
    """Return the fact of a grant; one that rests on an offer has the offer's count of uses.

    With the use of each other grant that rests on it, too: two films may be put together that both do.
    """
    offer = rows.get(row.rests_on_id, row) if row.rests_on_id else row
    beside = [other for other in rows.values() if other.rests_on_id == offer.id and other.id != row.id]
    return replace(row.fact(), uses=offer.uses + len(beside), max_uses=offer.max_uses)


def _enrolled(point: Point, claims: Sequence[Claim], about: journal.About) -> frozenset[UUID]:
    if point not in rules.PHOTO_USES:
        return frozenset()
    confirmed = Q(guardian=None) | Q(cosigned_at__isnull=False)
    subjects = [claim.subject_id for claim in claims]
    active = Likeness.objects.filter(confirmed, subject__in=subjects, erased_at=None)
    if point is not Point.REQUEST and about.likenesses is not None:
        active = active.filter(id__in=about.likenesses)
    return frozenset(active.values_list("subject", flat=True))


def _accepted(point: Point, about: journal.About) -> frozenset[UUID]:
    if point is not Point.PUBLISH or not about.video_id:
        return frozenset()
    these = Acceptance.objects.filter(video_id=about.video_id, digest=about.digest)
    return frozenset(these.values_list("subject", flat=True))


def _vetoed(about: journal.About) -> frozenset[UUID]:
    return frozenset(Veto.objects.filter(video_id__in=about.lineage).values_list("subject", flat=True))
