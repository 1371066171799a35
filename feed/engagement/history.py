"""A person's history: what they watched, newest first, of what is still visible to them; each, or all, can be cleared.

What is cleared stays counted for its posts, and names nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Person
from feed import visibility
from feed.engagement import access, counting
from feed.models import View
from socialvideo.lib import prepared
from socialvideo.lib.errors import Problem

_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
PAGE = f"""SELECT m.id, m.post_id, m.first_at, m.last_at, m.plays, m.watched_ms, m.furthest FROM (
    SELECT * FROM feed_view WHERE person_id = %(viewer)s
    AND (%(at)s::timestamptz IS NULL OR (last_at, id) < (%(at)s, %(id)s)) ORDER BY last_at DESC, id DESC OFFSET 0) m
WHERE (SELECT {access.visible_sql()} FROM feed_post p WHERE p.id = m.post_id)
ORDER BY m.last_at DESC, m.id DESC LIMIT %(limit)s"""


@dataclass(frozen=True)
class Watched:
    """One line of a history. ``id`` is its place, by which lists go on: the time and the row's number."""

    id: UUID
    body: dict[str, Any]


def page(person: Person, *, after: UUID | None, limit: int) -> Sequence[Watched]:
    """Return what a person watched, the last time first, that stands after the place ``after``."""
    at, row_id = _place(after) if after else (None, None)
    rows = prepared.rows(PAGE, viewer=person.id, at=at, id=row_id, limit=limit)
    shown = visibility.these(viewer=person.id, posts=[row[1] for row in rows])
    if len(shown) < len(rows):  # one fell meanwhile: what follows moves up
        return page(person, after=after, limit=limit)
    return [_watched(row, shown[row[1]].body) for row in rows]


def clear(person: Person, *, post_id: UUID | None = None) -> None:
    """Forget all that a person watched, or one post; 404 for one that is not in their history. Repeating is safe."""
    mine = View.objects.filter(person=person, **({"post": post_id} if post_id else {}))
    with transaction.atomic():
        waited = counting.forget(person.id, post_id)
        cleared, _ = mine.delete()
    if post_id and not cleared and not waited:
        raise Problem(404, "not_found", "This post is not in your history.")


def _watched(row: Sequence[Any], post: dict[str, Any]) -> Watched:
    row_id, _, first_at, last_at, plays, watched_ms, furthest = row
    times = {"first_at": first_at, "last_at": last_at}
    body = {"post": post, **times, "plays": plays, "watched_ms": watched_ms, "furthest": furthest}
    return Watched(UUID(int=((last_at - _ORIGIN) // timedelta(microseconds=1) << 64) + row_id), body)


def _place(after: UUID) -> tuple[datetime, int]:
    """Return time and number; what we never made is the beginning of time, after which nothing comes."""
    try:
        at = _ORIGIN + timedelta(microseconds=after.int >> 64)
    except OverflowError:
        at = _ORIGIN
    return at, min(after.int & (2**64 - 1), 2**63 - 1)
