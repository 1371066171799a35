"""Links among posts: which posts the same people met, and where a viewer's history leads along links."""

import numpy as np

from feed.ranking.log import Floats, Ints, Log, Longs, Times
from feed.ranking.types import Links


def pairs(log: Log, posts: int, acts: int) -> tuple[Longs, Longs]:
    """Who met what in one of ``acts``, each pair once, by person: (persons, posts)."""
    rows = log.rows(log.has(acts))
    keys = np.unique(rows.person.astype(np.int64) * posts + rows.post)
    return keys // posts, keys % posts


def together(person: Longs, post: Longs, posts: int) -> Floats:
    """How many people met both of two posts: (posts, posts), on the diagonal how many met the one."""
    counts = np.bincount(person, minlength=1)
    place = np.arange(len(person)) - (np.cumsum(counts) - counts)[person]
    after = counts[person] - place
    gram = np.zeros(posts * posts, np.float32)
    left = np.arange(len(person))
    for distance in range(1, int(counts.max(initial=0))):
        left = left[after[left] > distance]
        cells, times = np.unique(post[left] * posts + post[left + distance], return_counts=True)
        gram[cells] += times
    square = gram.reshape(posts, posts)
    square += square.T.copy()
    np.fill_diagonal(square, np.bincount(post, minlength=posts))
    return square


def strongest(weights: Floats, count: int) -> Links:
    """The ``count`` weights of each row of a square matrix that are farthest from 0, strongest first."""
    count = min(count, weights.shape[1])
    chosen = np.empty((len(weights), count), np.int32)
    kept = np.empty((len(weights), count), np.float32)
    for row, line in enumerate(weights):
        size = -np.abs(line)
        top = np.argpartition(size, count - 1)[:count]
        chosen[row] = top[np.argsort(size[top], kind="stable")]
        kept[row] = line[chosen[row]]
    return Links(np.where(kept != 0, chosen, 0).astype(np.int32), kept)


def reached(links: Links, posts: Ints, weights: list[Floats], count: int) -> list[Times]:
    """Where a history leads: for each set of weights on ``posts`` the sum along the links, over all ``count`` posts."""
    to, along = links.post[posts], links.weight[posts]
    flat = to.ravel()
    sums = [np.bincount(flat, weights=(along * w[:, None]).ravel(), minlength=count) for w in weights]
    return [each.astype(np.float64, copy=False) for each in sums]


def unit(scores: Times) -> Times:
    """Scores over a whole catalogue at length 1, so that a short and a long history speak the same language."""
    # Not a product of BLAS: its threads spin on as many cores as there are, for a sum of microseconds.
    length = float(np.sqrt(np.square(scores).sum()))
    return scores / length if length > 0 else scores


def most(post: Longs, posts: int, count: int) -> tuple[Longs, Longs]:
    """The ``count`` posts met most, and for each post its place among them, or -1."""
    times = np.bincount(post, minlength=posts)
    kept = np.sort(np.argsort(-times, kind="stable")[: min(count, int((times > 0).sum()))])
    places = np.full(posts, -1)
    places[kept] = np.arange(len(kept))
    return kept, places


def spread(links: Links, kept: Longs, posts: int) -> Links:
    """Links among the ``kept`` posts, written over the whole catalogue."""
    width = links.post.shape[1]
    whole = Links(np.zeros((posts, width), np.int32), np.zeros((posts, width), np.float32))
    whole.post[kept] = kept[links.post] if len(kept) else links.post
    whole.weight[kept] = links.weight
    return whole
