"""The sorted tree: every key is proved in it, every other key out of it, and no proof serves for anything else."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.discovery import sorted_tree
from accounts.discovery.sorted_tree import Place
from consent import proofs

KEYS = st.sets(st.binary(min_size=32, max_size=32), max_size=20).map(sorted)


def keys_of(count: int) -> list[bytes]:
    """So many keys, in order."""
    return sorted(hashlib.sha256(bytes([number])).digest() for number in range(count))


@pytest.mark.parametrize("count", range(18))
def test_the_root_is_that_of_the_ledgers_tree(count: int) -> None:
    frontier: list[bytes] = []
    for size, key in enumerate(keys_of(count)):
        frontier, _ = proofs.grown(frontier, size, proofs.leaf_hash(key))
    assert sorted_tree.root(keys_of(count)) == proofs.root_of(frontier)


@given(KEYS)
def test_every_key_is_proved_to_be_in_it(keys: list[bytes]) -> None:
    root_hash = sorted_tree.root(keys)
    for index in range(len(keys)):
        spot = sorted_tree.place(keys, index)
        assert sorted_tree.holds(spot, size=len(keys), root_hash=root_hash)
        assert proofs.includes(
            leaf=proofs.leaf_hash(spot.key), index=index, size=len(keys), path=spot.path, root=root_hash
        )


@given(KEYS, st.binary(min_size=32, max_size=32))
def test_every_other_key_is_proved_to_be_out_of_it(keys: list[bytes], key: bytes) -> None:
    root_hash = sorted_tree.root(keys)
    if key in keys:
        with pytest.raises(ValueError, match="in the tree"):
            sorted_tree.beside(keys, key)
        return
    near = sorted_tree.beside(keys, key)
    assert sorted_tree.excludes(key, near, size=len(keys), root_hash=root_hash)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 13])
def test_no_two_leaves_prove_that_a_key_of_the_tree_is_out_of_it(count: int) -> None:
    keys = keys_of(count)
    root_hash, spots = sorted_tree.root(keys), [sorted_tree.place(keys, index) for index in range(count)]
    choices = [[], *([spot] for spot in spots), *([one, other] for one in spots for other in spots)]
    found = [
        (key, near)
        for key in keys
        for near in choices
        if sorted_tree.excludes(key, near, size=count, root_hash=root_hash)
    ]
    assert found == []


def test_a_changed_proof_proves_nothing() -> None:
    keys = keys_of(11)
    root_hash, spot = sorted_tree.root(keys), sorted_tree.place(keys, 10)
    changed = [
        replace(spot, key=keys[9]),
        replace(spot, index=9),
        replace(spot, index=11),
        replace(spot, index=-1),
        replace(spot, path=spot.path[:-1]),
        replace(spot, path=(*spot.path, bytes(32))),
        replace(spot, path=spot.path[::-1]),
    ]
    assert [sorted_tree.holds(each, size=11, root_hash=root_hash) for each in changed] == [False] * 7
    assert not sorted_tree.holds(spot, size=10, root_hash=root_hash)
    assert not sorted_tree.holds(spot, size=11, root_hash=bytes(32))


def test_an_empty_tree_excludes_everything_and_nothing_else_is_empty() -> None:
    empty = hashlib.sha256(b"").digest()
    assert sorted_tree.excludes(bytes(32), [], size=0, root_hash=empty)
    assert not sorted_tree.excludes(bytes(32), [], size=1, root_hash=empty)
    assert not sorted_tree.excludes(bytes(32), [], size=0, root_hash=bytes(32))
    assert not sorted_tree.excludes(bytes(32), [Place(bytes(32), 0, ())], size=0, root_hash=empty)
