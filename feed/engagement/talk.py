"""Reading comments: which of them a viewer sees, and in which shape. Lists decide about the post in the same statement.

A removed root under which others replied stays as a tombstone. Held words are seen by their writer and the author.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.blocks import none_between_sql, unblocked_sql
from accounts.models import Person
from accounts.mutes import unmuted_sql
from accounts.standing import good_sql
from feed.engagement import access
from socialvideo.lib import prepared
from socialvideo.lib.errors import Problem

# Over a row of comments c, and of posts p. Whom the post's author blocks, or who blocks them, says nothing below it.
_STANDS = f"""(c.removed_at IS NULL AND (c.held_at IS NULL OR %(viewer)s IN (c.author_id, p.author_id))
    AND {none_between_sql("c.author_id", "p.author_id")} AND {unblocked_sql("%(viewer)s", "c.author_id")}
    AND (SELECT {good_sql("w")} FROM accounts_person w WHERE w.id = c.author_id))"""
_LISTED = f"(({_STANDS} AND {unmuted_sql('c.author_id')}) OR (c.removed_at IS NOT NULL AND c.replies > 0))"
_NAMED = f"""(SELECT coalesce(json_agg(json_build_object('id', o.id, 'handle', o.handle,
        'display_name', o.display_name) ORDER BY t.id), '[]')
    FROM feed_mention t JOIN accounts_person o ON o.id = t.person_id
    WHERE t.comment_id = c.id AND {good_sql("o")} AND {unblocked_sql("%(viewer)s", "o.id")})"""
_COLUMNS = f"""c.id, c.post_id, c.root_id, c.parent_id, c.text, c.likes, c.replies, c.created_at, c.edited_at,
    c.removed_at IS NOT NULL, c.held_at IS NOT NULL, a.id, a.handle, a.display_name,
    (SELECT count(*) > 0 FROM feed_commentlike l WHERE l.comment_id = c.id AND l.person_id = %(viewer)s), {_NAMED}"""
_OF = "JOIN feed_post p ON p.id = c.post_id JOIN accounts_person a ON a.id = c.author_id"

ONE = f"""SELECT {_COLUMNS} FROM feed_comment c {_OF}
    WHERE c.id = %(comment)s AND {_STANDS} AND {access.visible_sql()}"""
_PAGE = f"""WITH p AS MATERIALIZED (SELECT p.id, p.author_id FROM {{whose}} AND {access.visible_sql()})
SELECT {_COLUMNS} FROM p CROSS JOIN LATERAL (
    SELECT * FROM (SELECT * FROM feed_comment WHERE {{among}} ORDER BY id {{order}} OFFSET 0) c
    WHERE {_LISTED} ORDER BY c.id {{order}} LIMIT %(limit)s) c
JOIN accounts_person a ON a.id = c.author_id ORDER BY c.id {{order}}"""
ROOTS = _PAGE.format(
    whose="feed_post p WHERE p.id = %(post)s",
    among="post_id = p.id AND root_id IS NULL AND (%(after)s::uuid IS NULL OR id < %(after)s)",
    order="DESC",
)
REPLIES = _PAGE.format(
    whose="feed_comment r JOIN feed_post p ON p.id = r.post_id WHERE r.id = %(root)s AND r.root_id IS NULL",
    among="root_id = %(root)s AND (%(after)s::uuid IS NULL OR id > %(after)s)",
    order="ASC",
)
_CHOSEN = f"""SELECT {_COLUMNS} FROM (
    SELECT * FROM feed_comment WHERE {{among}} AND (%(after)s::uuid IS NULL OR id < %(after)s)
    ORDER BY id DESC OFFSET 0) c {_OF} WHERE {_STANDS} AND {access.visible_sql()}
