"""Wishes move the page the right way: sixty of them, on a page that was ranked, with and without a history."""

import numpy as np
import pytest

from feed.control import grammar
from tests.feed.shelves import House
from tests.feed.wishes import CAPTIONS, WISHES

RIGHT = 0.95


@pytest.fixture(scope="module")
def house() -> House:
    """Films of many topics, and a ranking."""
    return House()


def steers(said: str) -> list[tuple[str, int, int]]:
    """The chips of a sentence."""
    return [(wish.term, wish.sign, wish.strength) for wish in grammar.read(said).wishes]


@pytest.mark.parametrize("profiled", [True, False])
def test_sixty_wishes_move_the_page_the_right_way(house: House, profiled: bool) -> None:
    history = house.history("politics", "football", "cats") if profiled else None
    before = house.places(house.page(house.facts(history=history)))
    moved, wrong = 0, []
    for said, expected in WISHES:
        after = house.places(house.page(house.facts(history=history, steers=steers(said))))
        for thing, sign in expected.items():
            was, is_now = (len(house.about(thing).intersection(page)) for page in (before, after))
            right = is_now > was or is_now == 20 if sign > 0 else is_now < was or is_now == 0
            moved += right
            if not right:
                wrong.append((said, thing, was, is_now))
    total = sum(len(expected) for _, expected in WISHES)
    assert moved >= RIGHT * total, wrong


def test_less_of_something_never_makes_more_of_it(house: House) -> None:
    rng = np.random.default_rng(3)
    for _ in range(60):
        fond, thing = rng.choice(list(CAPTIONS), 3, replace=False), str(rng.choice(list(CAPTIONS)))
        history = house.history(*map(str, fond))
        before = house.about(thing).intersection(house.places(house.page(house.facts(history=history))))
        for strength in (1, 2, 3):
            after = house.page(house.facts(history=history, steers=[(thing, -1, strength)]))
            left = house.about(thing).intersection(house.places(after))
            assert len(left) <= len(before)
            assert strength < 3 or not left
