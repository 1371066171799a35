"""What the ranking counts of what people did: the table of ``feed.damping``, over the columns of a log.

Counts are of whole rows, so who counts for less is counted by lot: out of all who are tied as many as the root of their
number, of acts without a watch so many of a hundred. The lot of a person and a post is always the same.
"""

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from feed.damping import FROM, GIVEN_BACK, KNOWN, NOT_BEFORE, ONE_AUTHOR, SLOT, UNWATCHED, WATCHED_MS, WAVE, WHOLLY
from feed.foryou import packing
from feed.foryou.packing import Packed, Places
from feed.ranking.log import CREATE, LONG_VIEW, WANTED, Bools, Catalogue, Ints, Log, Longs, Times

_ODD = np.uint64(0x9E3779B97F4A7C15)
_NEW = f"""SELECT {packing.ids("q.id")} FROM accounts_person q
    WHERE q.verified_at IS NULL OR q.created_at > statement_timestamp() - make_interval(secs => %(age)s)"""
# Where more of the people than this are new or unknown, so is the house, and nobody is tied for it.
MOST_NEW = 0.5


def damped(log: Log, people: Packed, catalogue: Catalogue) -> Log:
    """Return what counts of a log: nothing of authors on their own posts; of who is tied, and of acts without a watch,
    a part. ``people`` are the ids behind ``log.person``."""
    writer = Places.of(people).find(packing.of_names(catalogue.authors))
    author = catalogue.author[log.post]
    others = writer[author] != log.person
    log, author = log.rows(others), author[others]
    strange = np.maximum(_few(new(people)), _few(unknown(log, author, len(people))))
    seen = watched(log)
    tie = np.where(seen < 1, 1.0, np.maximum(ties(log, author, writer), strange[log.person]))
    lots = lot(people, log.person, packing.of_names(catalogue.ids), log.post)
    return log.rows(lots < kept(log, tie) * seen)


def kept(log: Log, tie: Times) -> Times:
    """Return what part of each row counts: who is tied counts with all others on the post as their root."""
    tied = np.bincount(log.post, weights=tie, minlength=1)[log.post]
    return np.asarray(1 - tie + tie / np.sqrt(np.maximum(tied, 1)))


def watched(log: Log) -> Times:
    """Return what part of each row counts by its watch. To make something of a film takes longer than to watch it."""
    acted = log.has(WANTED & ~LONG_VIEW) & ~log.has(CREATE | LONG_VIEW)
    return np.where(acted & (log.watched * 1000 < WATCHED_MS), UNWATCHED, 1.0)


def ties(log: Log, author: Ints, writer: Ints) -> Times:
    """Return how far the person of each row is tied to the row's author, from 0 to 1. ``writer``: who each author is
    among the people, or -1."""
    if not len(log):
        return np.empty(0)
    _, pair, size = np.unique(_pairs(log.person, author), return_inverse=True, return_counts=True)
    done = np.bincount(log.person)
    returned = np.bincount(log.person, weights=_returned(log.person, writer[author]))
    of_one = _tied((size[pair] - 1) / (done[log.person] + ONE_AUTHOR))
    given_back = _tied((returned / (done + GIVEN_BACK))[log.person])
    return np.maximum(np.maximum(of_one, given_back), _waves(log, author))


def new(people: Packed) -> Times:
    """Return 1 for each of the people who is new or without a verified address."""
    with connection.cursor() as cursor:
        cursor.execute(_NEW, {"age": NOT_BEFORE.total_seconds()})
        (value,) = cursor.fetchone()
    found = Places.of(people).find(packing.unpacked(value, packing.ID))
    fresh = np.zeros(len(people))
    fresh[found[found >= 0]] = 1
    return fresh


def unknown(log: Log, author: Ints, people: int) -> Times:
    """Return 1 for each of the people who watched films of few authors."""
    looked = (log.watched * 1000 >= WATCHED_MS) | log.has(LONG_VIEW)
    known = np.unique(_pairs(log.person[looked], author[looked])) >> 32
    return (np.bincount(known, minlength=people) <= KNOWN).astype(np.float64)


def lot(people: Packed, person: Ints, posts: Packed, post: Ints) -> Times:
    """Return a number from 0 to 1 for each (person, post), out of their ids alone."""
    mixed = people["low"].astype(np.uint64)[person] ^ (posts["low"].astype(np.uint64)[post] * _ODD)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * _ODD
    return np.asarray((mixed >> np.uint64(11)) / 2.0**53)


def _few(who: Times) -> Times:
    """Return who they are, or nobody where they are most."""
    return who if who.sum() <= MOST_NEW * len(who) else np.zeros(len(who))


def _returned(person: Ints, other: Ints) -> Bools:
    """Tell of which rows the author did something for this person, too."""
    known = other >= 0
    there = _pairs(person, np.where(known, other, 0))
    back = _pairs(np.where(known, other, 0), person)
    return known & np.isin(back, there[known])


def _waves(log: Log, author: Ints) -> Times:
    """Return how far those tie who came at the same time, of all who came to an author."""
    slot = (log.at // SLOT).astype(np.int64)
    first, span = int(slot.min()) - 1, int(slot.max() - slot.min()) + 3
    key = author.astype(np.int64) * span + (slot - first)
    came = np.unique(np.stack([key, log.person]), axis=1)[0]
    slots, people = np.unique(came, return_counts=True)
    total = sum(_at(slots, people, key + step) for step in (-1, 0, 1))
    crowd = np.bincount(np.unique(_pairs(author, log.person)) >> 32)[author]
    return np.where(total >= WAVE, _tied(total / crowd), 0.0)


def _at(keys: Longs, values: NDArray[np.int64], wanted: Longs) -> NDArray[np.int64]:
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def _tied(share: Times) -> Times:
    return np.clip((share - FROM) / (WHOLLY - FROM), 0, 1)


def _pairs(one: Ints, other: Ints) -> Longs:
    return one.astype(np.int64) << 32 | other
