"""The first scorer: a weighted sum of a few features. It needs no training and is never absent."""

from dataclasses import dataclass

from feed.ranking.log import Floats, Times


@dataclass(frozen=True)
class Blend:
    """Weights over ``features.LEARNED``."""

    weights: Floats

    def match(self, rows: Floats) -> Times:
        """The score of each row."""
        raise NotImplementedError
