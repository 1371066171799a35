"""What a person may upload: a day's clips and bytes, and sessions at once. Counted in one statement under one lock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection

from socialvideo.lib.errors import Problem

# Two numbers, apart from the one-number locks of consent.
LOCK = "SELECT pg_advisory_xact_lock(7305, hashtext(%s))"
# What was given up counts by what came of it, or half a clip could be sent without end.
COUNT = """SELECT count(*) FILTER (WHERE status = 'receiving'),
    count(*) FILTER (WHERE today AND NOT given_up),
    coalesce(sum(CASE WHEN given_up THEN received ELSE size_bytes END) FILTER (WHERE today), 0),
    (date_trunc('day', now(), 'UTC') + interval '1 day'), now()
    FROM (SELECT *, created_at >= date_trunc('day', now(), 'UTC') AS today,
        status IN ('expired', 'cancelled') AS given_up FROM worker_upload WHERE owner_id = %s) u"""


@dataclass(frozen=True)
class Room:
    """What is left for one person: open sessions, today's clips, today's bytes; and when a new day (UTC) begins."""

    sessions: int
    clips: int
    size_bytes: int
    resets_at: datetime
    now: datetime

    @property
    def wait_seconds(self) -> int:
        """Seconds to the new day."""
        return max(1, int((self.resets_at - self.now).total_seconds()))


def hold(owner_id: UUID) -> None:
    """Let nobody else begin an upload for this person until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [str(owner_id)])


def room(owner_id: UUID) -> Room:
    """Return what the person may still upload. One query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [owner_id])
        opened, clips, size_bytes, resets_at, now = cursor.fetchone()
    return Room(
        sessions=max(0, settings.UPLOAD_SESSIONS - opened),
        clips=max(0, settings.UPLOAD_DAY_CLIPS - clips),
        size_bytes=max(0, settings.UPLOAD_DAY_BYTES - int(size_bytes)),
        resets_at=resets_at,
        now=now,
    )


def require(left: Room, size_bytes: int) -> None:
    """Raise the 413 problem for a file that is never taken, the 429 problem for one that must wait, with how long."""
    if size_bytes > settings.UPLOAD_MAX_BYTES:
        largest = settings.UPLOAD_MAX_BYTES
        raise Problem(
            413, "clip_too_large", f"A file may be at most {largest} bytes.", members={"largest_bytes": largest}
        )
    if not left.sessions:
        most = settings.UPLOAD_SESSIONS
        detail = f"{most} uploads are open. Finish one, or DELETE it, and try again."
        raise Problem(429, "uploads_open", detail, members={"most_sessions": most})
    resets_at = f"{left.resets_at:%Y-%m-%dT%H:%M:%SZ}"
    headers, members = {"Retry-After": str(left.wait_seconds)}, {"resets_at": resets_at}
    if not left.clips:
        detail = f"Today's clips are used up. A new day begins at {resets_at}."
        raise Problem(429, "upload_clips_used", detail, headers=headers, members=members)
    if size_bytes > left.size_bytes:
        detail = f"{left.size_bytes} bytes are left today, too few for this file. A new day begins at {resets_at}."
        raise Problem(429, "upload_bytes_used", detail, headers=headers, members=members)
