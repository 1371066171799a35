"""Rows as PostgreSQL packs them and numpy reads them: thousands of ids in one value, without an object for each.

A query joins ``uuid_send``, ``int8send``, … of its columns and aggregates them to one ``bytea``: network byte order.
"""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from feed.ranking.log import Ints

ID = np.dtype([("high", ">u8"), ("low", ">u8")])
# (post, microseconds since 1970, milliseconds watched, acts)
ACT = np.dtype([("high", ">u8"), ("low", ">u8"), ("at", ">i8"), ("watched", ">i4"), ("acts", ">i2")])
# The same, of a person.
PERSONS_ACT = np.dtype([("person_high", ">u8"), ("person_low", ">u8"), *ACT.descr])
EDGE = np.dtype([("person_high", ">u8"), ("person_low", ">u8"), ("high", ">u8"), ("low", ">u8")])

Packed = NDArray[np.void]


def ids(column: str, order: str = "") -> str:
    """Return the SQL of all ids of a column in one value."""
    return f"string_agg(uuid_send({column}), ''::bytea {order})"


def act(post: str, at: str, watched_ms: str, acts: str) -> str:
    """Return the SQL of one packed ACT; ``acts`` is a number or an expression of one."""
    return (
        f"uuid_send({post}) || int8send((extract(epoch FROM {at}) * 1000000)::bigint)"
        f" || int4send(least({watched_ms}, 2147483647)::int) || int2send(({acts})::smallint)"
    )


def unpacked(value: bytes | memoryview | None, kind: np.dtype[np.void]) -> Packed:
    """Return the rows of one value; none of NULL."""
    return np.frombuffer(value or b"", dtype=kind)


def of_uuids(values: list[UUID]) -> Packed:
    """Return ids as rows of ID."""
    return np.frombuffer(b"".join(value.bytes for value in values), dtype=ID)


def to_uuids(packed: Packed) -> list[UUID]:
    """Return rows of ID as ids."""
    raw = np.ascontiguousarray(packed).tobytes()
    return [UUID(bytes=raw[at : at + 16]) for at in range(0, len(raw), 16)]


def names(packed: Packed) -> NDArray[np.bytes_]:
    """Return ids as the ranking's keys: 32 hexadecimal digits in ASCII."""
    raw = np.ascontiguousarray(packed).tobytes().hex().encode()
    return np.frombuffer(raw, dtype="S32")


def of_names(keys: NDArray[np.bytes_]) -> Packed:
    """Return the ranking's keys as rows of ID."""
    raw = np.ascontiguousarray(keys.astype("S32")).tobytes()
    return np.frombuffer(bytes.fromhex(raw.decode()), dtype=ID)


@dataclass(frozen=True)
class Places:
    """Where each id of a column stands; ids are found by their lower half, which is random, and compared whole."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    order: NDArray[np.intp]

    @classmethod
    def of(cls, packed: Packed) -> "Places":
        """Sort a column of ids."""
        low = packed["low"].astype(np.uint64)
        order = np.argsort(low, kind="stable")
        return cls(packed["high"].astype(np.uint64)[order], low[order], order)

    def find(self, packed: Packed) -> Ints:
        """Return the place of each id; -1 of one that is not there."""
        if not len(self.low):
            return np.full(len(packed), -1, np.int32)
        low = packed["low"].astype(np.uint64)
        at = np.minimum(np.searchsorted(self.low, low), len(self.low) - 1)
        same = (self.low[at] == low) & (self.high[at] == packed["high"].astype(np.uint64))
        return np.where(same, self.order[at], -1).astype(np.int32)
