"""Fresh posts get their first showings by Thompson sampling, each draw with the probability it had."""

import numpy as np

from feed.ranking.log import Floats, Ints
from feed.ranking.shelf import POST, Shelf

PROMISED = 50.0  # showings that every fresh post gets
DRAWS = 64
STRENGTH = 10.0  # showings that what is known of the author counts for
RATE, HIDES = POST.index("rate"), POST.index("hide_rate")
HIDDEN = 0.1  # share of showings hidden at which the promise ends


def fresh(shelf: Shelf, now: float, count: int) -> Ints:
    """Posts that have not had their promised showings yet, newest first; those that people hide lose the promise."""
    short = (shelf.met < PROMISED) & (shelf.columns[:, HIDES] < HIDDEN) & (shelf.catalogue.published_at <= now)
    posts = np.flatnonzero(short)
    newest = np.argsort(-shelf.catalogue.published_at[posts], kind="stable")[:count]
    return posts[newest].astype(np.int32)


def draw(shelf: Shelf, posts: Ints, count: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Draw ``count`` of ``posts`` by Thompson sampling on the wanted rate, with the probability that each had.

    DRAWS samples of all rates are made and one of them is played: given the samples, the share of those in which a post
    stood among the best ``count`` is exactly the chance that it was drawn.
    """
    count = min(count, len(posts))
    if count == 0:
        return posts[:0], np.empty(0, np.float32)
    good = shelf.wanted[posts] + STRENGTH * np.clip(shelf.columns[posts, RATE], 0.01, 0.99)
    bad = shelf.met[posts] + STRENGTH - good
    samples = rng.beta(good, np.maximum(bad, 0.1), (DRAWS, len(posts)))
    best = np.argpartition(-samples, count - 1, axis=1)[:, :count]
    share = np.bincount(best.ravel(), minlength=len(posts)) / DRAWS
    played = best[rng.integers(DRAWS)]
    return posts[played], share[played].astype(np.float32)
