"""The ledger: an append-only Merkle tree (RFC 9162 §2.1) whose leaves are written in the commit of their effect."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from consent.keys import canonical, signed
from consent.models import LedgerHead, LedgerLeaf
from socialvideo.lib.clock import rfc3339, wall_now

LEAF, NODE = b"\x00", b"\x01"


@dataclass(frozen=True)
class Entry:
    """What a leaf says: ids and words, never names or pictures."""

    kind: str
    content: dict[str, object]


@dataclass(frozen=True)
class Appended:
    """The leaves of one append and the tree after it."""

    leaves: tuple[LedgerLeaf, ...]
    size: int
    root: bytes


def leaf_hash(body: bytes) -> bytes:
    """Return the RFC 9162 hash of a leaf."""
    return hashlib.sha256(LEAF + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the RFC 9162 hash of an inner node."""
    return hashlib.sha256(NODE + left + right).digest()


def append(entries: Sequence[Entry]) -> Appended:
    """Append inside the caller's transaction. Takes the head row's lock, so call it last: all appends queue here."""
    head = LedgerHead.objects.select_for_update().get(id=1)
    frontier = [bytes(peak) for peak in head.frontier]
    leaves = []
    for offset, entry in enumerate(entries):
        body = canonical({"kind": entry.kind, **entry.content})
        hashed = leaf_hash(body)
        leaves.append(LedgerLeaf(index=head.size + offset, kind=entry.kind, body=body, leaf_hash=hashed))
        frontier = grown(frontier, head.size + offset, hashed)
    LedgerLeaf.objects.bulk_create(leaves)
    size = head.size + len(leaves)
    LedgerHead.objects.filter(id=1).update(size=size, frontier=frontier)
    return Appended(tuple(leaves), size, root_of(frontier))


def grown(frontier: list[bytes], size: int, leaf: bytes) -> list[bytes]:
    """Return the frontier (peaks of the perfect subtrees, largest first) of ``size`` leaves after one more."""
    frontier = [*frontier, leaf]
    while size & 1:
        right, left = frontier.pop(), frontier.pop()
        frontier.append(node_hash(left, right))
        size >>= 1
    return frontier


def root_of(frontier: Sequence[bytes]) -> bytes:
    """Return the root of the tree with these peaks; of no leaves, the hash of nothing (RFC 9162 §2.1.1)."""
    if not frontier:
        return hashlib.sha256(b"").digest()
    root = frontier[-1]
    for peak in reversed(frontier[:-1]):
        root = node_hash(peak, root)
    return root


def checkpoint() -> dict[str, object]:
    """Return the signed head of the tree: size, root and time."""
    head = LedgerHead.objects.get(id=1)
    root = root_of([bytes(peak) for peak in head.frontier])
    return signed({"tree_size": head.size, "root_hash": root.hex(), "timestamp": rfc3339(wall_now())})
