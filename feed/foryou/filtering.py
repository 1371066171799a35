"""What must not come on the page. Each filter takes away, and what it cannot judge it takes away too.

None is guarded: where one fails there is no ranked page (``feed.foryou.page`` answers by the chronological list).
"""

from uuid import UUID

import numpy as np

from feed.control.matching import Words, share
from feed.foryou import packing
from feed.foryou.query import Barred, Query, forbidden, wanted_alone
from feed.foryou.stock import Stock
from feed.ranking.log import Bools, Floats, Ints


def may_come(query: Query, barred: Barred, stock: Stock, posts: Ints) -> Bools:
    """Tell which candidates may come, visibility apart, which is asked of the database when the page is made."""
    films = stock.words.take(posts)
    return _unbarred(query, barred, stock, posts) & _unforbidden(query, films) & _alone(query, films)


def lessened(barred: Barred, stock: Stock, posts: Ints, weight: float) -> Floats:
    """Return ``weight`` for each post of an author, a sound or a hashtag that the viewer wants less of."""
    less = barred.less
    hit = _by_ids(less.posts, less.authors, less.sounds, stock, posts) | _tagged(less.tags, stock.words.take(posts))
    return np.where(hit, np.float32(weight), np.float32(0))


def _unbarred(query: Query, barred: Barred, stock: Stock, posts: Ints) -> Bools:
    catalogue = stock.model.shelf.catalogue
    author = catalogue.author[posts]
    own = stock.authors.find(packing.of_uuids([barred.person]))
    hidden = barred.hidden
    away = np.isin(posts, barred.posts) | np.isin(author, barred.authors) | np.isin(author, own[own >= 0])
    away |= _by_ids(hidden.posts, hidden.authors, hidden.sounds, stock, posts)
    away |= _tagged(hidden.tags, stock.words.take(posts))
    # What is not for everybody is for followers at most.
    away |= ~(stock.open[posts] | np.isin(author, query.followed))
    if query.ai_share == 0:
        away |= catalogue.ai[posts]
    return ~away


def _unforbidden(query: Query, films: Words) -> Bools:
    may = np.ones(len(films), bool)
    for term in forbidden(query):
        may &= share(term, films) == 0
    return may


def _alone(query: Query, films: Words) -> Bools:
    wanted = wanted_alone(query)
    may = np.zeros(len(films), bool) if wanted else np.ones(len(films), bool)
    for term in wanted:
        may |= share(term, films) > 0
    return may


def _by_ids(posts: frozenset[str], authors: frozenset[str], sounds: frozenset[str], stock: Stock, rows: Ints) -> Bools:
    catalogue = stock.model.shelf.catalogue
    hit = np.isin(rows, stock.posts.find(_packed(posts))) if posts else np.zeros(len(rows), bool)
    if authors:
        hit |= np.isin(catalogue.author[rows], stock.authors.find(_packed(authors)))
    if sounds:
        hit |= np.isin(catalogue.sound[rows], stock.sounds.find(_packed(sounds)))
    return hit


def _tagged(tags: frozenset[str], films: Words) -> Bools:
    hit = np.zeros(len(films), bool)
    for tag in tags:
        hit |= share(f"#{tag}", films) > 0
    return hit


def _packed(texts: frozenset[str]) -> packing.Packed:
    return packing.of_uuids([UUID(text) for text in texts])
