"""Leaving: all that a person granted is withdrawn with their likeness erased, and all that others granted them ends."""

from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from accounts import guardians
from accounts.models import Person
from consent import ends, locks, withdrawal
from consent.models import Ask, Grant
from consent.rules import State
from consent.withdrawal import Mode, Scope


def end_all(*, person_id: UUID) -> None:
    """End them in the transaction in which the person leaves (LEAVING_HANDLERS).

    Whose grants they are is read, all are locked in one statement, and the grants are read again. The wards are locked
    with them, for their guardianships end next. Who grants something in that moment grants it to nobody: it is ended
    when the rest is erased.
    """
    others = Grant.objects.filter(Q(grantee=person_id) | Q(guardian=person_id), state=State.GIVEN)
    others = others.exclude(subject=person_id)
    subjects = {*others.values_list("subject", flat=True), *guardians.ward_ids(person_id)}
    locks.exclude({*subjects, person_id})
    person = Person.objects.get(id=person_id)
    withdrawal.locked(subject=person, scope=Scope(), mode=Mode.ERASE)
    ends.invalidate(others.filter(subject__in=subjects))
    asked = Ask.objects.filter(Q(requester=person_id) | Q(subject=person_id))
    asked.filter(state__in=[Ask.State.REQUESTED, Ask.State.DEFERRED]).update(state=Ask.State.REFUSED, answered_at=Now())
