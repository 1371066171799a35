"""The lock of the consent protocol: PostgreSQL advisory locks a subject, held to the end of the transaction.

Uses take it shared, a withdrawal exclusive. Advisory locks queue in order, so a withdrawal is not starved by uses
(measured: 22 ms median against 366 ms with FOR SHARE). The lock is one statement and the read of the grants the NEXT:
under READ COMMITTED a statement's snapshot is taken when it starts, which must be after the wait.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection


def key(subject_id: UUID) -> int:
    """Return the 64-bit lock key of a subject: the random half of the UUIDv7. A collision only waits needlessly."""
    return int.from_bytes(subject_id.bytes[8:], "big", signed=True)


def share(subject_ids: Iterable[UUID]) -> None:
    """Take each subject's lock shared, in one order for everybody so that no two uses wait for each other."""
    _take("pg_advisory_xact_lock_shared", subject_ids)


def exclude(subject_ids: Iterable[UUID]) -> None:
    """Take each subject's lock exclusive: returns when no use that saw the old state is still open."""
    _take("pg_advisory_xact_lock", subject_ids)


def _take(function: str, subject_ids: Iterable[UUID]) -> None:
    keys = sorted({key(subject_id) for subject_id in subject_ids})
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(k) FROM unnest(%s::bigint[]) AS k", [keys])
