"""Pure rules of accounts."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import rules
from accounts.rules import clean_name, handle_fault

CYRILLIC_A, RIGHT_TO_LEFT, POP, ZERO_WIDTH, BOM = "\u0430", "\u202e", "\u202c", "\u200b", "\ufeff"


@pytest.mark.parametrize("handle", ["abc", "a_1", "z" * 30, "a__", "admins", "me2"])
def test_a_handle_of_3_to_30_plain_characters_can_be_taken(handle: str) -> None:
    assert handle_fault(handle) is None


@pytest.mark.parametrize(
    "handle",
    [
        *("", "ab", "z" * 31, "1abc", "_abc", "Abc", "a b", "a.b", "a-b", "abc\n", "\nabc", "@abc", "abcé", "a\0b"),
        *(f"{CYRILLIC_A}dmin", f"ad{ZERO_WIDTH}min", f"abc{RIGHT_TO_LEFT}", "\uff41bc", "abc\u0661"),
    ],
)
def test_another_handle_has_a_fault_that_says_what_to_choose(handle: str) -> None:
    assert handle_fault(handle) == "A handle is 3 to 30 of a-z, 0-9 and _, and begins with a letter."


@pytest.mark.parametrize("handle", sorted(rules.RESERVED - {"me"}))
def test_a_reserved_handle_cannot_be_taken(handle: str) -> None:
    assert handle_fault(handle) == "This handle is reserved. Choose another."


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("a\tb\r\nc\u2028d\u00a0e", "a b c d e"),
        ("a\0b\x07c\x7fd\x9be", "abcde"),
        (f"{RIGHT_TO_LEFT}nimda{POP}", "nimda"),
        ("\u2066a\u2069\u061cb\u200e\u200f", "ab"),
        (f"{ZERO_WIDTH}{BOM}\u00ad\u2060\u180e", ""),
        ("\u3164\u115f\u1160\uffa0\u2800", ""),
        (f"a {ZERO_WIDTH} b", "a b"),
        ("e\u0301", "é"),
        ("Ünal Ødegård 李 علي", "Ünal Ødegård 李 علي"),
        ("🎬", "🎬"),
    ],
    ids=ascii,
)
def test_a_name_keeps_what_can_be_seen(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept


def test_a_name_that_looks_like_another_stays_as_it_is_for_the_handle_tells_them_apart() -> None:
    assert clean_name(f"{CYRILLIC_A}da") == f"{CYRILLIC_A}da"


@settings(max_examples=150)
@given(st.text())
def test_cleaning_leaves_nothing_hidden_and_is_done_once(name: str) -> None:
    kept = clean_name(name)
    assert clean_name(kept) == kept
    assert kept == kept.strip()
    assert not {unicodedata.category(c) for c in kept} & {"Cc", "Cf", "Zl", "Zp"}
