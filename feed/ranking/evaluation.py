"""The measures: of ranked lists (NDCG, recall, coverage, Gini) and of chances (AUC, GAUC, calibration)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from feed.ranking.log import Bools, Ints, Times

DRAWS = 1000  # of the bootstrap
BINS = 20  # of the calibration


@dataclass(frozen=True)
class Lists:
    """The outcome for ranked lists: the figures, and NDCG@10 of each viewer of the truth in ascending order."""

    figures: dict[str, float]
    ndcg: Times


def topn(ranked: Mapping[int, Sequence[int]], truth: Mapping[int, set[int]], catalogue: int) -> Lists:
    """ndcg@10, ndcg@20, recall@20, coverage@10, gini@10 over every viewer of the truth; who has no list scores 0.

    Binary relevance; the ideal is what min(k, wanted) hits at the top would give; a second occurrence takes no slot.
    """
    discount = 1.0 / np.log2(np.arange(2, 22))
    ideal = np.cumsum(discount)
    people = sorted(truth)
    hits = np.zeros((len(people), 20))
    shown = np.zeros(catalogue)
    for row, person in enumerate(people):
        posts = list(dict.fromkeys(ranked.get(person, ())))[:20]
        hits[row, : len(posts)] = [post in truth[person] for post in posts]
        np.add.at(shown, posts[:10], 1)
    wanted = np.array([len(truth[person]) for person in people])
    ndcg = {k: (hits[:, :k] @ discount[:k]) / ideal[np.minimum(k, wanted) - 1] for k in (10, 20)}
    figures = {
        "ndcg@10": ndcg[10].mean(), "ndcg@20": ndcg[20].mean(), "recall@20": (hits.sum(axis=1) / wanted).mean(),
        "coverage@10": (shown > 0).mean(), "gini@10": gini(shown),
    }  # fmt: skip
    return Lists({name: float(figure) for name, figure in figures.items()}, ndcg[10])


def gini(counts: Times) -> float:
    """How unevenly showings fall on posts: 0 = evenly, towards 1 = all on one."""
    ordered = np.sort(counts)
    total = ordered.sum()
    ranks = 2 * np.arange(1, len(ordered) + 1) - len(ordered) - 1
    return float(ranks @ ordered / (len(ordered) * total)) if total else 0.0


def interval(values: Times, seed: int = 7) -> tuple[float, float]:
    """The 95 % percentile bootstrap of a mean over viewers; of paired differences: whether one list is better."""
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(DRAWS)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def impressions(person: Ints, wanted: Bools, chance: Times) -> dict[str, float]:
    """auc, gauc (mean of people's AUC, weighted by showings), normalised entropy and ece (20 equal bins)."""
    label = wanted.astype(np.float64)
    told = np.clip(chance.astype(np.float64), 1e-6, 1 - 1e-6)
    base = label.mean()
    loss = -(label * np.log(told) + (1 - label) * np.log(1 - told)).mean()
    return {
        "auc": auc(label, told),
        "gauc": _gauc(person, label, told),
        "entropy": float(loss / -(base * np.log(base) + (1 - base) * np.log(1 - base))),
        "ece": calibration(label, told),
    }


def auc(label: Times, score: Times) -> float:
    """The chance that a wanted showing scores above one that was not; ties count half. NaN with only one kind."""
    _, place, times = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(times) - (times - 1) / 2)[place]
    good = label.sum()
    bad = len(label) - good
    return float((rank[label > 0].sum() - good * (good + 1) / 2) / (good * bad)) if good and bad else float("nan")


def _gauc(person: Ints, label: Times, score: Times) -> float:
    order = np.argsort(person, kind="stable")
    total = weight = 0.0
    for rows in np.split(order, np.flatnonzero(np.diff(person[order])) + 1):
        if 0 < label[rows].sum() < len(rows):
            total += len(rows) * auc(label[rows], score[rows])
            weight += len(rows)
    return total / weight if weight else float("nan")


def calibration(label: Times, chance: Times) -> float:
    """Expected calibration error: how far each bin's mean chance lies from what happened, weighted by its size."""
    place = np.clip((chance * BINS).astype(np.int64), 0, BINS - 1)
    gaps = np.bincount(place, weights=chance, minlength=BINS) - np.bincount(place, weights=label, minlength=BINS)
    return float(np.abs(gaps).sum() / len(label))
