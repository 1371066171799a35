"""What a guardian sets for the feed of their ward: how long, when not, how many generated films; the stricter holds.

It holds while the guardianship stands and the ward is a teenager, and goes with it. The ward sees what was set.
"""

from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from accounts import guardians
from accounts.models import Person
from feed.control.rules import LEAST_BUDGET, MOST_BUDGET, is_night
from feed.models import WardLimit
from socialvideo.lib.errors import invalid

FIELDS = ("ai_share", "budget_minutes", "break_minutes", "quiet_from", "quiet_to")


def over(ward: Person) -> WardLimit | None:
    """Return what holds for a teenager by their guardian's word, if anything does."""
    stands = {"guardianship__ended_at": None, "guardianship__confirmed_at__isnull": False}
    return WardLimit.objects.filter(guardianship__ward=ward, **stands).first()


def of(*, guardian: Person, guardianship_id: UUID) -> WardLimit:
    """Return what a guardian set for their ward; nothing yet is an unsaved row. 404."""
    guardians.ward_of(guardian, guardianship_id)
    found = WardLimit.objects.filter(guardianship=guardianship_id).first()
    return found or WardLimit(guardianship_id=guardianship_id)


def put(*, guardian: Person, guardianship_id: UUID, limits: dict[str, Any]) -> WardLimit:
    """Set all of FIELDS, null for nothing, in place of what was set before. 404; 422 for limits that are none."""
    guardians.ward_of(guardian, guardianship_id)
    require_minutes(limits)
    begins, ends = limits["quiet_from"], limits["quiet_to"]
    if (begins is None) is not (ends is None) or (begins and not is_night(begins, ends)):
        words = "A teenager's quiet hours begin by 22:00 and end from 07:00 on; null for the usual ones."
        raise invalid("/quiet_to", "quiet_hours_wrong", words)
    row, _ = WardLimit.objects.update_or_create(
        guardianship_id=guardianship_id, defaults={name: limits[name] for name in FIELDS} | {"set_at": Now()}
    )
    return row


def sever(*, ward_id: UUID, of_age: bool) -> None:
    """Forget what was set for whose guardianship ends (GUARDIANSHIP_HANDLERS)."""
    del of_age
    WardLimit.objects.filter(guardianship__ward=ward_id).delete()


def require_minutes(limits: dict[str, Any]) -> None:
    """Refuse minutes that are no limit: 422."""
    for name in ("budget_minutes", "break_minutes"):
        minutes = limits.get(name)
        if minutes is not None and not LEAST_BUDGET <= minutes <= MOST_BUDGET:
            raise invalid(f"/{name}", "limit_wrong", f"From {LEAST_BUDGET} to {MOST_BUDGET} minutes, or null for none.")
