"""A Merkle tree over sorted keys: proves that a key is in it, and, by the two beside the gap, that a key is not. Pure.

Leaves stand in ascending order of key; hashes and shape are those of RFC 9162 §2.1.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

LEAF, NODE = b"\x00", b"\x01"


@dataclass(frozen=True)
class Place:
    """That the leaf of ``key`` stands at ``index``: ``path`` leads from it to the root, from the leaf upwards."""

    key: bytes
    index: int
    path: tuple[bytes, ...]


def root(keys: Sequence[bytes]) -> bytes:
    """Return the root over keys in ascending order; of none, the hash of nothing."""
    return _levels(keys)[-1][0] if keys else hashlib.sha256(b"").digest()


def place(keys: Sequence[bytes], index: int) -> Place:
    """Return the proof that the key at ``index`` is in the tree."""
    path, here = [], index
    for level in _levels(keys)[:-1]:
        if here ^ 1 < len(level):
            path.append(level[here ^ 1])
        here >>= 1
    return Place(keys[index], index, tuple(path))


def beside(keys: Sequence[bytes], key: bytes) -> list[Place]:
    """Return the one or two leaves between which ``key`` would stand; none in an empty tree. ValueError if it does."""
    index = bisect_left(keys, key)
    if index < len(keys) and keys[index] == key:
        raise ValueError("the key is in the tree")
    return [place(keys, near) for near in (index - 1, index) if 0 <= near < len(keys)]


def holds(spot: Place, *, size: int, root_hash: bytes) -> bool:
    """Tell whether a place is in the tree of this size and root."""
    made, here, last, path = hashlib.sha256(LEAF + spot.key).digest(), spot.index, size - 1, list(spot.path)
    if not 0 <= here < size:
        return False
    while last:
        if here & 1 or here < last:
            if not path:
                return False
            sibling = path.pop(0)
            made = _node(sibling, made) if here & 1 else _node(made, sibling)
        here, last = here >> 1, last >> 1
    return not path and made == root_hash


def excludes(key: bytes, near: Sequence[Place], *, size: int, root_hash: bytes) -> bool:
    """Tell whether these neighbours prove that ``key`` is not in the tree of this size and root."""
    if size == 0:
        return not near and root_hash == root([])
    if not all(holds(spot, size=size, root_hash=root_hash) for spot in near):
        return False
    match [(spot.index, spot.key < key) for spot in near]:
        case [(left, True), (right, False)]:
            return right == left + 1 and near[1].key != key
        case [(only, True)]:
            return only == size - 1
        case [(only, False)]:
            return only == 0 and near[0].key != key
    return False


def _levels(keys: Sequence[bytes]) -> list[list[bytes]]:
    """All levels from the leaves to the root; a node without a sibling goes up as it is (the shape of RFC 9162)."""
    levels = [[hashlib.sha256(LEAF + key).digest() for key in keys]]
    while len(below := levels[-1]) > 1:
        pairs = range(0, len(below) - 1, 2)
        levels.append([_node(below[at], below[at + 1]) for at in pairs] + below[len(below) & ~1 :])
    return levels


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()
