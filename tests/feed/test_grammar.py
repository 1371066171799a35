"""Wishes in words, as they are read: direction, measure, what they are about, how long they last."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.control import grammar
from tests.feed.wishes import WISHES


def told(said: str) -> list[tuple[str, int, int]]:
    """What, which way, how much."""
    return [(wish.term, wish.sign, wish.strength) for wish in grammar.read(said).wishes]


@pytest.mark.parametrize(
    ("said", "wishes"),
    [
        ("more cooking, less politics", [("cooking", 1, 2), ("politics", -1, 2)]),
        ("don't show me spiders", [("spiders", -1, 3)]),
        ("don't hide cooking", [("cooking", 1, 1)]),
        ("I don't like horror", [("horror", -1, 2)]),
        ("not less jazz", [("jazz", 1, 1)]),
        ("nothing but dogs", [("dogs", 1, 3)]),
        ("anything but politics", [("politics", -1, 3)]),
        ("a bit less football", [("football", -1, 1)]),
        ("more rock and roll", [("rock and roll", 1, 2)]),
        ("no politics or news", [("politics", -1, 3), ("news", -1, 3)]),
        ("tea instead of coffee", [("tea", 1, 2), ("coffee", -1, 2)]),
        ("no cats, actually more cats", [("cats", 1, 2)]),
        ("MORE  \u201cCats\u201d, PLEASE!", [("cats", 1, 2)]),
    ],
)
def test_a_sentence_is_read(said: str, wishes: list[tuple[str, int, int]]) -> None:
    assert told(said) == wishes


@pytest.mark.parametrize("said", ["nothing with my ex's name", "less this", "no more of her", "hide my boss"])
def test_what_names_nothing_is_asked_about_and_never_guessed(said: str) -> None:
    reading = grammar.read(said)
    assert reading.wishes == ()
    assert len(reading.unclear) == 1
    assert reading.unclear[0].ask


@pytest.mark.parametrize(
    ("said", "lasts"),
    [("more jazz tonight", 1), ("more jazz for this week", 7), ("more jazz", 30), ("no more jazz forever", 365)],
)
def test_a_wish_lasts_as_long_as_is_said(said: str, lasts: int) -> None:
    assert [(wish.term, wish.lasts) for wish in grammar.read(said).wishes] == [("jazz", timedelta(days=lasts))]


def test_every_wish_is_read_in_its_direction() -> None:
    wrong = {}
    for said, expected in WISHES:
        signs = {wish.sign for wish in grammar.read(said).wishes}
        # Who wants something alone wants nothing else, which is no wish of its own.
        alone = any(wish.sign > 0 and wish.strength == grammar.WHOLLY for wish in grammar.read(said).wishes)
        if signs != ({1} if alone else set(expected.values())):
            wrong[said] = signs
    assert wrong == {}


@given(st.text(max_size=400))
def test_anything_can_be_said(said: str) -> None:
    reading = grammar.read(said)
    assert len(reading.wishes) <= grammar.MOST_WISHES
    assert all(wish.term and wish.sign in (-1, 1) and wish.strength in (1, 2, 3) for wish in reading.wishes)


@given(
    st.sampled_from(["less", "no", "fewer", "stop showing me", "hide", "too much"]),
    st.sampled_from(["cooking", "jazz", "space", "cats"]),
)
def test_less_of_a_thing_is_never_more_of_it(cue: str, thing: str) -> None:
    assert [(term, sign) for term, sign, _ in told(f"{cue} {thing}")] == [(thing, -1)]
