"""What a person chooses about their feed, beside wishes in words: profile or none, generated films, mood, limits.

What a teenager's guardian set holds beside it: of both, what is stricter.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts import people
from accounts.models import Person
from feed.control import guarding
from feed.control.rules import Limits, limits, stricter
from feed.models import Choice, WardLimit
from socialvideo.lib.errors import invalid

FIELDS = ("profiling", "ai_share", "mood", "prompts", "budget_minutes", "break_minutes", "quiet_from", "quiet_to")


@dataclass(frozen=True)
class Held:
    """What holds for somebody, defaults filled in."""

    profiling: bool
    ai_share: int
    mood: str
    prompts: bool
    limits: Limits
    reset_at: datetime | None
    is_teen: bool
    guarded: tuple[str, ...] = ()
    """What the guardian set, by the names of the settings."""


def held(person: Person) -> Held:
    """Return what holds for a person now. Teenagers begin without a profile, and with limits."""
    row = Choice.objects.filter(person=person).first() or Choice(person=person)
    is_teen = people.is_teen(person)
    return holding(row, is_teen=is_teen, guarded=guarding.over(person) if is_teen else None)


def holding(row: Choice, *, is_teen: bool, guarded: WardLimit | None = None) -> Held:
    """Return what a row of choices comes to, beside what a guardian set."""
    profiling = not is_teen if row.profiling is None else row.profiling
    own = Held(profiling, row.ai_share, row.mood, row.prompts, _limits(row, is_teen=is_teen), row.reset_at, is_teen)
    if guarded is None or not is_teen:
        return own
    share = own.ai_share if guarded.ai_share is None else min(own.ai_share, guarded.ai_share)
    both = stricter(own.limits, _limits(guarded, is_teen=True))
    names = tuple(name for name in guarding.FIELDS if getattr(guarded, name) is not None)
    return replace(own, ai_share=share, limits=both, guarded=names)


def _limits(row: Choice | WardLimit, *, is_teen: bool) -> Limits:
    quiet = (row.quiet_from, row.quiet_to) if row.quiet_from and row.quiet_to else None
    return limits(budget=row.budget_minutes, without_break=row.break_minutes, quiet=quiet, is_teen=is_teen)


def edit(*, person: Person, changes: dict[str, Any]) -> Held:
    """Change some of FIELDS. 422 for limits that are none."""
    guarding.require_minutes(changes)
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
