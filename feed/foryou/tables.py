"""What the database holds, as the columns from which a ranking is trained and on which it is served."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from feed.control import matching
from feed.control.matching import Hashes, Words
from feed.foryou import packing
from feed.foryou.acts import ACTS, met
from feed.foryou.packing import EDGE, ID, PERSONS_ACT, Packed, Places
from feed.ranking.log import Bools, Catalogue, Ints, Log, Social

MOST_POSTS, MOST_ACTS, MOST_EDGES = 300_000, 3_000_000, 5_000_000
FIRST = UUID(int=0)
# A film that was made of a generated one is as generated as that.
_GENERATED = """(SELECT count(*) > 0 FROM worker_video l WHERE l.id = ANY(v.lineage) AND l.origin = 'generated')"""
_POSTS = f"""SELECT p.id, p.author_id, v.duration_ms, extract(epoch FROM p.published_at)::float8, p.sound_id,
    {_GENERATED}, p.audience = 'public' AND NOT a.is_private, p.caption, a.handle, a.display_name,
    (SELECT array_agg(t.tag) FROM feed_posttag t WHERE t.post_id = p.id),
    (SELECT json_agg(json_build_array(s.handle, s.display_name)) FROM worker_depiction d
        JOIN accounts_person s ON s.id = d.subject_id WHERE d.video_id = v.id)
    FROM feed_post p JOIN worker_video v ON v.id = p.video_id JOIN accounts_person a ON a.id = p.author_id
    WHERE p.id > %(after)s AND p.removed_at IS NULL AND p.unlisted_at IS NULL AND p.audience <> 'private'
        AND v.taken_down_at IS NULL ORDER BY p.id DESC LIMIT %(limit)s"""
_ACTED = " UNION ALL ".join(
    f"(SELECT uuid_send({act.whose}) || {act.packed} AS row FROM {act.table} t WHERE {act.at} >= %(since)s"
    f" LIMIT {MOST_ACTS})"
    for act in ACTS
)
_EDGES = f"""SELECT string_agg(uuid_send(f.follower_id) || uuid_send(f.followee_id), ''::bytea)
    FROM (SELECT follower_id, followee_id FROM accounts_follow ORDER BY id DESC LIMIT {MOST_EDGES}) f"""
_LIKED = f"""SELECT string_agg(uuid_send(l.person_id)
    || {packing.act("l.post_id", "l.created_at", "0", "0")}, ''::bytea)
    FROM (SELECT person_id, post_id, created_at FROM feed_like WHERE created_at >= %(since)s
        ORDER BY id DESC LIMIT %(limit)s) l JOIN feed_post p ON p.id = l.post_id AND p.author_id <> l.person_id"""


@dataclass(frozen=True)
class Films:
    """The posts that can be ranked: the ranking's columns, and beside them what only serving needs, in one order.

    ``open`` are those that everybody may see, blocks and consent apart; ``sounds`` the ids behind ``catalogue.sound``,
    ``vocabulary`` the hashes behind ``catalogue.term``.
    """

    catalogue: Catalogue
    words: Words
    vocabulary: Hashes
    open: Bools
    sounds: Packed


@dataclass(frozen=True)
class Known:
    """Behind which sounds and terms those of more films are numbered."""

    sounds: Packed
    vocabulary: Hashes


NOTHING = Known(np.empty(0, ID), np.empty(0, np.uint32))


def films(*, after: UUID = FIRST, limit: int = MOST_POSTS, before: Known = NOTHING) -> Films:
    """Return the newest posts that stand and are not private, oldest first, those published after ``after``.

    Sounds and terms that are known ``before`` keep their numbers.
    """
    with connection.cursor() as cursor:
        cursor.execute(_POSTS, {"after": after, "limit": limit})
        rows = cursor.fetchall()[::-1]
    return _films(rows, before)


def people_acts(*, since: datetime, places: Places) -> tuple[Log, Packed]:
    """Return what everybody did since then with the posts of ``places``, and whose rows they are."""
    rows = packing.unpacked(_one(f"SELECT string_agg(a.row, ''::bytea) FROM ({_ACTED}) a", since=since), PERSONS_ACT)
    keys, people = _dense(_halves(rows, "person_"))
    found = met(rows, places.find(rows), people)
    dated = np.ones(len(found.post), bool)
    return Log(found.person, found.post, found.at, found.acts, found.watched, dated), keys


def social(*, people: Packed, authors: Packed) -> Social:
    """Return who follows whom, as people whose acts they see and as authors."""
    rows = packing.unpacked(_one(_EDGES), EDGE)
    persons, writers = Places.of(people), Places.of(authors)
    follower = persons.find(_halves(rows, "person_"))
    friend, author = persons.find(rows), writers.find(rows)
    to_friend, to_author = (follower >= 0) & (friend >= 0), (follower >= 0) & (author >= 0)
    return Social(follower[to_friend], friend[to_friend], follower[to_author], author[to_author])


def likes(*, since: datetime, limit: int) -> Packed:
    """Return who liked what of others since then: rows of PERSONS_ACT."""
    return packing.unpacked(_one(_LIKED, since=since, limit=limit), PERSONS_ACT)


def persons_of(rows: Packed) -> Packed:
    """Return the people of rows of PERSONS_ACT or EDGE."""
    return _halves(rows, "person_")


def _films(rows: list[tuple[Any, ...]], before: Known) -> Films:
    told = Words.of([matching.terms_of(caption=row[7], tags=row[10] or ()) for row in rows])
    authors, author = _dense(packing.of_uuids([row[1] for row in rows]))
    sounds, sound = _after(before.sounds, packing.of_uuids([row[4] for row in rows]))
    vocabulary, term = _terms_after(before.vocabulary, told.flat)
    catalogue = Catalogue(
        ids=packing.names(packing.of_uuids([row[0] for row in rows])),
        authors=packing.names(authors),
        author=author,
        duration=np.array([row[2] / 1000 for row in rows], np.float32),
        published_at=np.array([row[3] for row in rows], np.float64),
        sound=sound,
        ai=np.array([row[5] for row in rows], bool),
        term_start=np.concatenate([[0], told.ends]).astype(np.int64),
        term=term,
    )
    words = Words.of([_words(*row[7:]) for row in rows])
    return Films(catalogue, words, vocabulary, np.array([row[6] for row in rows], bool), sounds)


def _words(
    caption: str, handle: str, name: str, tags: list[str] | None, shown: list[list[str]] | None
) -> NDArray[np.uint32]:
    people = [[handle, name], *(shown or ())]
    return matching.of_film(
        caption=caption, tags=tags or (), handles=[each[0] for each in people], names=[each[1] for each in people]
    )


def _halves(rows: Packed, prefix: str) -> Packed:
    found = np.empty(len(rows), ID)
    found["high"], found["low"] = rows[f"{prefix}high"], rows[f"{prefix}low"]
    return found


def _dense(ids: Packed) -> tuple[Packed, Ints]:
    """Return the different ids, and for each its place among them."""
    _, first, place = np.unique(ids["low"].astype(np.uint64), return_index=True, return_inverse=True)
    return np.ascontiguousarray(ids[first]), place.astype(np.int32)


def _one(query: str, **values: Any) -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        (value,) = cursor.fetchone()
    return None if value is None else bytes(value)


def chosen(films: Films, rows: NDArray[np.intp]) -> Films:
    """Return some of the films, in this order."""
    old = films.catalogue
    told = Words(old.term.astype(np.uint32), old.term_start[1:]).take(rows)
    catalogue = Catalogue(
        ids=old.ids[rows],
        authors=old.authors,
        author=old.author[rows],
        duration=old.duration[rows],
        published_at=old.published_at[rows],
        sound=old.sound[rows],
        ai=old.ai[rows],
        term_start=np.concatenate([[0], told.ends]).astype(np.int64),
        term=told.flat.astype(np.int32),
    )
    return Films(catalogue, films.words.take(rows), films.vocabulary, films.open[rows], films.sounds)


def _after(known: Packed, ids: Packed) -> tuple[Packed, Ints]:
    """Return the known ids with the new ones behind, and for each id its place among them."""
    kinds, place = _dense(ids)
    found = Places.of(known).find(kinds)
    fresh = found < 0
    found[fresh] = len(known) + np.arange(fresh.sum())
    return np.concatenate([known, kinds[fresh]]), found[place]


def _terms_after(known: Hashes, terms: Hashes) -> tuple[Hashes, Ints]:
    kinds, place = np.unique(terms, return_inverse=True)
    order = np.argsort(known, kind="stable")
    at = np.minimum(np.searchsorted(known[order], kinds), max(len(known) - 1, 0))
    old = known[order][at] == kinds if len(known) else np.zeros(len(kinds), bool)
    number = np.empty(len(kinds), np.int32)
    number[old] = order[at[old]] if len(known) else 0
    number[~old] = len(known) + np.arange((~old).sum())
    return np.concatenate([known, kinds[~old]]).astype(np.uint32), number[place]
