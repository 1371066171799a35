"""The EASE head (Steck, arXiv 1905.03375): the linear item-item model in closed form."""

from feed.ranking.log import Log
from feed.ranking.model import Links
from feed.ranking.types import Settings


def ease(log: Log, posts: int, settings: Settings) -> Links:
    """Solve EASE over the most wanted posts; the strongest weights into each post are kept."""
    raise NotImplementedError
