"""Lockout: after some failures each next try waits longer. A try is counted before it is checked, so that many at once
are not many chances; what locks strangers out does not lock out a device that is known.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from socialvideo.lib.errors import Problem

COUNT = """
INSERT INTO accounts_attempt AS a (bucket, failures, last_at, locked_until)
VALUES (%(bucket)s, 1, statement_timestamp(), statement_timestamp())
ON CONFLICT (bucket) DO UPDATE SET
    failures = CASE WHEN a.last_at < statement_timestamp() - interval '1 day' THEN 1 ELSE a.failures + 1 END,
    last_at = statement_timestamp(),
    locked_until = statement_timestamp() + make_interval(secs => CASE
        WHEN a.last_at < statement_timestamp() - interval '1 day' OR a.failures + 1 < %(free)s THEN 0
        ELSE least(%(longest)s, %(first)s * power(2, least(a.failures + 1 - %(free)s, 30))) END)
WHERE a.locked_until <= statement_timestamp()
RETURNING failures
"""
WAIT = "SELECT extract(epoch FROM locked_until - statement_timestamp()) FROM accounts_attempt WHERE bucket = %s"
FORGET = "DELETE FROM accounts_attempt WHERE bucket = ANY(%s)"
FORGIVE = """UPDATE accounts_attempt SET failures = greatest(failures - 1, 0), locked_until = last_at
    WHERE bucket = ANY(%s)"""
STALE = "DELETE FROM accounts_attempt WHERE last_at < statement_timestamp() - interval '1 day'"


@dataclass(frozen=True)
class Bucket:
    """What tries are counted on: so many are free, then a wait of ``first_s`` that doubles up to ``longest_s``."""

    name: str
    free: int
    first_s: int
    longest_s: int
    is_shared: bool = False
    """Whether others try there too, so that one success says nothing of the rest."""


def for_log_in(*, handle: str, address: str, device: str | None) -> list[Bucket]:
    """Return what a log-in is counted on.

    A known device is counted by itself. Else guesses at one handle from one address soon wait long, guesses from many
    addresses at most five minutes, and one address that guesses at many handles waits too.
    """
    if device:
        return [Bucket(_named("device", device), free=10, first_s=15, longest_s=3600)]
    return [
        Bucket(_named("pair", f"{handle} {address}"), free=5, first_s=15, longest_s=3600),
        of_handle(handle),
        Bucket(_named("address", address), free=50, first_s=15, longest_s=3600, is_shared=True),
    ]


def of_handle(handle: str) -> Bucket:
    """Return what guesses from all unknown devices together are counted on; no stranger locks it for long."""
    return Bucket(_named("handle", handle), free=30, first_s=15, longest_s=300)


def second_factor(person_id: UUID) -> Bucket:
    """Return what codes are counted on; only who knows the password gets so far."""
    return Bucket(_named("code", str(person_id)), free=5, first_s=30, longest_s=900)


def confirmation(session_id: UUID) -> Bucket:
    """Return what passwords that are to confirm a session are counted on."""
    return Bucket(_named("confirmation", str(session_id)), free=5, first_s=30, longest_s=3600)


def count(buckets: Sequence[Bucket]) -> None:
    """Count one try on each; 429 with Retry-After while one of them is locked. Commits by itself."""
    for place, bucket in enumerate(buckets):
        if not _counted(bucket):
            _forgive(buckets[:place])  # this try goes no further, so it shall not lock what stood open
            raise _locked(bucket)


def forget(buckets: Sequence[Bucket]) -> None:
    """After a success: what failed before counts no more; where others try too, only this try is taken back."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [[bucket.name for bucket in buckets if not bucket.is_shared]])
    _forgive([bucket for bucket in buckets if bucket.is_shared])


def sweep() -> None:
    """Drop counts that are a day old."""
    with connection.cursor() as cursor:
        cursor.execute(STALE)


def _counted(bucket: Bucket) -> bool:
    values: dict[str, str | int] = {
        "bucket": bucket.name,
        "free": bucket.free,
        "first": bucket.first_s,
        "longest": bucket.longest_s,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        return cursor.fetchone() is not None


def _forgive(buckets: Sequence[Bucket]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FORGIVE, [[bucket.name for bucket in buckets]])


def _locked(bucket: Bucket) -> Problem:
    with connection.cursor() as cursor:
        cursor.execute(WAIT, [bucket.name])
        row = cursor.fetchone()
    seconds = max(1, math.ceil(row[0])) if row else 1
    detail = f"Too many attempts failed. Try again in {seconds} seconds, or from a device that you have used before."
    return Problem(429, "locked_out", detail, headers={"Retry-After": str(seconds)})


def _named(kind: str, what: str) -> str:
    return f"{kind}:{hashlib.sha256(what.encode()).hexdigest()[:32]}"
