"""What was wanted after the cut, the lists that a model gives for it, and the chances it gives to what was shown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.feed_quality.logs import Trial
from feed.ranking import candidates, evaluation, filters, selection
from feed.ranking.crowd import Crowd
from feed.ranking.features import rows
from feed.ranking.log import LIKE, LONG_VIEW
from feed.ranking.model import Model
from feed.ranking.scoring import impersonal, score
from feed.ranking.types import Pool, Viewer

FULL, ORDER, NUMPY = "whole stack", "whole stack, plain order", "numpy install"
BLEND, IMPERSONAL = "blend alone", "non-profiling mode"
WAYS = (FULL, ORDER, NUMPY, BLEND, IMPERSONAL)


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


class Server:
    """Pages as the product makes them, but for the database: gather, leave out what was met, features, score, slate.

    Every way of ranking is served from the same candidates and rows, so that their lists differ by the ranking alone.
    """

    def __init__(self, trial: Trial, models: list[Model], found: Truth) -> None:
        """``models``: one a seed, alike in all but what they learned."""
        self._trial, self._models, self._found = trial, models, found
        self._model = models[0]
        self._crowd = Crowd(trial.log.before(trial.cut), trial.social)
        self._rng = np.random.default_rng(1)

    def pages(self, person: int) -> dict[str, list[list[int]]]:
        """A page a seed of each way of ranking, by its name."""
        viewer, nobody = self._crowd.viewer(person), self._impersonal(person)
        pool = self._unmet(candidates.gather(self._model, viewer, self._trial.cut, self._rng), person)
        row = rows(self._model, viewer, pool.post, self._trial.cut)
        made: dict[str, list[list[int]]] = {way: [] for way in WAYS}
        for model in self._models:
            value, without = (score(model, row, first=first).value for first in ("boosted", "heads"))
            made[FULL].append(self._slate(pool, value, viewer))
            made[ORDER].append(self._order(pool, value))
            made[NUMPY].append(self._slate(pool, without, viewer))
            made[BLEND].append(self._order(pool, score(model, row, first="blend").value))
            made[IMPERSONAL].append(nobody)
        return made

    def _impersonal(self, person: int) -> list[int]:
        """A page for somebody of whom only what they met is left out, after the ranking."""
        nobody = Viewer.nobody()
        pool = candidates.gather(self._model, nobody, self._trial.cut, self._rng, {"trending": 600})
        pool = self._unmet(pool, person)
        return self._order(pool, impersonal(rows(self._model, nobody, pool.post, self._trial.cut)))

    def _unmet(self, pool: Pool, person: int) -> Pool:
        return pool.rows(filters.unseen(pool.post, self._found.met[person]))

    def _order(self, pool: Pool, value: NDArray[np.float64]) -> list[int]:
        ordinary = np.flatnonzero(pool.sources != candidates.BITS["fresh"])
        return [int(post) for post in pool.post[ordinary[np.argsort(-value[ordinary], kind="stable")][:20]]]

    def _slate(self, pool: Pool, value: NDArray[np.float64], viewer: Viewer) -> list[int]:
        catalogue = self._model.shelf.catalogue
        author = catalogue.author[pool.post]
        slate = selection.select(
            value, author, self._model.shelf.vectors[pool.post], np.isin(author, viewer.follows),
            pool.sources == candidates.BITS["fresh"], pool.propensity, self._rng,
        )  # fmt: skip
        return [int(post) for post in pool.post[slate.row]]


def served(server: Server, found: Truth, posts: int) -> dict[str, list[evaluation.Lists]]:
    """Rank for everybody of the truth, in every way, with every model."""
    pages = {person: server.pages(person) for person in found.wanted}
    some = next(iter(pages.values()))
    return {
        way: [
            evaluation.topn({person: made[way][seed] for person, made in pages.items()}, found.wanted, posts)
            for seed in range(len(some[way]))
        ]
        for way in WAYS
    }


def chances(trial: Trial, models: list[Model]) -> dict[str, list[dict[str, float]]]:
    """How well the chance of a long view is told for every showing after the cut, by features from before it."""
    later = trial.log.between(trial.cut, trial.end)
    later = later.rows(np.argsort(later.person, kind="stable"))
    crowd = Crowd(trial.log.before(trial.cut), trial.social)
    people, starts = np.unique(later.person, return_index=True)
    parts = [
        rows(models[0], crowd.viewer(int(person)), later.post[start:end], trial.cut)
        for person, start, end in zip(people, starts, [*starts[1:], len(later)], strict=True)
    ]
    row, long = np.concatenate(parts), later.has(LONG_VIEW)

    def told(model: Model, first: str) -> dict[str, float]:
        return evaluation.impressions(later.person, long, score(model, row, first=first).chances[:, 0].astype(float))

    return {way: [told(model, first) for model in models] for way, first in ((FULL, "boosted"), (NUMPY, "heads"))}


def groups(found: Truth, ndcg: NDArray[np.float64]) -> dict[str, float]:
    """NDCG@10 of those who had wanted 0-2, 3-9 and more posts before the cut."""
    spans: dict[str, tuple[int, int]] = {"0-2": (0, 2), "3-9": (3, 9), "10+": (10, 10**9)}
    told = {}
    for name, (low, high) in spans.items():
        inside = (found.before >= low) & (found.before <= high)
        told[name] = float(ndcg[inside].mean()) if inside.any() else float("nan")
    return told


def warmth(found: Truth, ndcg: NDArray[np.float64]) -> dict[str, float]:
    """NDCG@10 of those who had wanted something before the cut (warm), and of those who had not (cold)."""
    cold = found.before == 0
    return {"warm": float(ndcg[~cold].mean()), "cold": float(ndcg[cold].mean())}
