"""Pages of lists whose candidates are not one index: the newest so many are read and checked, and more if they fall."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from socialvideo.lib.prepared import LAST

T = TypeVar("T")

# How many candidates are looked at: two pages, which nearly always suffices, then eight times as many, up to so many.
FIRST_REACH, NEXT, FURTHEST = 2, 8, 4000


@dataclass(frozen=True)
class Batch(Generic[T]):
    """The visible ones of some candidates, how many candidates there were, and the last of them."""

    rows: list[T]
    looked_at: int
    last: UUID | None


def filled(
    read: Callable[[UUID, int], Batch[T]], again: Callable[[list[T]], list[T]], *, after: UUID | None, limit: int
) -> list[T]:
    """Return the first ``limit`` rows below ``after`` that are visible; fewer only at the end of the list.

    ``read`` looks at so many candidates below an id and returns the first ``limit`` visible ones. What an earlier look
    found is checked ``again`` with each later one: whatever ended meanwhile is left out, and made up for.
    """
    found: list[T] = []
    floor, reach = after or LAST, FIRST_REACH * limit
    while True:
        batch = read(floor, reach)
        found = (again(found) if found else []) + batch.rows
        if len(found) >= limit or batch.looked_at < reach or batch.last is None:
            return found[:limit]
        floor, reach = batch.last, max(reach, min(NEXT * reach, FURTHEST))
