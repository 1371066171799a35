"""Many posts at once, written straight into the tables as the pipeline and publishing would leave them."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import Person
from consent.models import Grant, Permit
from consent.rules import Audience
from feed.models import Post
from socialvideo.lib.ids import new_id
from worker.models import Depiction, Video

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
SPENT: dict[str, Any] = {"digest": bytes(32), "state": "spent", "expires_at": NOW + DAY}
GRANTS: dict[str, dict[str, object]] = {
    "stands": {},
    "withdrawn": {"state": "withdrawn", "ended_at": NOW},
    "expired": {"expires_at": NOW - DAY},
    "not yet": {"not_before": NOW + DAY},
    "stale": {"epoch": 2},
}
"""What may be the matter with a grant on which an epoch-1 depiction rests."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Wanted:
    """One post to write: by whom, to whom, resting on which grants (epoch 1), and whether it still stands.

    ``lineage`` ends in the video's own id, after those that it is a remix of.
    """

    author: Person
    audience: Audience
    grants: tuple[Grant, ...]
    removed: bool = False
    taken_down: bool = False
    lineage: tuple[UUID, ...] = ()


def people(count: int) -> list[Person]:
    """Write people who never log in."""
    handles = [f"n{next(_numbers)}_x" for _ in range(count)]
    return Person.objects.bulk_create(Person(handle=h, email=f"{h}@example.org", display_name=h) for h in handles)


def grant(subject: Person, matter: str) -> Grant:
    """Write a grant of ``subject`` for somebody, of which ``matter`` (see GRANTS) is true."""
    terms = {"not_before": NOW - 2 * DAY, "expires_at": NOW + 2 * DAY, **GRANTS[matter]}
    return Grant.objects.create(
        subject=subject, grantee=people(1)[0], purposes=["personal"], audience="public", max_uses=1, **terms
    )


def posts(wanted: Iterable[Wanted]) -> list[Post]:
    """Write the posts, older ones first."""
    rows = list(wanted)
    permits = Permit.objects.bulk_create(
        Permit(**SPENT, requester=row.author, job_id=new_id(), subject_count=max(1, len(row.grants))) for row in rows
    )
    videos = Video.objects.bulk_create(_video(row, permit) for row, permit in zip(rows, permits, strict=True))
    Depiction.objects.bulk_create(
        Depiction(video=video, subject_id=held.subject_id, grant=held, epoch=1)
        for row, video in zip(rows, videos, strict=True)
        for held in row.grants
    )
    return Post.objects.bulk_create(
        Post(
            author=row.author,
            video=video,
            sound=video,
            grants=[held.id for held in row.grants],
            lineage=video.lineage,
            audience=row.audience,
            removed_at=NOW if row.removed else None,
        )
        for row, video in zip(rows, videos, strict=True)
    )


def newest_first(made: Sequence[Post]) -> list[Post]:
    """Return the posts as lists show them."""
    return sorted(made, key=lambda post: post.id, reverse=True)


def _video(row: Wanted, permit: Permit) -> Video:
    lineage = row.lineage or (new_id(),)
    return Video(
        id=lineage[-1],
        lineage=list(lineage),
        remix_of_id=lineage[-2] if len(lineage) > 1 else None,
        owner=row.author,
        permit=permit,
        depiction_count=max(1, len(row.grants)),
        file="videos/none.mp4",
        poster="videos/none.jpg",
        content_digest=bytes(32),
        size_bytes=1,
        width=90,
        height=160,
        fps=6,
        duration_ms=1000,
        engine="preview",
        is_preview=True,
        prompt="surfing",
        taken_down_at=NOW if row.taken_down else None,
    )
