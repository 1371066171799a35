"""Whom a member has among their contacts: a hit becomes an edge, a miss becomes nothing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.discovery import enrolments, epochs, locks
from accounts.models import ContactEdge, ContactMatch, DiscoveryEnrolment, Person
from socialvideo.lib.clock import StatementTime

LIMIT = 10_000


def replace(*, person_id: UUID, epoch: int, wanted: Sequence[int], sent_at: datetime) -> None:
    """Let these prefixes be all of a member's contacts in an epoch, unless they forgot them after ``sent_at``."""
    with transaction.atomic():
        locks.together(locks.MEMBERS)
        me = _locked(person_id)
        if me is None or me.forgotten_at >= sent_at or epoch not in epochs.going_on():
            return
        targets = enrolments.held(enrolments.with_prefix(epoch, wanted) - {me.id}, "KEY SHARE")
        mine = ContactEdge.objects.filter(owner=me)
        mine.filter(epoch=epoch).exclude(target__in=targets).delete()
        ContactEdge.objects.bulk_create(
            [ContactEdge(owner=me, target_id=target, epoch_id=epoch) for target in sorted(targets)],
            update_conflicts=True,
            unique_fields=["owner", "target", "epoch"],
            update_fields=["fresh"],
        )
        _drop_unfounded(me)


def forget(*, person: Person) -> None:
    """Remove all contacts of a person, and the matches that rested on them; they may still be found."""
    with transaction.atomic():
        locks.together(locks.MEMBERS)
        me = _locked(person.id)
        if me is not None:
            DiscoveryEnrolment.objects.filter(id=me.id).update(forgotten_at=StatementTime())
            ContactEdge.objects.filter(owner=me).delete()
            _drop_unfounded(me)


def _locked(person_id: UUID) -> DiscoveryEnrolment | None:
    return DiscoveryEnrolment.objects.filter(person=person_id).select_for_update(no_key=True).first()


def _drop_unfounded(me: DiscoveryEnrolment) -> None:
    """Remove my matches with people whom I have not among my contacts any more."""
    for mine, other in (("low", "high"), ("high", "low")):
        founded = Exists(ContactEdge.objects.filter(owner=me, target=OuterRef(other)))
        ContactMatch.objects.filter(Q(**{mine: me}) & ~Q(founded)).delete()
