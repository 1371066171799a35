"""The second scorer: logistic heads over the features and their crosses, in numpy."""

from dataclasses import dataclass

from feed.ranking.log import Floats, Times


@dataclass(frozen=True)
class Heads:
    """``weights``: (bases, 1 + acts), the ranking head first, then ``values.ACTS``."""

    weights: Floats

    def match(self, rows: Floats) -> Times:
        """The score of the ranking head for each row."""
        raise NotImplementedError

    def chances(self, rows: Floats) -> Floats:
        """The probability of each act if shown: (rows, acts), NaN for an act too rare to be learned."""
        raise NotImplementedError
