"""What must not come on the page. Each filter is a total function to a mask: True stays. None can fail open: a filter
only ever takes away, and what it cannot judge it takes away too."""

from feed.ranking.log import Bools, Catalogue, Ints


def unseen(posts: Ints, seen: Ints) -> Bools:
    """Not met before."""
    raise NotImplementedError


def unhidden(posts: Ints, catalogue: Catalogue, *, hidden: Ints, authors: Ints, sounds: Ints, terms: Ints) -> Bools:
    """Neither the post nor its author, its sound or one of its terms is hidden by the viewer."""
    raise NotImplementedError


def not_by(posts: Ints, catalogue: Catalogue, author: int) -> Bools:
    """Not the viewer's own."""
    raise NotImplementedError


def known(posts: Ints, catalogue: Catalogue) -> Bools:
    """In the catalogue at all."""
    raise NotImplementedError
