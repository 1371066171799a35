"""Merkle proofs against the recursive definitions of RFC 9162 §2.1, for every small tree and for random large ones."""

import hashlib
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import proofs

MOST = 64
BODIES = [f"leaf {number}".encode() for number in range(MOST)]
SIZES = range(MOST + 1)


def split(size: int) -> int:
    """The largest power of two that is smaller than ``size``."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH of §2.1.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of §2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of §2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def tree(leaves: Sequence[bytes]) -> tuple[list[bytes], dict[proofs.Place, bytes]]:
    """The frontier and all complete nodes of a tree that grew leaf by leaf."""
    frontier: list[bytes] = []
    nodes: dict[proofs.Place, bytes] = {}
    for number, body in enumerate(leaves):
        nodes[0, number] = proofs.leaf_hash(body)
        frontier, completed = proofs.grown(frontier, number, nodes[0, number])
        nodes |= completed
    return frontier, nodes


FRONTIER, NODES = tree(BODIES)


@pytest.mark.parametrize("size", SIZES)
def test_a_tree_that_grew_has_the_merkle_tree_hash(size: int) -> None:
    frontier, nodes = tree(BODIES[:size])
    assert proofs.root_of(frontier) == mth(BODIES[:size])
    assert proofs.roots([(0, size)], nodes) == [mth(BODIES[:size])]
    assert len(frontier) == size.bit_count()


@pytest.mark.parametrize("size", SIZES)
def test_growing_completes_each_node_once_and_with_its_last_leaf(size: int) -> None:
    _, nodes = tree(BODIES[:size])
    assert set(nodes) == {(level, index) for level in range(8) for index in range(size >> level)}
    assert all(
        proofs.roots([(i << level, i + 1 << level)], nodes) == [mth(BODIES[i << level : i + 1 << level])]
        for level, i in nodes
    )


def test_growing_leaves_the_old_frontier_as_it_was() -> None:
    old = [b"a" * 32]
    proofs.grown(old, 1, b"b" * 32)
    assert old == [b"a" * 32]


@pytest.mark.parametrize("size", SIZES)
def test_an_inclusion_proof_is_the_path_of_the_standard(size: int) -> None:
    for index in range(size):
        assert proofs.roots(proofs.inclusion(index, size), NODES) == path(index, BODIES[:size])


@pytest.mark.parametrize("second", SIZES)
def test_a_consistency_proof_is_the_subproof_of_the_standard(second: int) -> None:
    for first in range(1, second + 1):
        spans = proofs.consistency(first, second)
        assert proofs.roots(spans, NODES) == subproof(first, BODIES[:second], True)


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof_holds_and_no_other_leaf_root_size_or_index_does(size: int) -> None:
    root = mth(BODIES[:size])
    for index in range(size):
        given_path = path(index, BODIES[:size])
        proof = {"leaf": NODES[0, index], "index": index, "size": size, "path": given_path, "root": root}
        assert proofs.includes(**proof)
        assert not proofs.includes(**{**proof, "leaf": b"x" * 32})
        assert not proofs.includes(**{**proof, "root": b"x" * 32})
        assert not proofs.includes(**{**proof, "path": [*given_path, b"x" * 32]})
        assert not proofs.includes(**{**proof, "index": -1})
        assert not proofs.includes(**{**proof, "index": size})
        if given_path:
            assert not proofs.includes(**{**proof, "path": given_path[:-1]})
            assert not any(proofs.includes(**{**proof, "index": other}) for other in range(size) if other != index)


@pytest.mark.parametrize("second", SIZES)
def test_every_consistency_proof_holds_and_no_other_root_or_path_does(second: int) -> None:
    for first in range(1, second + 1):
        steps = subproof(first, BODIES[:second], True)
        old, new = mth(BODIES[:first]), mth(BODIES[:second])
        proof = {"first": first, "second": second, "path": steps, "old": old, "new": new}
        assert proofs.extends(**proof)
        assert not proofs.extends(**{**proof, "old": b"x" * 32})
        assert not proofs.extends(**{**proof, "new": b"x" * 32})
        assert not proofs.extends(**{**proof, "path": [*steps, b"x" * 32]})
        assert not steps or not proofs.extends(**{**proof, "path": steps[:-1]})


def test_nothing_is_proved_of_an_empty_tree_or_of_one_that_shrank() -> None:
    nothing = proofs.root_of([])
    assert not proofs.includes(leaf=nothing, index=0, size=0, path=[], root=nothing)
    assert not proofs.extends(first=0, second=1, path=[], old=nothing, new=mth(BODIES[:1]))
    assert not proofs.extends(first=2, second=1, path=[], old=mth(BODIES[:2]), new=mth(BODIES[:1]))


def test_no_consistency_proof_joins_two_trees_that_part() -> None:
    other = [*BODIES[:5], b"another", *BODIES[6:9]]
    for first, second in combinations(range(6, 10), 2):
        proof = {"first": first, "second": second, "path": subproof(first, other[:second], True)}
        assert not proofs.extends(**proof, old=mth(BODIES[:first]), new=mth(other[:second]))


@given(st.integers(1, 2**40), st.data())
@settings(max_examples=200)
def test_a_proof_in_a_large_tree_needs_few_nodes_all_of_them_complete(size: int, data: st.DataObject) -> None:
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    for spans in (proofs.inclusion(index, size), proofs.consistency(first, size)):
        places = [place for span in spans for place in proofs.nodes_of(span)]
        assert len(places) <= 2 * size.bit_length()
        assert all(place[1] + 1 << place[0] <= size for place in places)


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=300), st.data())
@settings(max_examples=100)
def test_proofs_of_random_trees_hold_and_are_those_of_the_standard(leaves: list[bytes], data: st.DataObject) -> None:
    index, first = data.draw(st.integers(0, len(leaves) - 1)), data.draw(st.integers(1, len(leaves)))
    frontier, nodes = tree(leaves)
    root = proofs.root_of(frontier)
    inclusion = proofs.roots(proofs.inclusion(index, len(leaves)), nodes)
    steps = proofs.roots(proofs.consistency(first, len(leaves)), nodes)
    assert (inclusion, steps) == (path(index, leaves), subproof(first, leaves, True))
    assert proofs.includes(leaf=nodes[0, index], index=index, size=len(leaves), path=inclusion, root=root)
    assert proofs.extends(first=first, second=len(leaves), path=steps, old=mth(leaves[:first]), new=root)


@given(st.integers(1, MOST), st.data())
@settings(max_examples=300)
def test_a_forged_inclusion_proof_does_not_hold(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = path(index, BODIES[:size])
    forged = data.draw(st.lists(st.sampled_from([*NODES.values()]) | st.binary(min_size=32, max_size=32), max_size=7))
    claim = {"leaf": NODES[0, index], "index": index, "size": size, "root": mth(BODIES[:size])}
    assert proofs.includes(**claim, path=forged) == (forged == proof)
