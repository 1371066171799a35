"""Proofs of the Merkle tree (RFC 9162 §2.1), pure: how it grows, which nodes a proof needs, whether a proof holds.

A node (level, index) is the root over the 2**level leaves from index * 2**level on. Nodes never change once they are
complete. A tree of any size is a row of such nodes, its peaks; so every proof is put together from O(log size) of them.
"""

import hashlib
from collections.abc import Mapping, Sequence

LEAF, NODE = b"\x00", b"\x01"

Place = tuple[int, int]  # (level, index) of a complete node
Span = tuple[int, int]  # leaves from the first number up to, not including, the second


def leaf_hash(body: bytes) -> bytes:
    """Return the RFC 9162 hash of a leaf."""
    return hashlib.sha256(LEAF + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the RFC 9162 hash of an inner node."""
    return hashlib.sha256(NODE + left + right).digest()


def root_of(frontier: Sequence[bytes]) -> bytes:
    """Return the root of the tree with these peaks, largest first; of no leaves, the hash of nothing (§2.1.1)."""
    if not frontier:
        return hashlib.sha256(b"").digest()
    root = frontier[-1]
    for peak in reversed(frontier[:-1]):
        root = node_hash(peak, root)
    return root


def grown(frontier: Sequence[bytes], size: int, leaf: bytes) -> tuple[list[bytes], dict[Place, bytes]]:
    """Return the peaks of ``size`` leaves after one more, and the nodes above the leaves which that completed."""
    peaks, completed, level = [*frontier, leaf], {}, 0
    while size >> level & 1:
        right, left = peaks.pop(), peaks.pop()
        level += 1
        peaks.append(node_hash(left, right))
        completed[level, size >> level] = peaks[-1]
    return peaks, completed


def nodes_of(span: Span) -> list[Place]:
    """Return the nodes that make up a span of a tree, largest first; it must begin where its largest node may."""
    places, (start, end) = [], span
    for level in range((end - start).bit_length() - 1, -1, -1):
        if end - start >> level & 1:
            places.append((level, start >> level))
            start += 1 << level
    return places


def inclusion(index: int, size: int) -> list[Span]:
    """Return the spans whose roots are the inclusion path of a leaf, from the leaf upwards (§2.1.3.1)."""
    path, (start, end) = [], (0, size)
    while end - start > 1:
        split = _split(start, end)
        path.append((split, end) if index < split else (start, split))
        start, end = (start, split) if index < split else (split, end)
    return path[::-1]


def consistency(first: int, second: int) -> list[Span]:
    """Return the spans whose roots prove that the tree of ``first`` leaves begins that of ``second`` (§2.1.4.1)."""
    path, (start, end) = [], (0, second)
    while first != end:
        split = _split(start, end)
        path.append((split, end) if first <= split else (start, split))
        start, end = (start, split) if first <= split else (split, end)
    return ([(start, end)] if start else []) + path[::-1]


def roots(spans: Sequence[Span], known: Mapping[Place, bytes]) -> list[bytes]:
    """Return the root of each span; KeyError when a node is not known."""
    return [root_of([known[place] for place in nodes_of(span)]) for span in spans]


def includes(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether the path proves that the tree of this root has this leaf hash at this index (§2.1.3.2)."""
    here, last, made = index, size - 1, leaf
    if not 0 <= index < size:
        return False
    for sibling in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            made = node_hash(sibling, made)
            here, last = _up_to_odd(here, last)
        else:
            made = node_hash(made, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and made == root


def extends(*, first: int, second: int, path: Sequence[bytes], old: bytes, new: bytes) -> bool:
    """Tell whether the path proves that the tree of root ``old`` is the beginning of that of ``new`` (§2.1.4.2)."""
    if first == second or not 0 < first < second:
        return first == second and not path and old == new
    steps = [old, *path] if first & (first - 1) == 0 else list(path)
    here, last = first - 1, second - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    made_old = made_new = steps.pop(0) if steps else b""
    for step in steps:
        if last == 0:
            return False
        if here & 1 or here == last:
            made_old, made_new = node_hash(step, made_old), node_hash(step, made_new)
            here, last = _up_to_odd(here, last)
        else:
            made_new = node_hash(made_new, step)
        here, last = here >> 1, last >> 1
    return last == 0 and made_old == old and made_new == new


def _split(start: int, end: int) -> int:
    """Where RFC 9162 divides a span: at the largest power of two that leaves something."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _up_to_odd(here: int, last: int) -> Span:
    while here and not here & 1:
        here, last = here >> 1, last >> 1
    return here, last
