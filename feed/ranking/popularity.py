"""Decayed popularity: the measure of trending, and all that the non-profiling mode ranks by."""

import numpy as np

from feed.ranking.log import Floats, Log


def decayed(log: Log, posts: int, at: float, half_life: float, acts: int) -> Floats:
    """How often each post met one of ``acts`` before ``at``, each time halved every ``half_life`` seconds."""
    met = log.has(acts) & (log.at < at)
    weights = 0.5 ** ((at - log.at[met]) / half_life)
    return np.bincount(log.post[met], weights=weights, minlength=posts).astype(np.float32)


def within(log: Log, posts: int, at: float, window: float, acts: int) -> Floats:
    """How often each post met one of ``acts`` in the ``window`` seconds before ``at``."""
    met = log.has(acts) & (log.at < at) & (log.at >= at - window)
    return np.bincount(log.post[met], minlength=posts).astype(np.float32)


def relative(counts: Floats) -> Floats:
    """The logarithm of counts beside their mean: comparable from one day to the next, whatever the traffic."""
    return np.asarray(np.log1p(counts / max(float(counts.mean()), 1e-9)), np.float32)
