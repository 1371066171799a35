"""The slate: which candidates come on a page, in which order. Pure, and total: any values give a page."""

from dataclasses import dataclass

import numpy as np

from feed.ranking.log import Bools, Floats, Ints, Times
from feed.ranking.types import Slate


@dataclass(frozen=True)
class Rules:
    """How a page is laid out."""

    count: int = 20
    author_cap: int = 2  # in any author_span neighbours, and none adjacent
    author_span: int = 10
    diversity: float = 0.1  # what likeness to the posts just before costs, in units of value
    followed_every: int = 5  # one in so many is by somebody followed, if there is any
    explore_every: int = 10  # one in so many is drawn by lot, if there is any


def select(
    value: Times,
    author: Ints,
    vectors: Floats,
    followed: Bools,
    drawn: Bools,
    propensity: Floats,
    rng: np.random.Generator,
    rules: Rules = Rules(),
) -> Slate:
    """Lay out a page from candidates given as columns (``drawn``: named by the exploration).

    Where a rule cannot be kept (only one author left), the page ends rather than breaks it.
    """
    raise NotImplementedError
