"""What was wanted after the cut, the lists that a model gives for it, and the chances it gives to what was shown."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.feed_quality.logs import Trial
from feed.ranking import candidates, evaluation, selection
from feed.ranking.crowd import Crowd
from feed.ranking.features import rows
from feed.ranking.log import LIKE, LONG_VIEW, Bools, Ints
from feed.ranking.model import Model
from feed.ranking.scoring import Scored, impersonal, score
from feed.ranking.types import Pool, Viewer

Lister = Callable[[int], list[int]]


@dataclass(frozen=True)
class Truth:
    """Whom to rank for: what each wanted (and had not met), what each had met, how much of it was wanted."""

    wanted: dict[int, set[int]]
    met: dict[int, NDArray[np.int32]]
    before: NDArray[np.int64]  # posts wanted before the cut, people in ascending order


def truth(trial: Trial) -> Truth:
    """What people wanted from the cut to the end and had not met before the cut."""
    past, later = trial.log.before(trial.cut), trial.log.between(trial.cut, trial.end)
    posts = len(trial.catalogue)
    seen = np.unique(past.person.astype(np.int64) * posts + past.post)
    good = later.rows(later.has(LONG_VIEW | LIKE))
    keys = np.setdiff1d(good.person.astype(np.int64) * posts + good.post, seen)
    people = np.unique(keys // posts)
    begin, end = np.searchsorted(seen, people * posts), np.searchsorted(seen, (people + 1) * posts)
    liked = past.rows(past.has(LONG_VIEW | LIKE))
    pairs = np.unique(liked.person.astype(np.int64) * posts + liked.post)
    before = np.bincount(pairs // posts, minlength=int(people.max()) + 1)[people]
    wanted: dict[int, set[int]] = {int(person): set() for person in people}
    for key in keys.tolist():
        wanted[key // posts].add(key % posts)
    met = {int(person): (seen[a:b] % posts).astype(np.int32) for person, a, b in zip(people, begin, end, strict=True)}
    return Truth(wanted, met, before)


@dataclass
class Server:
    """Pages as the product makes them, but for the database: gather, leave out what was met, features, score, slate."""

    trial: Trial
    model: Model
    found: Truth
    first: str = "boosted"
    rules: selection.Rules | None = None
    profiling: bool = True
    seed: int = 7

    def __post_init__(self) -> None:
        self._crowd = Crowd(self.trial.log.before(self.trial.cut), self.trial.social)
        self._rng = np.random.default_rng(self.seed)
        self.seconds: list[float] = []

    def page(self, person: int) -> list[int]:
        """The posts of one page; the time it took is kept."""
        viewer = self._crowd.viewer(person) if self.profiling else Viewer.nobody()
        started = time.perf_counter()
        pool = candidates.gather(self.model, viewer, self.trial.cut, self._rng, self._quotas())
        pool = pool.rows(~np.isin(pool.post, self.found.met[person]))
        row = rows(self.model, viewer, pool.post, self.trial.cut)
        value = score(self.model, row, first=self.first).value if self.profiling else impersonal(row)
        page = self._laid_out(pool, value, viewer)
        self.seconds.append(time.perf_counter() - started)
        return page

    def _quotas(self) -> dict[str, int] | None:
        return None if self.profiling else {"trending": 600}

    def _laid_out(self, pool: Pool, value: NDArray[np.float64], viewer: Viewer) -> list[int]:
        catalogue = self.model.shelf.catalogue
        drawn = pool.sources == candidates.BITS["fresh"]
        if self.rules is None:
            ordinary = np.flatnonzero(~drawn)
            return [int(post) for post in pool.post[ordinary[np.argsort(-value[ordinary], kind="stable")][:20]]]
        followed = np.isin(catalogue.author[pool.post], viewer.follows)
        slate = selection.select(
            value, catalogue.author[pool.post], self.model.shelf.vectors[pool.post], followed, drawn,
            pool.propensity, self._rng, self.rules,
        )  # fmt: skip
        return [int(post) for post in pool.post[slate.row]]


def judged(found: Truth, lister: Lister, posts: int) -> evaluation.Lists:
    """Rank for everybody of the truth."""
    lists = {person: lister(person) for person in found.wanted}
    return evaluation.topn(lists, found.wanted, posts)


def chances(trial: Trial, model: Model, first: str) -> dict[str, float]:
    """How well the chance of a long view is told for every showing after the cut, by features from before it."""
    later = trial.log.between(trial.cut, trial.end)
    order = np.argsort(later.person, kind="stable")
    later = later.rows(order)
    crowd = Crowd(trial.log.before(trial.cut), trial.social)
    told = np.empty(len(later))
    people, starts = np.unique(later.person, return_index=True)
    for person, start, end in zip(people, starts, [*starts[1:], len(later)], strict=True):
        row = rows(model, crowd.viewer(int(person)), later.post[start:end], trial.cut)
        told[start:end] = _long_view(score(model, row, first=first))
    return evaluation.impressions(later.person, _long(later.acts), told)


def _long_view(scored: Scored) -> NDArray[np.float32]:
    return scored.chances[:, 0]


def _long(acts: NDArray[np.uint8]) -> Bools:
    return (acts & LONG_VIEW) > 0


def groups(found: Truth, ndcg: NDArray[np.float64]) -> dict[str, float]:
    """NDCG@10 of those who had wanted 0-2, 3-9 and more posts before the cut."""
    spans: dict[str, tuple[int, int]] = {"0-2": (0, 2), "3-9": (3, 9), "10+": (10, 10**9)}
    told = {}
    for name, (low, high) in spans.items():
        inside = (found.before >= low) & (found.before <= high)
        told[name] = float(ndcg[inside].mean()) if inside.any() else float("nan")
    return told


def people(found: Truth) -> Ints:
    """Whom the truth asks for, in ascending order."""
    return np.array(sorted(found.wanted), np.int32)
