"""Decayed popularity."""

from feed.ranking.log import Floats, Log


def decayed(log: Log, posts: int, at: float, half_life: float, acts: int) -> Floats:
    """How often each post met one of ``acts`` before ``at``, each time halved every ``half_life`` seconds."""
    raise NotImplementedError
