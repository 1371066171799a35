"""All that is known of the posts at one moment. Made anew every few minutes; the learned weights stay."""

from dataclasses import dataclass
from typing import Self

from feed.ranking.log import Catalogue, Floats, Ints, Log
from feed.ranking.types import Settings


@dataclass(frozen=True)
class Shelf:
    """Columns over the posts of the catalogue, as known at ``at`` (Unix seconds)."""

    catalogue: Catalogue
    at: float
    decayed: Floats  # wanted showings, each halved every half-life
    shown: Floats  # decayed showings
    rate: Floats  # share of showings that were wanted, smoothed by author and catalogue
    counts: Floats  # (posts, len(COUNTS)) raw counters by window
    vectors: Floats  # (posts, 64) unit vectors of terms, sound and author: what "alike" means for diversity
    edges: Floats  # quantiles of watch time by duration class

    def extended(self, catalogue: Catalogue) -> Self:
        """The shelf with the posts of ``catalogue`` that it does not hold yet put behind its own, unseen so far."""
        raise NotImplementedError


def stock(log: Log, catalogue: Catalogue, at: float, settings: Settings) -> Shelf:
    """Count what the log says of each post before ``at``."""
    raise NotImplementedError


def watch_quantile(shelf: Shelf, post: Ints, watched: Floats) -> Floats:
    """Where ``watched`` seconds stand among all watch times of films about as long (0..1)."""
    raise NotImplementedError
