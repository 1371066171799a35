"""Co-watch neighbours: posts wanted by the same people."""

from feed.ranking.log import Log
from feed.ranking.model import Links
from feed.ranking.types import Settings


def cowatch(log: Log, posts: int, settings: Settings) -> Links:
    """Cosine of who wanted what, shrunk by ``settings.shrink``; the strongest ``settings.neighbours`` of each post."""
    raise NotImplementedError
