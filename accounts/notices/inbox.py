"""A person's inbox: one statement a page, rendered at reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from accounts.models import Notice, Person
from accounts.notices import kinds
from accounts.notices.audience import actors_sql, listed_sql
from accounts.notices.kinds import TABLE
from socialvideo.lib.errors import Problem

FACES, MOST = 3, 100
PAGE = """
SELECT n.position, n.id, n.kind, n.thing_id, n.created_at, n.newest_at, n.read_at,
    (SELECT coalesce(json_agg(json_build_object('id', a.id, 'handle', a.handle, 'display_name', a.display_name)
        ORDER BY s.id DESC), '[]')
        FROM (SELECT x.id, x.actor_id FROM {actors} ORDER BY x.id DESC LIMIT {faces}) s
        JOIN accounts_person a ON a.id = s.actor_id),
    (SELECT count(*) FROM (SELECT 1 FROM {actors} LIMIT {most}) c)
FROM (SELECT * FROM accounts_notice o
    WHERE o.recipient_id = %(reader)s AND (%(after)s::uuid IS NULL OR o.position < %(after)s)
    ORDER BY o.position DESC OFFSET 0) n
WHERE {listed} ORDER BY n.position DESC LIMIT %(limit)s
"""
UNREAD = """
SELECT count(*) FROM (SELECT 1 FROM accounts_notice n
    WHERE n.recipient_id = %(reader)s AND n.read_at IS NULL AND {listed} LIMIT {most}) c
"""


@dataclass(frozen=True)
class Shown:
    """A notice as its reader sees it. ``id`` is its position, by which lists go on."""

    id: UUID
    body: dict[str, Any]


def page(person: Person, *, after: UUID | None, limit: int) -> Sequence[Shown]:
    """Return the person's notices, newest first, those that stand after the position ``after``."""
    query = PAGE.format(actors=actors_sql("n"), faces=FACES, most=MOST, listed=listed_sql("n"))
    with connection.cursor() as cursor:
        cursor.execute(query, {"reader": person.pk, "after": after, "limit": limit})
        return [_shown(*row) for row in cursor.fetchall()]


def unread(person: Person) -> int:
    """Return how many notices are unread; 100 means at least as many."""
    with connection.cursor() as cursor:
        cursor.execute(UNREAD.format(listed=listed_sql("n"), most=MOST), {"reader": person.pk})
        (count,) = cursor.fetchone()
    return int(count)


def read_up_to(*, person: Person, position: UUID) -> None:
    """Mark as read what stood at this position or before it. What has grown since stays unread."""
    Notice.objects.filter(recipient=person, read_at=None, position__lte=position).update(read_at=Now())


def read(*, person: Person, notice_id: UUID) -> None:
    """Mark one as read; 404 if it is not there. Repeating it changes nothing."""
    _require(person, notice_id)
    Notice.objects.filter(id=notice_id, read_at=None).update(read_at=Now())


def remove(*, person: Person, notice_id: UUID) -> None:
    """Take one out of the inbox; 404 if it is not there."""
    _require(person, notice_id)
    Notice.objects.filter(id=notice_id).update(removed_at=Now())


def _require(person: Person, notice_id: UUID) -> None:
    if not Notice.objects.filter(id=notice_id, recipient=person, removed_at=None).exists():
        raise Problem(404, "not_found", "You have no notice of this id.")


def _shown(position: UUID, notice_id: UUID, kind: str, thing_id: UUID | None, *rest: Any) -> Shown:
    created_at, newest_at, read_at, actors, count = rest
    what = kinds.Kind(kind)
    body = {
        "id": notice_id,
        "position": position,
        "kind": kind,
        "text": kinds.line(what, [actor["handle"] for actor in actors], count),
        "thing": {"kind": TABLE[what].thing, "id": thing_id} if thing_id else None,
        "actors": actors if TABLE[what].by_people else [],
        "count": count,
        "created_at": created_at,
        "newest_at": newest_at,
        "read_at": read_at,
    }
    return Shown(position, body)
