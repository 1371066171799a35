"""What a suspension ends: every grant that the suspended person has, gave or confirmed, with all that rests on it."""

from uuid import UUID

from django.db.models import Q

from accounts import guardians
from consent import ends, locks
from consent.models import Grant
from consent.rules import State


def end_all(*, person_id: UUID) -> None:
    """End them in the transaction in which the person is suspended (SUSPENSION_HANDLERS); one's own to oneself stays.

    Whose grants they are is read, all are locked in one statement, and the grants are read again. The wards are locked
    with them, for their guardianships end next. Who gives one in that moment gives it anew.
    """
    resting = Q(grantee=person_id) | Q(subject=person_id) | Q(guardian=person_id)
    standing = Grant.objects.filter(resting, state=State.GIVEN).exclude(subject=person_id, grantee=person_id)
    subjects = {*standing.values_list("subject", flat=True), *guardians.ward_ids(person_id)}
    locks.exclude(subjects)
    ends.invalidate(standing.filter(subject__in=subjects))
