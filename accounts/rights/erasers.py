"""What each room removes of somebody who left. ``settings.ERASERS`` names one or more a room, from the top down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

Counts = dict[str, int]


@dataclass(frozen=True)
class Kept:
    """Rows that stay, under an id that says nothing of the person, and why."""

    model: type[Model]
    of: Callable[[UUID], QuerySet[Model]]
    why: str


@dataclass(frozen=True)
class Eraser:
    """``count`` says how much of each kind there is to remove; ``erase`` removes it all, and may be repeated."""

    count: Callable[[UUID], Counts]
    erase: Callable[[UUID], None]
    kept: tuple[Kept, ...] = field(default=())


def counted(person_id: UUID) -> Counts:
    """Return how much there is of each kind; what there is nothing of is left out."""
    found: Counts = {}
    for eraser in all_of_them().values():
        for what, count in eraser.count(person_id).items():
            found[what] = found.get(what, 0) + count
    return {what: count for what, count in found.items() if count}


def all_of_them() -> Mapping[str, Eraser]:
    """Return the erasers by their dotted names, in the order in which they run."""
    return {dotted: import_string(dotted) for dotted in settings.ERASERS}
