"""Who may come on the page: one function a source, each pure and each replaceable."""

from collections.abc import Callable

import numpy as np

from feed.ranking.log import Floats, Ints
from feed.ranking.model import Model
from feed.ranking.types import Pool, Viewer

Source = Callable[[Model, Viewer, float, int], Ints]
NAMES = ("cowatch", "ease", "trending", "followed", "friends", "text", "fresh")
BITS = {name: 1 << bit for bit, name in enumerate(NAMES)}
QUOTAS = {"cowatch": 150, "ease": 150, "trending": 150, "followed": 100, "friends": 100, "text": 50, "fresh": 50}


def cowatch(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """Posts that those who wanted what the viewer wanted lately wanted too."""
    raise NotImplementedError


def ease(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """The best of the EASE head."""
    raise NotImplementedError


def trending(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """The most wanted of late; asks nothing about the viewer."""
    raise NotImplementedError


def followed(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """The newest of authors whom the viewer follows."""
    raise NotImplementedError


def friends(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """What friends and people followed wanted of late."""
    raise NotImplementedError


def text(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """Posts whose terms are those of what the viewer wanted."""
    raise NotImplementedError


SOURCES: dict[str, Source] = {
    "cowatch": cowatch, "ease": ease, "trending": trending, "followed": followed, "friends": friends, "text": text,
}  # fmt: skip


def gather(
    model: Model, viewer: Viewer, now: float, rng: np.random.Generator, quotas: dict[str, int] | None = None
) -> Pool:
    """Ask every source for its quota, and the exploration for fresh posts; each post once."""
    raise NotImplementedError


def merge(named: dict[str, Ints], fresh: Ints, propensity: Floats) -> Pool:
    """One pool of what several sources named (also sources that live in the database), each post once."""
    raise NotImplementedError
