"""What stands once between a person and a post: likes and bookmarks. The tables' triggers count them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import notices
from accounts.models import Person
from feed import visibility
from feed.engagement import access
from socialvideo.lib.ids import new_id
from socialvideo.lib.prepared import LAST, Statement

_PUT = f"""WITH post AS MATERIALIZED (
    SELECT p.id, p.author_id FROM feed_post p WHERE p.id = %(post)s AND {access.visible_sql()}),
fresh AS (
    INSERT INTO {{table}} (id, person_id, post_id) SELECT %(id)s::uuid, %(viewer)s::uuid, post.id FROM post
    ON CONFLICT DO NOTHING RETURNING post_id)
SELECT post.author_id, (SELECT count(*) FROM fresh) > 0 FROM post"""
_TAKE = """DELETE FROM {table} m USING feed_post p
    WHERE p.id = m.post_id AND m.post_id = %(post)s AND m.person_id = %(viewer)s RETURNING p.author_id"""
# Its own index is walked, newest first, and each row checked as it comes (worker.standing).
_NEWEST = f"""SELECT m.id, m.post_id FROM (
    SELECT * FROM {{table}} WHERE person_id = %(viewer)s AND id < %(after)s
    ORDER BY id DESC OFFSET 0) m
WHERE (SELECT {access.visible_sql()} FROM feed_post p WHERE p.id = m.post_id) ORDER BY m.id DESC LIMIT %(limit)s"""


class Mark(StrEnum):
    """Which mark, by its table."""

    LIKE = "feed_like"
    BOOKMARK = "feed_bookmark"


def _of_each(query: str) -> dict[Mark, Statement]:
    return {mark: Statement(query.format(table=mark.value)) for mark in Mark}


PUT, TAKE, NEWEST = _of_each(_PUT), _of_each(_TAKE), _of_each(_NEWEST)


@dataclass(frozen=True)
class Marked:
    """A post in somebody's list of marks: by the id of the mark lists go on."""

    id: UUID
    body: dict[str, Any]


def put(mark: Mark, *, person: Person, post_id: UUID) -> None:
    """Set a mark on a visible post; repeating it changes nothing. 404, 410. The author is told of a like."""
    with transaction.atomic():
        values = {"viewer": person.id, "post": post_id, "id": new_id()}
        found = PUT[mark].rows(**values)
        if not found:
            raise access.refusal(viewer=person.id, post_id=post_id)
        ((author_id, is_fresh),) = found
        if is_fresh and mark is Mark.LIKE:
            told = {"recipient_id": author_id, "actor_id": person.id, "thing_id": post_id}
            notices.tell(kind=notices.Kind.LIKED, **told)


def take(mark: Mark, *, person: Person, post_id: UUID) -> None:
    """Take a mark back, also from a post that is gone; repeating it changes nothing. 404, 410 where there was none."""
    with transaction.atomic():
        taken = TAKE[mark].rows(viewer=person.id, post=post_id)
        if taken and mark is Mark.LIKE:
            told = {"recipient_id": taken[0][0], "actor_id": person.id, "thing_id": post_id}
            notices.untell(kind=notices.Kind.LIKED, **told)
    if not taken:
        access.require(viewer=person.id, post_id=post_id)


def listed(mark: Mark, *, person: Person, after: UUID | None, limit: int) -> Sequence[Marked]:
    """Return the visible posts that a person marked, those marked last first."""
    found = NEWEST[mark].rows(viewer=person.id, after=after or LAST, limit=limit)
    shown = visibility.these(viewer=person.id, posts=[post_id for _, post_id in found])
    if len(shown) < len(found):  # one fell meanwhile: what follows moves up
        return listed(mark, person=person, after=after, limit=limit)
    return [Marked(mark_id, shown[post_id].body) for mark_id, post_id in found]
