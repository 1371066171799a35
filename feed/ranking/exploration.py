"""Fresh posts get their first showings by Thompson sampling, each draw with the probability it had."""

import numpy as np

from feed.ranking.log import Floats, Ints
from feed.ranking.shelf import Shelf

PROMISED = 50  # showings that every fresh post gets
DRAWS = 64


def fresh(shelf: Shelf, now: float, count: int) -> Ints:
    """Posts that have not had their promised showings yet, newest first."""
    raise NotImplementedError


def draw(shelf: Shelf, posts: Ints, count: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Draw ``count`` of ``posts`` by Thompson sampling on the wanted rate; the probability that each had comes with
    it. One of DRAWS samples is played, and the share of samples that chose the same is the exact propensity."""
    raise NotImplementedError
