"""A guardian's word: what a teenager enrols and grants counts only once their guardian has confirmed it.

The teenager's own request writes the grant; ``cosigned_at`` is the guardian's. Either of them ends it alone, and no
grant of a teenager outlives their 18th birthday.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts import guardians
from accounts.models import Person
from consent import ends, ledger, likenesses, locks, receipts
from consent.models import Grant, Likeness
from consent.rules import State
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem


def grants_of(ward: Person) -> QuerySet[Grant]:
    """Return the grants that stand on a guardian's word or wait for it."""
    standing = Grant.objects.filter(subject=ward, state=State.GIVEN, guardian__isnull=False, rests_on=None)
    return standing.select_related("subject", "grantee")


def cosign(*, guardian: Person, guardianship_id: UUID, grant_id: UUID) -> Grant:
    """Confirm a ward's grant: from this commit on it counts. 404. Repeating it changes nothing."""
    with transaction.atomic(durable=True):
        ward = _held_ward(guardian, guardianship_id)
        grant = _ward_grant(ward, grant_id)
        signed = Grant.objects.filter(id=grant.id, guardian=guardian, cosigned_at=None)
        if signed.update(cosigned_at=Now(), version=F("version") + 1):
            grant.refresh_from_db()
            ledger.append([ledger.Entry("cosignature", receipts.terms(grant))])
    return grant


def cosign_likeness(*, guardian: Person, guardianship_id: UUID) -> None:
    """Confirm a ward's enrolment. 404 when there is none. Repeating it changes nothing."""
    with transaction.atomic(durable=True):
        ward = _held_ward(guardian, guardianship_id)
        enrolled = Likeness.objects.filter(subject=ward, erased_at=None, guardian__isnull=False)
        if not enrolled.exists():
            raise Problem(404, "likeness_unknown", "Your ward has enrolled no likeness.")
        if enrolled.filter(cosigned_at=None).update(cosigned_at=Now(), guardian=guardian):
            said: dict[str, object] = {"subject": str(ward.id), "guardian": str(guardian.id), "of": "enrolment"}
            ledger.append([ledger.Entry("cosignature", said)])


def revoke(*, guardian: Person, guardianship_id: UUID, grant_id: UUID) -> None:
    """End a ward's grant, and what was made under it, at once. 404."""
    with transaction.atomic(durable=True):
        ward = _held_ward(guardian, guardianship_id)
        grant = _ward_grant(ward, grant_id)
        _revoke(ward, guardian, Q(id=grant.id) | Q(rests_on=grant.id))


def revoke_all(*, guardian: Person, guardianship_id: UUID) -> None:
    """End all of a ward's grants and erase their likeness, at once. 404. Repeating it changes nothing."""
    with transaction.atomic(durable=True):
        ward = _held_ward(guardian, guardianship_id)
        _revoke(ward, guardian, Q())
        if likenesses.destroy(ward):
            ledger.append([ledger.Entry("erasure", {"subject": str(ward.id), "guardian": str(guardian.id)})])


def sever(*, ward_id: UUID, of_age: bool) -> None:
    """End what rests on a guardian's word, in the transaction in which the guardianship ends (GUARDIANSHIP_HANDLERS).

    Who came of age keeps their likeness, confirmed or not, as their own; else it waits for the next guardian's word.
    """
    locks.exclude([ward_id])
    ends.invalidate(Grant.objects.filter(subject=ward_id, state=State.GIVEN, guardian__isnull=False))
    enrolled = Likeness.objects.filter(subject=ward_id, erased_at=None, guardian__isnull=False)
    enrolled.update(**({"guardian": None, "cosigned_at": None} if of_age else {"cosigned_at": None}))


def _held_ward(guardian: Person, guardianship_id: UUID) -> Person:
    """Return the ward under their exclusive lock; whose guardianship it is is read in the next statement."""
    ward = guardians.ward_of(guardian, guardianship_id)
    locks.exclude([ward.id])
    return guardians.ward_of(guardian, guardianship_id)


def _ward_grant(ward: Person, grant_id: UUID) -> Grant:
    grant = grants_of(ward).filter(id=grant_id).first()
    if grant is None:
        raise Problem(404, "not_found", "Your ward has no standing grant of this id.")
    return grant


def _revoke(ward: Person, guardian: Person, which: Q) -> None:
    ended = list(Grant.objects.filter(which, subject=ward, state=State.GIVEN).order_by("id"))
    ends.tidy([grant.id for grant in ended])
    ends.end(ended, State.REVOKED, database_now())
    said: dict[str, object] = {"subject": str(ward.id), "guardian": str(guardian.id), "grants": ends.said(ended)}
    ledger.append([ledger.Entry("revocation", said)])
