"""What is between two people changes under one lock a pair, so that a follow and a block never come to stand together.

Whoever changes an edge takes locks in this order: the pair's; then what the handlers take, which is consent's exclusive
locks of both people, its rows and the ledger's head; the tallies of both, in order of their ids, as the last. Nothing
that holds one of these waits for one before it. Each is held to the commit.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from socialvideo.lib import bus
from socialvideo.lib.prepared import Statement

# Two numbers, a space of their own beside those of the consent gate and of contact discovery.
SPACE = 7107
_HOLD = Statement("SELECT pg_advisory_xact_lock(%(space)s::int, k) FROM unnest(%(keys)s::int[]) AS k")


@contextmanager
def changing(one: UUID, other: UUID) -> Iterator[None]:
    """Open the outermost transaction in which nobody else changes what is between these two."""
    with transaction.atomic(durable=True):
        hold([(one, other)])
        yield


def hold(pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Take the lock of each pair, in one order for everybody; what is between them is read in the NEXT statement."""
    keys = sorted({int.from_bytes(pair_id(*pair).bytes[:4], "big", signed=True) for pair in pairs})
    _HOLD.rows(space=SPACE, keys=keys)


def pair_id(one: UUID, other: UUID) -> UUID:
    """Return the name of what is between two people, whoever is named first."""
    low, high = sorted((one.bytes, other.bytes))
    return UUID(bytes=hashlib.blake2b(low + high, digest_size=16).digest())


def pair_keys(viewer: UUID, others: Iterable[UUID]) -> list[str]:
    """Return what is told on the bus when something between a viewer and one of these ends."""
    return bus.keys("pair", [pair_id(viewer, other) for other in others if other != viewer])


def tell(one: UUID, other: UUID) -> None:
    """Tell every process, at the commit, that something between these two ended: what the one plays of the other is
    decided anew."""
    bus.announce("pair", [pair_id(one, other)])
