"""Pages of every list are read while what they show is withdrawn, blocked, taken down and removed.

No page shows what had ended before it was asked for. A session from the first page to the end shows nothing twice and
leaves out nothing that stood all the while, and a chronological one is in order. For You walks by its own cursor, by a
ranking that is made anew meanwhile; each of its pages is asked for twice and is the same, without what fell since.
Weaker products, one guard taken away each, are found out.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from feed import visibility
from feed.foryou import impressions, query, stages
from feed.foryou.facts import Facts
from feed.foryou.impressions import Item
from feed.foryou.ordering import ORDERS
from feed.foryou.packing import ID, unpacked
from feed.foryou.stock import Stock
from feed.lists import chronological, following, friends, trending
from feed.visibility import BELONGS, VISIBLE
from socialvideo.lib.prepared import LAST, Statement
from tests import factories
from tests.feed import town as towns
from tests.feed.town import FOR_YOU, Ends, Town
from worker import standing

PAGES = 10_000 if os.environ.get("PROOFS") == "full" else 60
LIMIT = 5
UNORDERED = ("friends", "trending", "for-you")
# The statements by which lists serve, in which each row is checked.
SERVING = (
    *((following, "_PAGE"), (friends, "_PAGE"), (trending, "_PAGE"), (visibility, "AMONG")),
    *((chronological, name) for name in ("_GRID", "_TAGGED", "_SOUND")),
)
Patch = pytest.MonkeyPatch


@dataclass
class Found:
    """What was wrong, counted over all sessions. ``changed``: a page of For You that was another when asked again."""

    pages: int = 0
    items: int = 0
    walked: int = 0
    invalid: int = 0
    repeats: int = 0
    gaps: int = 0
    disorder: int = 0
    changed: int = 0
    where: Counter[str] = field(default_factory=Counter)

    @property
    def wrong(self) -> dict[str, int]:
        """Every fault that was found."""
        names = ("invalid", "repeats", "gaps", "disorder", "changed")
        return {name: count for name in names if (count := getattr(self, name))}


@dataclass(frozen=True)
class Reader:
    """Somebody who reads the lists of a town, and counts what is wrong."""

    api: APIClient
    town: Town
    ends: Ends
    found: Found

    def session(self, address: str, wanted: set[UUID]) -> None:
        """Read a list to its end."""
        seen: list[UUID] = []
        place: str | None = ""
        while place is not None and len(seen) < 2 * towns.POSTS:
            rows, next_place = self._page(address, place)
            seen += rows
            if place and address == FOR_YOU:
                again, _ = self._page(address, place)
                self.found.changed += again != [one for one in rows if one in again]
            place = next_place
        now = time.perf_counter()
        self.found.repeats += len(seen) - len(set(seen))
        gaps = len({one for one in wanted if self.ends.begun.get(one, now) >= now} - set(seen))
        self.found.gaps += gaps
        self.found.where[address] += gaps
        chronological = address.rsplit("/", 1)[-1] not in UNORDERED
        self.found.disorder += chronological and seen != sorted(seen, reverse=True)

    def _page(self, address: str, place: str) -> tuple[list[UUID], str | None]:
        asked = time.perf_counter()
        reply = self.api.get(address, {"limit": LIMIT, **({"cursor": place} if place else {})})
        if reply.status_code == 404:
            return [], None
        body, found = reply.json(), self.found
        rows = [UUID(row["id"]) for row in body["data"]]
        found.pages, found.items = found.pages + 1, found.items + len(rows)
        found.walked += address == FOR_YOU
        found.invalid += sum(self.ends.over.get(one, asked) < asked for one in rows)
        found.invalid += sum(one in self.town.held for one in rows) if "trending" in address else 0
        return rows, body["next_cursor"]


def reader(town: Town, ends: Ends, found: Found) -> Reader:
    """The town's viewer."""
    return Reader(factories.client(town.viewer), town, ends, found)


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_no_page_shows_what_ended_and_no_session_repeats_or_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    dice, found, rounds = random.Random(6), Found(), 0
    while found.pages < PAGES:
        rounds += 1
        town, ends = towns.built(), Ends()
        one, lists, failed = reader(town, ends, found), town.lists(), list[BaseException]()
        weather = towns.weather(town, ends, dice, failed)
        while weather.is_alive():
            for address, wanted in lists.items():
                one.session(address, wanted)
        weather.join()
        assert failed == []
        for address, wanted in lists.items():
            one.session(address, wanted)
        assert ends.over
    with capsys.disabled():
        sys.stdout.write(f"\n{found} in {rounds} towns\n")
    assert found.items > found.pages
    assert found.walked > 0
    assert found.wrong == {}


