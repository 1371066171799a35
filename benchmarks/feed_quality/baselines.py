"""What the ranking is measured against, each written as its own few lines: nothing of the product but the log."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.feed_quality.judging import Truth
from benchmarks.feed_quality.logs import Trial
from feed.ranking import linking
from feed.ranking.log import WANTED, Log
from feed.ranking.types import DAY

Scores = NDArray[np.float32]
BATCH = 1000


class Baselines:
    """Scores of every post for a batch of people, and the lists of the best that were not met."""

    def __init__(self, trial: Trial, found: Truth, *, ridge: float) -> None:
        self._trial, self._found = trial, found
        self._past = trial.log.before(trial.cut)
        self._posts = len(trial.catalogue)
        self._person, self._post = linking.pairs(self._past, self._posts, WANTED)
        self._ridge = ridge

    def popularity(self, half_life: float | None) -> Scores:
        """How often each post was wanted, with or without decay."""
        good = self._past.rows(self._past.wanted)
        weights = None if half_life is None else 0.5 ** ((self._trial.cut - good.at) / half_life)
        return np.bincount(good.post, weights=weights, minlength=self._posts).astype(np.float32)

    def ease(self) -> Scores:
        """The weights of EASE on what was wanted, whole, over the posts that two people or more wanted."""
        kept = np.flatnonzero(np.bincount(self._post, minlength=self._posts) >= 2)
        inside = np.isin(self._post, kept)
        gram = linking.together(self._person[inside], np.searchsorted(kept, self._post[inside]), len(kept))
        gram[np.diag_indices(len(kept))] += np.float32(self._ridge)
        inverse = np.linalg.inv(gram)
        inverse /= -np.diag(inverse).copy()[None, :]
        np.fill_diagonal(inverse, 0.0)
        weights = np.zeros((self._posts, self._posts), np.float32)
        weights[np.ix_(kept, kept)] = inverse
        return weights

    def wants(self, people: NDArray[np.int64]) -> Scores:
        """Who wanted what, as 0 and 1."""
        found = np.zeros((len(people), self._posts), np.float32)
        place = np.minimum(np.searchsorted(people, self._person), len(people) - 1)
        inside = people[place] == self._person
        found[place[inside], self._post[inside]] = 1.0
        return found

    def friends(self, people: NDArray[np.int64]) -> Scores:
        """How often friends wanted each post, ever: better here than with decay."""
        good: Log = self._past.rows(self._past.wanted)
        count = int(max(good.person.max(), self._trial.social.friend.max())) + 1
        own = np.zeros((count, self._posts), np.float32)
        np.add.at(own, (good.person, good.post), 1.0)
        return np.stack(
            [own[self._trial.social.friend[self._trial.social.person == person]].sum(0) for person in people]
        )

    def best(self, people: NDArray[np.int64], scores: Scores) -> dict[int, list[int]]:
        """The twenty best of each person, without what they met."""
        lists = {}
        for person, line in zip(people.tolist(), scores, strict=True):
            line = line.copy()
            line[self._found.met[person]] = -np.inf
            top = np.argpartition(-line, 20)[:20]
            lists[person] = top[np.argsort(-line[top], kind="stable")].tolist()
        return lists


def scaled(scores: Scores) -> Scores:
    """Each person's scores over the whole catalogue at mean 0 and spread 1."""
    spread = np.maximum(scores.std(axis=-1, keepdims=True), 1e-9)
    return np.asarray((scores - scores.mean(axis=-1, keepdims=True)) / spread, np.float32)


def kuairand(trial: Trial, found: Truth) -> dict[str, dict[int, list[int]]]:
    """Popularity, EASE on what was wanted, and EASE with 0.3 decayed popularity, each at spread 1."""
    baselines = Baselines(trial, found, ridge=500.0)
    fresh, weights = baselines.popularity(DAY), baselines.ease()
    lists: dict[str, dict[int, list[int]]] = {
        "popularity": {},
        "decayed popularity": {},
        "EASE": {},
        "EASE + popularity": {},
    }
    ever = baselines.popularity(None)
    everybody = np.array(sorted(found.wanted))
    for people in np.array_split(everybody, max(1, len(everybody) // BATCH)):
        linked = baselines.wants(people) @ weights
        each = {
            "popularity": np.tile(ever, (len(people), 1)),
            "decayed popularity": np.tile(fresh, (len(people), 1)),
            "EASE": linked,
            "EASE + popularity": scaled(linked) + 0.3 * scaled(fresh),
        }
        for name, scores in each.items():
            lists[name] |= baselines.best(people, scores)
    return lists


def lastfm(trial: Trial, found: Truth) -> dict[str, dict[int, list[int]]]:
    """Friends' acts, and EASE + 0.5 friends + 0.2 decayed popularity, each at its largest 1."""
    baselines = Baselines(trial, found, ridge=500.0)
    fresh, weights = baselines.popularity(trial.settings.half_life), baselines.ease()
    everybody = np.array(sorted(found.wanted))
    linked = _topped(baselines.wants(everybody) @ weights)
    friendly = _topped(baselines.friends(everybody))
    each = {
        "decayed popularity": np.tile(fresh, (len(everybody), 1)),
        "EASE": linked,
        "friends": friendly,
        "EASE + friends + popularity": linked + 0.5 * friendly + 0.2 * _topped(fresh[None]),
    }
    return {name: baselines.best(everybody, scores) for name, scores in each.items()}


def _topped(scores: Scores) -> Scores:
    return np.asarray(scores / np.maximum(scores.max(axis=1, keepdims=True), 1e-9), np.float32)
