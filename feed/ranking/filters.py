"""What must not come on the page. Each filter is a total function to a mask: True stays. None can fail open: a filter
only ever takes away, and what it cannot judge it takes away too."""

import numpy as np

from feed.ranking.features import spread_terms
from feed.ranking.log import Bools, Catalogue, Ints


def known(posts: Ints, catalogue: Catalogue) -> Bools:
    """In the catalogue at all."""
    return (posts >= 0) & (posts < len(catalogue))


def unseen(posts: Ints, seen: Ints) -> Bools:
    """Not met before."""
    return ~np.isin(posts, seen)


def unhidden(posts: Ints, catalogue: Catalogue, *, hidden: Ints, authors: Ints, sounds: Ints, terms: Ints) -> Bools:
    """Neither the post nor its author, its sound or one of its terms is hidden by the viewer."""
    stays = known(posts, catalogue)
    inside = posts[stays]
    good = ~np.isin(inside, hidden) & ~np.isin(catalogue.author[inside], authors)
    good &= ~np.isin(catalogue.sound[inside], sounds)
    place, term = spread_terms(catalogue, inside)
    good[place[np.isin(term, terms)]] = False
    stays[stays] = good
    return stays


def not_by(posts: Ints, catalogue: Catalogue, author: int) -> Bools:
    """Not the viewer's own."""
    stays = known(posts, catalogue)
    stays[stays] = catalogue.author[posts[stays]] != author
    return stays
