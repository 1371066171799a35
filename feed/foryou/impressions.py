"""What was served, with all that its score depended on: written before it is shown, so that nothing shown is unlogged.

A walk through the feed is named by its cursor. A post and a place stand in it once, in the database, whoever asks at
once.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Person
from feed.control.rules import Sat
from feed.models import Impression
from socialvideo.lib.errors import Problem
from socialvideo.lib.prepared import Statement

KEPT = timedelta(days=60)
TAG = b"w1"
# The row of who sits there is written by the same statement.
_LOG = Statement("""WITH sat AS (
    INSERT INTO feed_sitting (person_id, day, spent_s, began_at, last_at)
    VALUES (%(viewer)s::uuid, %(day)s::date, %(spent)s::int, %(began)s::timestamptz, %(last)s::timestamptz)
    ON CONFLICT (person_id) DO UPDATE SET day = excluded.day, spent_s = excluded.spent_s,
        began_at = excluded.began_at, last_at = greatest(feed_sitting.last_at, excluded.last_at))
INSERT INTO feed_impression (id, request_id, person_id, post_id, position, sources, propensity, model, rung,
    features, score, arm)
SELECT u.id, %(walk)s::uuid, %(viewer)s::uuid, u.post, u.position, string_to_array(u.sources, ' '), u.propensity,
    %(model)s::text, %(rung)s::text, decode(u.features, 'hex'), u.score, %(arm)s::text
FROM json_to_recordset(%(items)s::text::json) AS u (id uuid, post uuid, position int, sources text, propensity float8,
    features text, score float8)
ON CONFLICT DO NOTHING RETURNING id""")


@dataclass(frozen=True)
class Item:
    """One item about to be served."""

    id: UUID
    post: UUID
    position: int
    sources: tuple[str, ...]
    propensity: float
    features: bytes
    score: float


@dataclass(frozen=True)
class Walk:
    """Where somebody is in a walk through their feed: its name, and how many they were given."""

    id: UUID
    position: int

    @property
    def cursor(self) -> str:
        """The cursor that goes on from here."""
        raw = TAG + self.id.bytes + self.position.to_bytes(4, "big")
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str) -> Walk:
    """Return the walk that a cursor names; the 400 problem ``invalid_cursor`` for anything we did not make."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != len(TAG) + 20 or not raw.startswith(TAG):
        raise Problem(400, "invalid_cursor", "The cursor is not one of ours. Start again without 'cursor'.")
    return Walk(UUID(bytes=raw[2:18]), int.from_bytes(raw[18:], "big"))


def write(*, viewer: UUID, walk: UUID, items: list[Item], model: str, rung: str, arm: str, sat: Sat) -> set[UUID]:
    """Write what is about to be served, and who sits there; return the ids that are new in this walk."""
    values: dict[str, Any] = {
        "viewer": viewer,
        "walk": walk,
        "model": model,
        "rung": rung,
        "arm": arm,
        "day": sat.day,
        "spent": int(sat.spent.total_seconds()),
        "began": sat.began_at,
        "last": sat.last_at,
        "items": orjson.dumps([_row(item) for item in items]).decode(),
    }
    return {row[0] for row in _LOG.rows(**values)}


def _row(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "post": item.post,
        "position": item.position,
        "sources": " ".join(item.sources),
        "propensity": item.propensity,
        "features": item.features.hex(),
        "score": item.score,
    }


def of_walk(*, viewer: UUID, walk: Walk, limit: int) -> list[Impression]:
    """Return what was served in a walk after its position: a page that is asked for again."""
    rows = Impression.objects.filter(person=viewer, request_id=walk.id, position__gte=walk.position)
    return list(rows.order_by("position")[:limit])


def of_person(person: Person) -> QuerySet[Impression]:
    """Return what somebody was shown."""
    return Impression.objects.filter(person=person)


def find(person: Person, impression_id: UUID) -> Impression:
    """Return one thing that somebody was shown, else the 404 problem."""
    row = of_person(person).filter(id=impression_id).first()
    if row is None:
        raise Problem(404, "not_found", "You were shown nothing of this id.")
    return row


def sweep() -> None:
    """Remove what is too old to be asked about, some thousands at a time."""
    old = Impression.objects.filter(served_at__lt=Now() - KEPT).values_list("id", flat=True)[:20_000]
    Impression.objects.filter(id__in=list(old)).delete()
