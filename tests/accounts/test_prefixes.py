"""Sets of tags on the wire: every set comes back as it was, and nothing else is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.discovery import prefixes

MEMBERS = st.sets(st.integers(0, 2**50 - 1), max_size=60)


@given(MEMBERS)
def test_a_set_comes_back_as_it_was(members: set[int]) -> None:
    assert prefixes.decode(prefixes.encode(members), limit=60) == sorted(members)


@given(st.sets(st.integers(0, 40), max_size=30))
def test_a_set_of_neighbours_comes_back_too(members: set[int]) -> None:
    assert prefixes.decode(prefixes.encode(members), limit=60) == sorted(members)


@given(st.binary(max_size=80))
def test_other_bytes_are_refused_or_are_the_one_encoding_of_a_set(content: bytes) -> None:
    try:
        members = prefixes.decode(content, limit=60)
    except prefixes.SetWrong:
        return
    assert prefixes.encode(members) == content


def test_a_thousand_contacts_take_little_more_than_five_bytes_each() -> None:
    members = {int.from_bytes(number.to_bytes(7, "big"), "big") * 1_125_899_906 for number in range(1000)}
    assert len(prefixes.encode(members)) < 5_250


def test_more_than_the_limit_are_refused_before_they_are_read() -> None:
    with pytest.raises(prefixes.SetWrong):
        prefixes.decode(prefixes.encode(range(11)), limit=10)
    with pytest.raises(prefixes.SetWrong):
        prefixes.decode(b"\xff\xff\xff\xff\x14", limit=10)


def test_the_prefix_is_the_first_50_bits() -> None:
    assert prefixes.prefix(b"\xff" * 32) == 2**50 - 1
    assert prefixes.prefix(bytes.fromhex("123456789abcdef0") + bytes(24)) == 0x123456789ABCD >> 2
