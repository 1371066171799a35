"""The question that a page is the answer to: what the ranker may know, and what the filters need beside it.

Without a profile ``history`` is None, and the ranker's viewer is nobody: whom one follows and what one wished is
declared, and reaches sources and wishes alone.
"""

from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

import numpy as np

from feed.control.choices import Held
from feed.control.grammar import WHOLLY
from feed.control.matching import share
from feed.control.topics import MOODS
from feed.foryou.acts import met
from feed.foryou.facts import Facts, Hidings, History
from feed.foryou.packing import Packed
from feed.foryou.stock import Stock
from feed.ranking.log import LONG_VIEW, SHOWN, Floats, Ints
from feed.ranking.types import Viewer, Wishes

# How far each measure of a wish goes, and what is hidden "less": times the weight of "steer", beyond what scores differ
# by; a wish is to be seen on the page.
MEASURES = {1: 0.7, 2: 1.7, 3: 3.0}
LESS, MOST = -1.7, 3.0
# Of what people one follows liked lately so much is looked at.
MOST_FRIENDS_ACTS = 200
Steers = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Query:
    """``viewer`` is all that the ranker knows of who looks; ``followed`` the places of authors whom they follow."""

    walk: UUID
    position: int
    now: float
    history: History | None
    follows: Packed
    followed: Ints
    steers: Steers
    mood: str
    ai_share: int
    stock: Stock = field(repr=False)

    @property
    def profiled(self) -> bool:
        """Whether what the viewer did may shape the page."""
        return self.history is not None

    @cached_property
    def viewer(self) -> Viewer:
        """Nobody, without a profile. Made when a scorer asks: kept scores need none."""
        if self.history is None:
            return Viewer.nobody()
        return _viewer(self.history, self.follows, self.followed, self.stock)

    @property
    def declared(self) -> Viewer:
        """Nobody, with whom they follow: what sources may ask without a profile."""
        return self.viewer if self.profiled else _follower(self.followed)


@dataclass(frozen=True)
class Barred:
    """What must not come, for the filters alone: places of posts and authors, and what was hidden."""

    person: UUID
    posts: Ints
    authors: Ints
    hidden: Hidings
    less: Hidings


def asked(facts: Facts, held: Held, stock: Stock, *, walk: UUID) -> Query:
    """Return the question of a viewer on what a process has to rank with."""
    followed = _there(stock.authors.find(facts.follows))
    return Query(
        walk=walk,
        position=len(facts.walked),
        now=facts.now.timestamp(),
        history=facts.history if held.profiling else None,
        follows=facts.follows,
        followed=followed,
        steers=tuple(facts.steers),
        mood=facts.choice.mood,
        ai_share=held.ai_share,
        stock=stock,
    )


def barred(facts: Facts, stock: Stock) -> Barred:
    """Return what must not come: what was seen, shown in this walk, muted or hidden."""
    posts = [_there(stock.posts.find(each)) for each in (facts.seen, facts.walked)]
    return Barred(
        facts.viewer,
        np.concatenate(posts).astype(np.int32),
        _there(stock.authors.find(facts.muted)),
        facts.hidden,
        facts.less,
    )


def wishes(query: Query, stock: Stock, posts: Ints, lessened: Floats) -> Wishes:
    """Return what the viewer declared about each candidate; ``lessened`` is what they hid "less"."""
    films = stock.words.take(posts)
    steer = lessened.copy()
    for term, sign, strength in query.steers:
        steer += sign * MEASURES[strength] * share(term, films)
    mood = np.zeros(len(posts), np.float32)
    more, less = MOODS.get(query.mood, ((), ()))
    for topics, sign in ((more, 1), (less, -1)):
        for topic in topics:
            mood += sign * share(topic, films)
    return Wishes(np.clip(steer, -MOST, MOST), np.clip(mood, -1, 1), query.ai_share / 100 - 1)


def forbidden(query: Query) -> list[str]:
    """Return of what nothing may come."""
    return [term for term, sign, strength in query.steers if sign < 0 and strength == WHOLLY]


def wanted_alone(query: Query) -> list[str]:
    """Return what alone may come, where it is wished."""
    return [term for term, sign, strength in query.steers if sign > 0 and strength == WHOLLY]


def _viewer(history: History, follows: Packed, followed: Ints, stock: Stock) -> Viewer:
    found = met(history.acts, stock.posts.find(history.acts))
    friend_post, friend_at = _friends(follows, stock)
    return Viewer(
        post=found.post,
        at=found.at,
        acts=found.acts,
        watched=found.watched,
        follows=followed,
        friend_post=friend_post,
        friend_at=friend_at,
        friend_closeness=np.ones(len(friend_post), np.float32),
    )


def signature(facts: Facts, held: Held) -> int:
    """Return a number that changes with all that a viewer's scores depend on, but time, other people, and watching.

    What a viewer watches of a page would let each next page be ranked anew; what they do and wish counts at once.
    """
    history = facts.history if held.profiling else None
    acts = (_deeds(history.acts).tobytes(), history.remixes.tobytes()) if history is not None else None
    said = (tuple(facts.steers), facts.choice.mood, held.ai_share, facts.less)
    return hash((facts.viewer, acts, facts.follows.tobytes(), said))


def _deeds(acts: Packed) -> Packed:
    found: Packed = acts[(acts["acts"] & ~(SHOWN | LONG_VIEW)) != 0]
    return found


def _friends(follows: Packed, stock: Stock) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return what people whom the viewer follows liked lately."""
    liked = stock.liked
    people = _there(liked.people.find(follows))
    starts, ends = liked.starts[people], liked.starts[people + 1]
    sizes = ends - starts
    total = np.cumsum(sizes)
    rows = np.repeat(starts - (total - sizes), sizes) + np.arange(total[-1] if len(total) else 0)
    newest = np.argsort(-liked.at[rows], kind="stable")[:MOST_FRIENDS_ACTS]
    return liked.post[rows][newest], liked.at[rows][newest]


def _follower(followed: Ints) -> Viewer:
    nobody = Viewer.nobody()
    return Viewer(
        nobody.post, nobody.at, nobody.acts, nobody.watched, followed, nobody.post, nobody.at, nobody.friend_closeness
    )


def _there(places: Ints) -> Ints:
    return places[places >= 0]
