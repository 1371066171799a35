"""A small house to rank in, without a database: films of many topics, people who like some, a trained ranking."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np

from feed.control import choices, matching
from feed.control.matching import Words
from feed.foryou import ordering, packing
from feed.foryou.facts import Facts, Hidings, History
from feed.foryou.impressions import Walk
from feed.foryou.ordering import Asked, Ranked
from feed.foryou.packing import ACT, ID, Places
from feed.foryou.stock import Liked, Lots, Stock
from feed.models import Choice
from feed.ranking import training
from feed.ranking.log import LIKE, LONG_VIEW, SHOWN, Catalogue, Log, Social
from feed.ranking.types import DAY, Settings
from socialvideo.lib.ids import new_id
from tests.feed.wishes import CAPTIONS, PEOPLE

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
COPIES, VIEWERS, MET = 4, 150, 40
TOPICS = list(CAPTIONS)
SMALL = Settings(neighbours=20, ease_posts=500, negatives=10, label=2 * DAY, trees=20)


class House:
    """``topic`` and ``author`` of each post; ``stock`` to rank with."""

    def __init__(self, seed: int = 7, *, boosted: bool = False) -> None:
        rng = np.random.default_rng(seed)
        films = [(topic, caption) for topic in TOPICS for caption in CAPTIONS[topic] for _ in range(COPIES)]
        self.ids = [UUID(int=(n + 1) << 64 | int(rng.integers(1, 2**62))) for n in range(len(films))]
        self.authors = [UUID(int=(n + 1) << 64 | 77 + n) for n in range(40)]
        self.author = rng.integers(0, len(self.authors), len(films)).astype(np.int32)
        self.topic = [topic for topic, _ in films]
        self.handles = [handle for handle, _ in PEOPLE] + [f"author{n}" for n in range(len(PEOPLE), 40)]
        self.names = [name for _, name in PEOPLE] + [f"Author {n}" for n in range(len(PEOPLE), 40)]
        captions = [caption for _, caption in films]
        self.stock = self._stocked(captions, rng, boosted=boosted)

    def _stocked(self, captions: list[str], rng: np.random.Generator, *, boosted: bool) -> Stock:
        tags = [re.findall(r"#(\w+)", caption) for caption in captions]
        told = Words.of([matching.terms_of(caption=c, tags=t) for c, t in zip(captions, tags, strict=True)])
        _, term = np.unique(told.flat, return_inverse=True)
        ids, authors = packing.of_uuids(self.ids), packing.of_uuids(self.authors)
        count = len(captions)
        catalogue = Catalogue(
            ids=packing.names(ids),
            authors=packing.names(authors),
            author=self.author,
            duration=rng.uniform(5, 60, count).astype(np.float32),
            published_at=NOW.timestamp() - rng.uniform(0, 9 * DAY, count),
            sound=np.arange(count, dtype=np.int32),
            ai=rng.random(count) < 0.5,
            term_start=np.concatenate([[0], told.ends]).astype(np.int64),
            term=term.astype(np.int32),
        )
        log = self._log(count, rng)
        model = training.train(log, catalogue, Social.none(), NOW.timestamp(), SMALL, boosted=boosted)
        words = Words.of([self._words(n, captions[n], tags[n]) for n in range(count)])
        nobody = Liked(Places.of(np.empty(0, ID)), np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0))
        return Stock(
            model=replace(model, hash="0" * 64), weights="0" * 64, ids=ids, posts=Places.of(ids),
            authors=Places.of(packing.of_names(model.shelf.catalogue.authors)), words=words,
            open=np.ones(count, bool), sounds=Places.of(ids), liked=nobody,
            lots=Lots.of(model, NOW.timestamp(), rng),
        )  # fmt: skip

    def _words(self, post: int, caption: str, tags: list[str]) -> Any:
        author = self.author[post]
        return matching.of_film(caption=caption, tags=tags, handles=[self.handles[author]], names=[self.names[author]])

    def _log(self, count: int, rng: np.random.Generator) -> Log:
        topic = np.array([TOPICS.index(each) for each in self.topic])
        person = np.repeat(np.arange(VIEWERS, dtype=np.int32), MET)
        post = np.concatenate([rng.choice(count, MET, replace=False) for _ in range(VIEWERS)]).astype(np.int32)
        fond = rng.random((VIEWERS, len(TOPICS))) < 0.2
        wanted = rng.random(len(post)) < np.where(fond[person, topic[post]], 0.8, 0.1)
        acts = np.where(wanted, SHOWN | LONG_VIEW | LIKE, SHOWN).astype(np.uint8)
        at = np.sort(NOW.timestamp() - rng.uniform(0, 9 * DAY, len(post)))
        watched = np.where(wanted, 15, 2).astype(np.float32)
        return Log(person, post, at, acts, watched, np.ones(len(post), bool))

    def history(self, *topics: str, count: int = 12) -> History:
        """Somebody who watched films of these topics to the end."""
        posts = [n for n, topic in enumerate(self.topic) if topic in topics][:count]
        acts = np.empty(len(posts), ACT)
        ids = packing.of_uuids([self.ids[n] for n in posts])
        acts["high"], acts["low"] = ids["high"], ids["low"]
        acts["at"], acts["watched"], acts["acts"] = int((NOW.timestamp() - DAY) * 1e6), 15000, SHOWN | LONG_VIEW
        return History(acts, np.empty(0, ID))

    def facts(self, *, history: History | None = None, steers: Any = (), **choice: Any) -> Facts:
        """What is known of somebody who looks."""
        none, nothing = np.empty(0, ID), Hidings(*(frozenset[str]() for _ in range(4)))
        viewer = new_id()
        held = Choice(person_id=viewer, profiling=history is not None, **choice)
        return Facts(
            *(viewer, held, None, "UTC", None, list(steers), none, none, nothing, nothing, none, none, history, NOW),
            viewer.int,
        )  # fmt: skip

    def asked(self, known: Facts, limit: int = 20) -> Asked:
        """A first page of theirs; every walk here is the same, so that only what is known differs."""
        return Asked(known, choices.holding(known.choice, is_teen=False), Walk(UUID(int=5), 0), limit)

    def page(self, known: Facts, limit: int = 20) -> Ranked:
        """The page as it would come if everything on it was visible."""
        found = ordering.ranked(self.asked(known, limit), self.stock)
        assert found is not None
        return found

    def places(self, found: Ranked, limit: int = 20) -> list[int]:
        """The posts of a page by their places."""
        return [self.ids.index(each) for each in found.ids[:limit]]

    def about(self, thing: str) -> set[int]:
        """The posts of a topic, or of an author by their handle."""
        if thing.startswith("@"):
            author = self.handles.index(thing[1:])
            return {n for n, each in enumerate(self.author) if each == author}
        return {n for n, topic in enumerate(self.topic) if topic == thing}
