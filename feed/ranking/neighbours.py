"""Co-watch neighbours: posts wanted by the same people."""

import numpy as np

from feed.ranking import linking
from feed.ranking.log import WANTED, Log
from feed.ranking.types import Links, Settings


def cowatch(log: Log, posts: int, settings: Settings) -> Links:
    """Cosine of who wanted what, shrunk by ``settings.shrink``; the strongest ``settings.neighbours`` of each post."""
    person, post = linking.pairs(log, posts, WANTED)
    kept, places = linking.most(post, posts, settings.ease_posts)
    inside = places[post] >= 0
    gram = linking.together(person[inside], places[post[inside]], len(kept))
    size = np.sqrt(np.diag(gram))
    for row, own in zip(gram, size, strict=True):
        row /= own * size + np.float32(settings.shrink)
    np.fill_diagonal(gram, 0.0)
    return linking.spread(linking.strongest(gram, settings.neighbours), kept, posts)
