"""The first scorer: a weighted sum of a few features. It needs no training and is never absent."""

from dataclasses import dataclass

import numpy as np

from feed.ranking.log import Floats, Times


@dataclass(frozen=True)
class Blend:
    """Weights over the first columns of a row, ``features.LEARNED``."""

    weights: Floats

    def match(self, rows: Floats) -> Times:
        """The score of each row; each row is summed by itself, so that its batch changes nothing."""
        return np.asarray((rows[:, : len(self.weights)].astype(np.float64) * self.weights).sum(axis=1))