def unchecked(predicate: str, patch: Patch) -> None:
    """Serve without asking this of each row."""
    for room, name in SERVING:
        _written(patch, room, name, predicate, "true")


def _written(patch: Patch, room: ModuleType, name: str, what: str, instead: str) -> None:
    sql = getattr(room, name).query
    assert what in sql
    patch.setattr(room, name, Statement(sql.replace(what, instead)))


def unremembered(patch: Patch) -> None:
    """Let For You forget what a walk has shown: neither filter nor log keeps a post from coming again."""
    barred, write = query.barred, impressions.write

    def forgetful(facts: Facts, stock: Stock) -> query.Barred:
        return barred(replace(facts, walked=unpacked(None, ID)), stock)

    def careless(*, items: list[Item], **rest: Any) -> set[UUID]:
        return write(items=items, **rest) | {item.id for item in items}

    patch.setattr(query, "barred", forgetful)
    patch.setattr(impressions, "write", careless)


def oldest_first(patch: Patch) -> None:
    """Walk a grid the wrong way."""
    _written(patch, chronological, "_GRID", "DESC", "ASC")


def looked_once(patch: Patch) -> None:
    """Take the first candidates for all that there are."""
    patch.setattr(following, "filled", lambda read, _, *, after, limit: read(after or LAST, limit).rows)


def placeless(patch: Patch) -> None:
    """Answer with the beginning of a walk whichever of its pages is asked for again."""
    again = impressions.of_walk
    patch.setattr(impressions, "of_walk", lambda *, walk, **k: again(walk=replace(walk, position=0), **k))


# What is taken away, what is found then, and in which lists.
EVERY = ("following", "friends", "people", "hashtags", "sounds", "trending", "for-you")
WEAKER: dict[str, tuple[Callable[[Patch], None], str, tuple[str, ...]]] = {
    "nothing is asked of a row": (partial(unchecked, VISIBLE), "invalid", EVERY),
    "no film is looked at": (partial(unchecked, standing.stands("v")), "invalid", EVERY),
    "everybody belongs": (partial(unchecked, BELONGS), "invalid", ("hashtags", "sounds", "trending", "for-you")),
    "a walk forgets": (unremembered, "repeats", ("for-you",)),
    "a cursor forgets": (placeless, "changed", ("for-you",)),
    "oldest first": (oldest_first, "disorder", ("people",)),
    "looked once": (looked_once, "gaps", ("following",)),
}


@pytest.mark.django_db
def test_each_list_of_a_weaker_product_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "PATIENCE", 30.0)
    town, ends = towns.built(), Ends()
    found = Found()
    for address, wanted in town.lists().items():
        reader(town, ends, found).session(address, wanted)
    town.withdrawn(ends, town.grants[3])
    town.blocked(ends, town.authors[3])
    for post in town.posts[1::3]:
        town.taken_down(ends, post)
    for address, wanted in town.lists().items():
        reader(town, ends, found).session(address, wanted)
    assert found.wrong == {}
    missed = [
        (name, which)
        for name, (weaken, fault, lists) in WEAKER.items()
        for address, wanted in town.lists().items()
        for which in lists
        if f"/{which}" in address and fault not in weakened(weaken, town, ends, address, wanted).wrong
    ]
    assert missed == [], missed


def weakened(weaken: Callable[[Patch], None], town: Town, ends: Ends, address: str, wanted: set[UUID]) -> Found:
    """What is wrong in a list of the product without this guard."""
    found = Found()
    ORDERS.forget()
    with pytest.MonkeyPatch.context() as patch:
        weaken(patch)
        reader(town, ends, found).session(address, wanted)
    return found
