"""What a person chooses about their feed, beside wishes in words: profile or none, generated films, mood, limits."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts import people
from accounts.models import Person
from feed.control.rules import LEAST_BUDGET, MOST_BUDGET, Limits, limits
from feed.models import Choice
from socialvideo.lib.errors import invalid

FIELDS = ("profiling", "ai_share", "mood", "budget_minutes", "break_minutes", "quiet_from", "quiet_to")


@dataclass(frozen=True)
class Held:
    """What holds for somebody, defaults filled in."""

    profiling: bool
    ai_share: int
    mood: str
    limits: Limits
    reset_at: datetime | None
    is_teen: bool


def held(person: Person) -> Held:
    """Return what holds for a person now. Teenagers begin without a profile, and with limits."""
    row = Choice.objects.filter(person=person).first() or Choice(person=person)
    return holding(row, is_teen=people.is_teen(person))


def holding(row: Choice, *, is_teen: bool) -> Held:
    """Return what a row of choices comes to."""
    quiet = (row.quiet_from, row.quiet_to) if row.quiet_from and row.quiet_to else None
    held_limits = limits(budget=row.budget_minutes, without_break=row.break_minutes, quiet=quiet, is_teen=is_teen)
    profiling = not is_teen if row.profiling is None else row.profiling
    return Held(profiling, row.ai_share, row.mood, held_limits, row.reset_at, is_teen)


def edit(*, person: Person, changes: dict[str, Any]) -> Held:
    """Change some of FIELDS. 422 for limits that are none."""
    for name in ("budget_minutes", "break_minutes"):
        minutes = changes.get(name)
        if minutes is not None and not LEAST_BUDGET <= minutes <= MOST_BUDGET:
            raise invalid(f"/{name}", "limit_wrong", f"From {LEAST_BUDGET} to {MOST_BUDGET} minutes, or null for none.")
    with transaction.atomic():
        Choice.objects.get_or_create(person=person)
        row = Choice.objects.select_for_update().get(person=person)
        for name, value in changes.items():
            setattr(row, name, value)
        _require_night(row.quiet_from, row.quiet_to)
        row.save(update_fields=[*changes] or None)
    return held(person)


def reset(person: Person) -> None:
    """Begin anew: what somebody did so far shapes their feed no more. It stays in their history, which is theirs."""
    Choice.objects.update_or_create(person=person, defaults={"reset_at": Now()})


def _require_night(begins: time | None, ends: time | None) -> None:
    if (begins is None) is not (ends is None) or (begins is not None and begins == ends):
        raise invalid("/quiet_to", "quiet_hours_wrong", "Quiet hours have a beginning and another end; null for none.")
