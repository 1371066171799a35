"""Searching posts by the words of their captions, and hashtags by their beginnings.

Of the newest posts that have the words, or words that begin like them, the best are those whose captions fit and which
people liked. Where too few are found, words of other captions that are nearly these are tried. What is found is checked
like every list: nobody finds what they may not see, nor a hashtag that stands on nothing else.
"""

from typing import Any
from uuid import UUID

from django.db import connection

from feed import visibility
from feed.engagement.rules import plain_tag
from feed.visibility import Shown
from socialvideo.lib import searching
from socialvideo.lib.prepared import Statement

# Of so many of the newest that match the best are chosen, and so many of these are checked.
LOOKED_AT, CHOSEN = 300, 100
ALIKE, MOST_ALIKE = 0.25, 3
# How much likes weigh beside the text: a hundred of them make about five times as much.
_SCORE = "ts_rank(f.words, %(query)s::tsquery) * ln(2.7 + coalesce(n.likes, 0) + coalesce(n.views, 0) / 20.0)"
# Planned for these words: for common ones the newest posts are walked, for rare ones the index of words is asked.
FOUND = f"""SELECT f.post_id FROM (SELECT t.post_id, t.words FROM feed_posttext t
        WHERE t.words @@ %(query)s::tsquery ORDER BY t.post_id DESC LIMIT {LOOKED_AT}) f
    LEFT JOIN feed_postcount n ON n.post_id = f.post_id ORDER BY {_SCORE} DESC, f.post_id DESC LIMIT {CHOSEN}"""
NEAR = f"""SELECT c.term FROM (SELECT s.term, cardinality(s.trigrams) AS size,
            (SELECT count(*) FROM unnest(s.trigrams) g WHERE g = ANY (%(whole)s::text[])) AS same FROM feed_searchterm s
        WHERE s.kind = 'word' AND (s.trigrams @> %(head)s::text[] OR s.trigrams @> %(tail)s::text[])) c
    WHERE c.same::float / (c.size + cardinality(%(whole)s::text[]) - c.same) >= {ALIKE}
    ORDER BY c.same::float / (c.size + cardinality(%(whole)s::text[]) - c.same) DESC, c.term LIMIT {MOST_ALIKE}"""
# How many posts a hashtag has is counted up to a hundred; it is shown if one of the newest of them is visible.
_TAGS = """SELECT s.term, (SELECT count(*) FROM (SELECT 1 FROM feed_posttag t WHERE t.tag = s.term LIMIT 100) m) AS uses
    FROM (SELECT o.term FROM feed_searchterm o WHERE o.kind = 'tag' AND {which} LIMIT 200) s"""
_SEEN = f"""(SELECT count(*) > 0 FROM (SELECT 1 FROM (SELECT t.post_id FROM feed_posttag t WHERE t.tag = c.term
        ORDER BY t.post_id DESC LIMIT 50) w WHERE {visibility.visible_sql("w.post_id")} LIMIT 1) m)"""
_LISTED = f"""SELECT c.term FROM ({_TAGS} ORDER BY uses DESC, s.term OFFSET 0) c WHERE {_SEEN}
    ORDER BY c.uses DESC, c.term LIMIT %(limit)s"""
# Planned for its beginning, which alone tells which part of the index is walked.
TAGS = _LISTED.format(which="o.term LIKE %(like)s")
TAGS_NEAR = Statement(_LISTED.format(which="(o.trigrams @> %(head)s::text[] OR o.trigrams @> %(tail)s::text[])"))


def posts(*, viewer: UUID, text: str, limit: int) -> list[Shown]:
    """Return visible posts by words of their captions, the best first, at most ``limit``. Two statements, or some more
    where words are tried that are nearly these."""
    words = searching.words(text)
    if not words:
        return []
    found = _visible(viewer, [[word] for word in words], limit)
    if len(found) < limit:
        alternatives = [[word, *_near(word)] for word in words]
        known = {one.id for one in found}
        if any(len(some) > 1 for some in alternatives):
            found += [one for one in _visible(viewer, alternatives, limit) if one.id not in known]
    return found[:limit]


def hashtags(*, viewer: UUID, text: str, limit: int) -> list[str]:
    """Return hashtags that begin so and stand on a post visible to the viewer, the most used first; else nearly so."""
    plain = plain_tag(text) or "".join(searching.words(text))
    if not plain:
        return []
    like = plain.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%") + "%"
    rows = _run(TAGS, {"viewer": viewer, "like": like, "limit": limit})
    if not rows:
        near = searching.near(plain)
        rows = TAGS_NEAR.rows(viewer=viewer, head=near.head, tail=near.tail, limit=limit)
    return [tag for (tag,) in rows]


def _visible(viewer: UUID, alternatives: list[list[str]], limit: int) -> list[Shown]:
    found = [post_id for (post_id,) in _run(FOUND, {"query": searching.beginning(alternatives)})]
    return visibility.among(viewer=viewer, post_ids=found, limit=limit)


def _near(word: str) -> list[str]:
    near = searching.near(word)
    rows = _run(NEAR, {"whole": near.whole, "head": near.head, "tail": near.tail})
    return [term for (term,) in rows if term != word]


def _run(query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
