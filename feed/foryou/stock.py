"""What a process keeps in memory to rank with: the ranking, newer posts behind it, words, what people liked lately.

Nothing here depends on who looks. It is looked after every STALE seconds by a thread of its own, while requests go on
with what there is; only the first one waits.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import Error, connection

from feed.control.matching import Words
from feed.foryou import explaining, files, packing, tables
from feed.foryou.files import Aside
from feed.foryou.packing import Packed, Places
from feed.foryou.stages import FAULTS
from feed.foryou.tables import Known
from feed.models import RankingModel
from feed.ranking import exploration, features, scoring
from feed.ranking.log import Bools, Floats, Ints, Longs, Times
from feed.ranking.model import Model

log = logging.getLogger(__name__)
STALE = 30.0
MOST_FRESH, MOST_LIKES = 20_000, 300_000
# Fresh posts that a page may explore, out of so many; and how often they are drawn ahead.
FRESH, POOLED, DRAWS = 10, 200, 16
LIKED_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Liked:
    """Who liked what lately, those of one person one after the other: of the person at ``i`` from starts[i] on."""

    people: Places
    starts: Longs
    post: Ints
    at: Times


@dataclass(frozen=True)
class Lots:
    """What Thompson sampling drew of the fresh posts, DRAWS times: each page plays one of them by lot.

    Given the draws, the share of those in which a post stands is exactly the chance that it is played.
    """

    drawn: Ints
    share: Floats

    @classmethod
    def of(cls, model: Model, now: float, rng: np.random.Generator) -> "Lots":
        """Draw; (DRAWS, FRESH) posts, and the share of each."""
        posts = exploration.fresh(model.shelf, now, POOLED)
        draws = [exploration.draw(model.shelf, posts, FRESH, rng)[0] for _ in range(DRAWS)]
        drawn = np.stack(draws) if len(posts) else np.empty((DRAWS, 0), np.int32)
        share = np.bincount(drawn.ravel(), minlength=len(model.shelf)) / DRAWS
        return cls(drawn, share.astype(np.float32))

    def play(self, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """Return one draw with the chance that each of its posts had."""
        played = self.drawn[rng.integers(DRAWS)]
        return played, self.share[played]


@dataclass(frozen=True)
class Stock:
    """A ranking ready to serve. ``weights`` is the hash by which its scores can be replayed."""

    model: Model
    weights: str
    ids: Packed
    posts: Places
    authors: Places
    words: Words
    open: Bools
    sounds: Places
    liked: Liked
    lots: Lots
    about: dict[str, Ints] = field(default_factory=dict)
    """The posts about a thing that somebody wished more of, the most wanted first; filled as it is asked."""

    def uuids(self, rows: Ints) -> list[UUID]:
        """Return the ids of posts by their places."""
        return packing.to_uuids(self.ids[rows])


class Keeper:
    """Holds the process's stock and looks after it."""

    def __init__(self) -> None:
        self._stock: Stock | None = None
        self._base: tuple[str, Model, Aside] | None = None
        self._looked = float("-inf")
        self._lock = threading.Lock()

    def current(self) -> Stock | None:
        """Return what there is to rank with; None where nothing was trained yet."""
        if time.monotonic() - self._looked < STALE:
            return self._stock
        if self._stock is None:
            with self._lock:
                if time.monotonic() - self._looked >= STALE:
                    self.look()
        elif self._lock.acquire(blocking=False):
            threading.Thread(target=self._look_and_let_go, name="ranking", daemon=True).start()
        return self._stock

    def look(self) -> None:
        """Read the active ranking if it is another one, and what is new behind it."""
        self._looked = time.monotonic()
        row = RankingModel.objects.filter(active=True).first()
        if row is None:
            self._stock = self._base = None
            return
        try:
            if self._base is None or self._base[0] != row.hash:
                self._base = (row.hash, *files.load(row))
                _warmed(self._base[1])
            self._stock = stocked(*self._base[1:], weights=row.parent or row.hash)
        except files.UNREADABLE as error:
            log.error("the ranking %s cannot be read, the one before stays: %s", row.hash, error)

    def forget(self) -> None:
        """Begin anew: at the next question everything is read."""
        with self._lock:
            self._stock, self._base, self._looked = None, None, float("-inf")

    def _look_and_let_go(self) -> None:
        try:
            self.look()
        except Error as error:
            log.error("what is new could not be read, the stock before stays: %s", error)
        finally:
            connection.close()
            self._lock.release()


KEEPER = Keeper()


def stocked(model: Model, aside: Aside, *, weights: str) -> Stock:
    """Return a ranking with the posts behind it that were published since."""
    known = packing.of_names(model.shelf.catalogue.ids)
    newest = max(packing.to_uuids(known[-1:]), default=tables.FIRST) if len(known) else tables.FIRST
    fresh = tables.films(after=newest, limit=MOST_FRESH, before=Known(aside.sounds, aside.vocabulary))
    if len(fresh.catalogue):
        model = model.extended(fresh.catalogue)
        words = aside.words.joined(fresh.words)
        aside = Aside(words, fresh.vocabulary, np.concatenate([aside.open, fresh.open]), fresh.sounds)
    ids = packing.of_names(model.shelf.catalogue.ids)
    if not len(ids) == len(aside.words) == len(aside.open):
        raise ValueError("what lies beside the ranking is not of its posts")
    posts = Places.of(ids)
    return Stock(
        model=model,
        weights=weights,
        ids=ids,
        posts=posts,
        authors=Places.of(packing.of_names(model.shelf.catalogue.authors)),
        words=aside.words,
        open=aside.open,
        sounds=Places.of(aside.sounds),
        liked=_liked(posts),
        lots=Lots.of(model, datetime.now(UTC).timestamp(), np.random.default_rng()),
    )


def _warmed(model: Model) -> None:
    """Have trees parsed by who loads a ranking, in time: whoever first asks for a score would be late."""
    try:
        row = np.zeros((1, len(features.COLUMNS)), np.float32)
        explaining.contributions(model, row, scoring.score(model, row).rung)
    except FAULTS as error:
        log.error("the ranking %s scores nothing: %r", model.hash, error)


def _liked(posts: Places) -> Liked:
    since = datetime.now(UTC) - LIKED_FOR
    rows = tables.likes(since=since, limit=MOST_LIKES)
    post = posts.find(rows)
    rows, post = rows[post >= 0], post[post >= 0]
    persons = tables.persons_of(rows)
    order = np.argsort(persons["low"].astype(np.uint64), kind="stable")
    persons, rows, post = persons[order], rows[order], post[order]
    low = persons["low"].astype(np.uint64)
    starts = np.flatnonzero(np.diff(low, prepend=low[:1] + 1)) if len(low) else np.empty(0, np.int64)
    bounds = np.append(starts, len(rows)).astype(np.int64)
    return Liked(Places.of(persons[starts]), bounds, post, rows["at"].astype(np.float64) / 1e6)
