"""The third scorer: LightGBM, an extra. The only file that imports it, and only when a model needs it."""

from dataclasses import dataclass

from feed.ranking.log import Floats, Times


def installed() -> bool:
    """Whether the extra is there."""
    raise NotImplementedError


@dataclass(frozen=True)
class Boosted:
    """LightGBM's own text of each head: ``match``, then acts by name."""

    texts: dict[str, str]

    def match(self, rows: Floats) -> Times:
        """The score of the ranking head for each row."""
        raise NotImplementedError

    def chances(self, rows: Floats) -> Floats:
        """The probability of each act if shown, as ``Heads.chances``."""
        raise NotImplementedError
