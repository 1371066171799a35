"""What passes between the stages of the ranking."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from feed.ranking.log import Bits, Bools, Floats, Ints, Longs, Times

DAY = 86_400.0


@dataclass(frozen=True)
class Settings:
    """Every number a training depends on; kept in the model file. Times in seconds."""

    half_life: float = DAY  # of popularity
    windows: tuple[float, float] = (DAY, 2 * DAY)  # of a post's counters; both must exist before a label period
    lately: float = 2 * DAY  # half-life of what a viewer met lately
    memory: float = 7 * DAY  # half-life of what a viewer wanted
    social_half_life: float = 7 * DAY  # of what friends did
    label: float = 2 * DAY  # length of a period whose acts are labels, at the end of the log
    neighbours: int = 200  # co-watch neighbours and EASE weights kept a post
    recalled: int = 200  # rows of a viewer's own history that are looked at, the newest
    shrink: float = 50.0
    ease_l2: float = 8.0  # in showings of a usual post
    ease_posts: int = 8000  # the EASE head covers so many of the most met posts
    negatives: int = 40  # candidates sampled a viewer for the ranking heads
    learners: int = 10_000  # viewers drawn for the ranking heads at most
    # Wanted candidates from which learned scorers rank better than the blend: 3,103 (Last.fm) were too few, 4,859
    # (KuaiRand) enough.
    enough: int = 4_000
    trees: int = 150
    leaves: int = 31
    rate: float = 0.06  # of learning
    act_trees: int = 150  # of the heads of acts: there are few showings, so small trees
    act_leaves: int = 7
    act_rate: float = 0.04
    l2: float = 10.0  # what holds the leaves of trees small
    act_l2: float = 200.0
    seed: int = 7


@dataclass(frozen=True)
class Links:
    """For each post its strongest links, strongest first: ``post`` and ``weight``, (posts, k); unused ends weigh 0."""

    post: Ints
    weight: Floats


@dataclass(frozen=True)
class Viewer:
    """All that the ranker may know of who looks. The non-profiling mode has no Viewer: see ``Viewer.nobody``.

    The first four columns are the viewer's own history in the order of time (``acts`` as in the log); then the authors
    followed; then what friends and people followed did: which post, when, and how close (1 = plainly followed).
    """

    post: Ints
    at: Times
    acts: Bits
    watched: Floats
    follows: Ints
    friend_post: Ints
    friend_at: Times
    friend_closeness: Floats

    @classmethod
    def nobody(cls) -> Self:
        """Somebody of whom nothing is known, nor asked."""
        ints, times, floats = np.empty(0, np.int32), np.empty(0, np.float64), np.empty(0, np.float32)
        return cls(ints, times, np.empty(0, np.uint8), floats, ints, ints, times, floats)


@dataclass(frozen=True)
class Pool:
    """Candidates: each post once, the sources that named it as bits (``candidates.BITS``), the propensity of the
    exploring source (1 for all that was not drawn by lot)."""

    post: Ints
    sources: Ints
    propensity: Floats

    def __len__(self) -> int:
        return len(self.post)

    def rows(self, chosen: Bools | Longs) -> Self:
        """The candidates that a mask or an index chooses."""
        return type(self)(self.post[chosen], self.sources[chosen], self.propensity[chosen])

    def joined(self, other: Self) -> Self:
        """These candidates and others, no post of which is among these."""
        return type(self)(
            np.concatenate([self.post, other.post]),
            np.concatenate([self.sources, other.sources]),
            np.concatenate([self.propensity, other.propensity]),
        )


@dataclass(frozen=True)
class Wishes:
    """What the viewer declared, a number a candidate: ``steer`` in -1..1 (less..more), ``mood`` in -1..1 (fits), and
    ``ai`` = how much more or less generated films are wanted, -1..1 (0..100 of the slider, halved and centred)."""

    steer: Floats
    mood: Floats
    ai: float = 0.0

    @classmethod
    def none(cls, count: int) -> Self:
        """Nothing declared."""
        return cls(np.zeros(count, np.float32), np.zeros(count, np.float32))


@dataclass(frozen=True)
class Scored:
    """The outcome of scoring: ``value`` by which candidates are ordered, ``rung`` that made it (boosted, heads, blend,
    chronological), and the probabilities of each act (columns ``values.ACTS``; NaN where the rung knows none)."""

    value: Times
    rung: str
    chances: Floats


@dataclass(frozen=True)
class Slate:
    """The page in its order: ``row`` indexes the pool; ``explored`` marks slots filled by lot, with ``propensity``."""

    row: Longs
    explored: Bools
    propensity: Floats
