"""The lock of the consent protocol: PostgreSQL advisory locks a subject, held to the end of the transaction.

Uses take it shared, a withdrawal exclusive. Advisory locks queue in order, so a withdrawal is not starved by uses
(measured: 22 ms median against 366 ms with FOR SHARE). The lock is one statement and the read of the grants the NEXT:
under READ COMMITTED a statement's snapshot is taken when it starts, which must be after the wait.
"""

from collections.abc import Iterable
from uuid import UUID

from socialvideo.lib.prepared import Statement

_SHARE, _EXCLUDE = (
    Statement(f"SELECT {function}(k) FROM unnest(%(keys)s::bigint[]) AS k")
    for function in ("pg_advisory_xact_lock_shared", "pg_advisory_xact_lock")
)
# So many uses that are journaled at a time: their commits queue for the ledger anyway, and a withdrawal waits for all
# that are inside (measured: with six users on two cores 42 ms in the median and not 97, and as many uses a second).
PLACES = 3
# The first that is free, else the end of one line. Whoever waits holds nothing but places of subjects before this one.
_FREE = " ".join(f"WHEN pg_try_advisory_xact_lock(k, {place}) THEN NULL" for place in range(PLACES))
_PLACE = Statement(
    f"""SELECT CASE {_FREE} ELSE pg_advisory_xact_lock(k, pg_backend_pid() % {PLACES}) END
    FROM unnest(%(keys)s::int[]) AS k""".replace(" % ", " %% ")
)


def key(subject_id: UUID) -> int:
    """Return the 64-bit lock key of a subject: the random half of the UUIDv7. A collision only waits needlessly."""
    return int.from_bytes(subject_id.bytes[8:], "big", signed=True)


def take_place(subject_ids: Iterable[UUID]) -> None:
    """Wait for one of the ``PLACES`` of each subject; at the very beginning, before any lock or row is held.

    It guards nothing: it keeps the line short in which a withdrawal stands.
    """
    _PLACE.rows(keys=sorted({key(subject_id) >> 32 for subject_id in subject_ids}))


def share(subject_ids: Iterable[UUID]) -> None:
    """Take each subject's lock shared, in one order for everybody so that no two uses wait for each other."""
    _take(_SHARE, subject_ids)


def exclude(subject_ids: Iterable[UUID]) -> None:
    """Take each subject's lock exclusive: returns when no use that saw the old state is still open."""
    _take(_EXCLUDE, subject_ids)


def _take(statement: Statement, subject_ids: Iterable[UUID]) -> None:
    statement.rows(keys=sorted({key(subject_id) for subject_id in subject_ids}))