ORDER BY c.id DESC LIMIT %(limit)s"""
MINE = _CHOSEN.format(among="author_id = %(viewer)s")
HELD = _CHOSEN.format(
    among="held_at IS NOT NULL AND post_id IN (SELECT h.id FROM feed_post h WHERE h.author_id = %(viewer)s)"
)

THESE = f"""SELECT {_COLUMNS} FROM feed_comment c {_OF}
    WHERE c.id = ANY(%(comments)s) AND {_STANDS} AND {access.visible_sql()}"""


@dataclass(frozen=True)
class Said:
    """A comment as a viewer sees it."""

    id: UUID
    body: dict[str, Any]


def stands_sql() -> str:
    """Return the SQL predicate over a row of comments ``c`` and its post's ``p``: %(viewer)s sees it."""
    return f"({_STANDS} AND {access.visible_sql()})"


def noticed(*, thing_id: str, reader_id: str) -> str:
    """Return the SQL predicate of a notice about a comment (NOTICE_THINGS): its reader sees it now."""
    seen = stands_sql().replace("%(viewer)s", reader_id)
    return f"(SELECT {seen} FROM feed_comment c JOIN feed_post p ON p.id = c.post_id WHERE c.id = {thing_id})"


def one(*, viewer: Person, comment_id: UUID) -> Said:
    """Return a comment on a post that is visible to the viewer; 404, 410."""
    for row in prepared.rows(ONE, viewer=viewer.id, comment=comment_id):
        return _said(row)
    raise refusal(viewer=viewer, comment_id=comment_id)


def roots(*, viewer: Person, post_id: UUID, after: UUID | None, limit: int) -> Sequence[Said]:
    """Return what is said under a post, newest first; 404, 410."""
    found = prepared.rows(ROOTS, viewer=viewer.id, post=post_id, after=after, limit=limit)
    if not found:
        access.require(viewer=viewer.id, post_id=post_id)
    return [_said(row) for row in found]


def replies(*, viewer: Person, root_id: UUID, after: UUID | None, limit: int) -> Sequence[Said]:
    """Return the replies below a root, the oldest first; 404, 410."""
    found = prepared.rows(REPLIES, viewer=viewer.id, root=root_id, after=after, limit=limit)
    if not found:
        one(viewer=viewer, comment_id=root_id)
    return [_said(row) for row in found]


def mine(*, person: Person, after: UUID | None, limit: int) -> Sequence[Said]:
    """Return what a person said under posts that they can see, newest first."""
    return [_said(row) for row in prepared.rows(MINE, viewer=person.id, after=after, limit=limit)]


def held(*, author: Person, after: UUID | None, limit: int) -> Sequence[Said]:
    """Return what waits under an author's posts to be let through, newest first."""
    return [_said(row) for row in prepared.rows(HELD, viewer=author.id, after=after, limit=limit)]


def these(*, viewer: UUID, comments: list[UUID]) -> dict[UUID, Said]:
    """Return those of the comments that a viewer sees now, by their ids."""
    found = prepared.rows(THESE, viewer=viewer, comments=comments) if comments else []
    return {row[0]: _said(row) for row in found}


def refusal(*, viewer: Person, comment_id: UUID) -> Problem:
    """Return the problem by which a comment is refused: the post's own where that is gone, else 404."""
    post = prepared.rows("SELECT c.post_id FROM feed_comment c WHERE c.id = %(comment)s", comment=comment_id)
    for (post_id,) in post:
        problem = access.refusal(viewer=viewer.id, post_id=post_id)
        if problem.status_code == 410:
            return problem
    return Problem(404, "not_found", "There is no such comment for this account.")


def _said(row: Sequence[Any]) -> Said:
    comment_id, post_id, root_id, parent_id, text, likes, replied, created_at, edited_at, *more = row
    is_removed, is_held, author_id, handle, display_name, is_liked, named = more
    author = {"id": author_id, "handle": handle, "display_name": display_name}
    body = {
        "id": comment_id,
        "post": post_id,
        "root": root_id,
        "parent": parent_id,
        "text": "" if is_removed else text,
        "author": None if is_removed else author,
        "mentions": [] if is_removed else named,
        "likes": likes,
        "replies": replied,
        "liked": is_liked,
        "held": is_held,
        "removed": is_removed,
        "created_at": created_at,
        "edited_at": edited_at,
    }
    return Said(comment_id, body)
