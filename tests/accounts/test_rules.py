"""Pure rules of accounts."""

import unicodedata
from datetime import date, timedelta

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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("molly", "mo11y"), ("molly", "m_o_l_l_y"), ("modern", "rnodem"), ("window", "vvindow"), ("clara", "dara")),
        *(("olga", "0lga"), ("ilse", "1lse"), ("Eva", f"\u0415v{CYRILLIC_A}"), ("Zoe", "Zo\u00eb"), ("sam", "$am")),
    ],
)
def test_names_that_could_be_mistaken_have_one_skeleton(one: str, other: str) -> None:
    assert rules.skeleton(one) == rules.skeleton(other) != ""


@given(st.from_regex(rules.HANDLE, fullmatch=True))
def test_a_skeleton_is_the_skeleton_of_itself_but_for_what_two_letters_make(handle: str) -> None:
    once = rules.skeleton(handle)
    assert rules.skeleton(handle.replace("_", "")) == once
    assert not set(once) & set("0123456789_i")


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2008, 5, 7), date(2026, 5, 6), 17),
        (date(2008, 5, 7), date(2026, 5, 7), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2000, 12, 31), date(2001, 1, 1), 0),
    ],
)
def test_one_grows_older_on_ones_birthday(born: date, today: date, years: int) -> None:
    assert rules.age(born, today) == years


@given(st.dates(date(1900, 1, 1), date(2082, 12, 31)))
def test_one_comes_of_age_on_the_first_day_on_which_one_is_no_teenager(born: date) -> None:
    first = rules.comes_of_age(born)
    assert not rules.is_teen(born, first)
    assert rules.is_teen(born, first - timedelta(days=1))


@pytest.mark.parametrize(
    ("born", "code"),
    [
        (date(2013, 11, 24), "too_young"),
        (date(2026, 11, 23), "too_young"),
        (date(2026, 11, 24), "birth_date_wrong"),
        (date(1905, 11, 23), "birth_date_wrong"),
    ],
)
def test_nobody_signs_up_with_such_a_birth_date(born: date, code: str) -> None:
    fault = rules.birth_date_fault(born, date(2026, 11, 23))
    assert fault is not None and fault[0] == code


@pytest.mark.parametrize("born", [date(2013, 11, 23), date(1906, 11, 23)])
def test_from_thirteen_to_a_hundred_and_twenty_one_signs_up(born: date) -> None:
    assert rules.birth_date_fault(born, date(2026, 11, 23)) is None


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("follows", [False, True])
@pytest.mark.parametrize("teens", [False, True])
def test_only_a_stranger_is_kept_from_a_private_account(private: bool, follows: bool, teens: bool) -> None:
    kept = private and not follows and not teens
    assert kept is not rules.may_write_to(recipient_is_private=private, recipient_follows=follows, both_are_teens=teens)
