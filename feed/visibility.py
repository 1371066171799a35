"""Who may see which post: one predicate and one shape, which every list and every single post goes through.

A post is visible when it stands, its video is not taken down, its author is in good standing, the viewer belongs to its
audience, no block stands between the viewer and its author or whom it shows, and every depiction's grant is valid at
this very statement. Whom it shows sees it whatever else holds: it is their likeness. Hot reads go around the ORM's
compiler: one statement a page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.blocks import unblocked_sql
from accounts.mutes import unmuted_sql
from accounts.standing import good_sql
from consent import fences
from worker import standing

# Parameters named %(viewer)s, %(after)s and %(limit)s; tables: p post, v video, a author, c a post that may be listed.
# What a private account publishes to all is for its followers.
UNBLOCKED = f"""({unblocked_sql("%(viewer)s", "{p}.author_id")} AND (SELECT count(*) = 0 FROM worker_depiction y
    WHERE y.video_id = {{p}}.video_id AND NOT {unblocked_sql("%(viewer)s", "y.subject_id")}))"""
FOLLOWED = "EXISTS (SELECT 1 FROM accounts_follow w WHERE w.follower_id = %(viewer)s AND w.followee_id = {p}.author_id)"
CLOSE = "EXISTS (SELECT 1 FROM accounts_closefriend k WHERE k.person_id = {p}.author_id AND k.friend_id = %(viewer)s)"
AUDIENCE = f"""({{p}}.author_id = %(viewer)s
    OR (SELECT {good_sql("q")} AND (EXISTS (SELECT 1 FROM worker_depiction x
            WHERE x.video_id = {{p}}.video_id AND x.subject_id = %(viewer)s)
        OR ({UNBLOCKED} AND (({{p}}.audience = 'public' AND NOT q.is_private)
            OR ({{p}}.audience <> 'private' AND {FOLLOWED}
                AND ({{p}}.audience <> 'close_friends' OR {CLOSE})))))
        FROM accounts_person q WHERE q.id = {{p}}.author_id))"""
# What fell by a withdrawal is passed over by the post's own copies; only the video's own record makes it visible.
VISIBLE = f"""{fences.unended("{p}.grants")} AND {fences.unvetoed("{p}.lineage")}
    AND {AUDIENCE} AND {standing.named_stands("{p}.video_id")}"""

COLUMNS = """p.id, p.caption, p.audience, p.published_at, a.id, a.handle, a.display_name,
    v.id, v.width, v.height, v.duration_ms, v.engine, v.is_preview,
    (SELECT coalesce(json_agg(json_build_object('id', s.id, 'handle', s.handle, 'display_name', s.display_name)
        ORDER BY s.handle), '[]') FROM worker_depiction d JOIN accounts_person s ON s.id = d.subject_id
        WHERE d.video_id = v.id)"""
JOINED = "JOIN worker_video v ON v.id = p.video_id JOIN accounts_person a ON a.id = p.author_id"
TABLES = f"feed_post p {JOINED}"

ONE = f"""SELECT {COLUMNS}, p.removed_at IS NULL AND v.taken_down_at IS NULL, {standing.consented("v")}
    FROM {TABLES} WHERE p.id = %(post)s AND {AUDIENCE.format(p="p")}"""

_POSTS = """SELECT p.id, p.author_id, p.audience, p.video_id, p.grants, p.lineage FROM feed_post p
    WHERE p.author_id = {author} AND p.removed_at IS NULL AND p.unlisted_at IS NULL
    AND (%(after)s::uuid IS NULL OR p.id < %(after)s)"""
_NEWEST = standing.newest(_POSTS, VISIBLE.format(p="c"))
_PAGE = f"SELECT {COLUMNS} FROM page JOIN feed_post p ON p.id = page.id {JOINED} ORDER BY p.id DESC"
GRID = f"WITH page AS MATERIALIZED ({_NEWEST.format(author='%(author)s')} LIMIT %(limit)s) {_PAGE}"

# Two stages: the authors with the freshest newest post, then their posts. Exact, for an author outside the first
# LIMIT freshest cannot have a post among the first LIMIT; 12 times cheaper than joining all posts of all followed.
FOLLOWING = f"""WITH freshest AS MATERIALIZED (
    SELECT f.followee_id FROM accounts_follow f
    CROSS JOIN LATERAL ({_NEWEST.format(author="f.followee_id")} LIMIT 1) n
    WHERE f.follower_id = %(viewer)s AND {unmuted_sql("f.followee_id")} ORDER BY n.id DESC LIMIT %(limit)s),
page AS MATERIALIZED (
    SELECT n.id FROM freshest f
    CROSS JOIN LATERAL ({_NEWEST.format(author="f.followee_id")} LIMIT %(limit)s) n
    ORDER BY n.id DESC LIMIT %(limit)s)
{_PAGE}"""


@dataclass(frozen=True)
class Shown:
    """A post as a viewer sees it."""

    id: UUID
    body: dict[str, Any]
    stands: bool = True
    consented: bool = True


def one(*, viewer: UUID, post_id: UUID) -> Shown | None:
    """Return the post if the viewer belongs to its audience; it may have fallen since (``stands``, ``consented``)."""
    rows = _rows(ONE, {"viewer": viewer, "post": post_id})
    return _shown(rows[0][:-2], stands=rows[0][-2], consented=rows[0][-1]) if rows else None


def grid(*, viewer: UUID, author: UUID, after: UUID | None, limit: int) -> list[Shown]:
    """Return an author's visible posts, newest first, those older than ``after``."""
    return [_shown(row) for row in _rows(GRID, {"viewer": viewer, "author": author, "after": after, "limit": limit})]


def following(*, viewer: UUID, after: UUID | None, limit: int) -> list[Shown]:
    """Return the visible posts of everybody the viewer follows, newest first, those older than ``after``."""
    return [_shown(row) for row in _rows(FOLLOWING, {"viewer": viewer, "after": after, "limit": limit})]


def may_watch(*, viewer: UUID, video_id: UUID) -> bool:
    """Tell whether a standing post shows this video to the viewer, consent apart (the gate decides that)."""
    query = f"""SELECT 1 FROM feed_post p
        WHERE p.video_id = %(video)s AND p.removed_at IS NULL AND {AUDIENCE.format(p="p")} LIMIT 1"""
    return bool(_rows(query, {"viewer": viewer, "video": video_id}))


def noticed(*, thing_id: str, reader_id: str) -> str:
    """Return the SQL predicate of a notice about a post (NOTICE_THINGS): its reader sees it in lists now."""
    visible = VISIBLE.format(p="p").replace("%(viewer)s", reader_id)
    return f"(SELECT p.removed_at IS NULL AND {visible} FROM feed_post p WHERE p.id = {thing_id})"


def _rows(query: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _shown(row: tuple[Any, ...], *, stands: bool = True, consented: bool = True) -> Shown:
    post_id, caption, audience, published_at, author_id, handle, display_name, *video, depicted = row
    video_id, width, height, duration_ms, engine, is_preview = video
    assert isinstance(published_at, datetime)
    body = {
        "id": post_id,
        "caption": caption,
        "audience": audience,
        "published_at": published_at,
        "author": {"id": author_id, "handle": handle, "display_name": display_name},
        "video": {
            "id": video_id,
            "width": width,
            "height": height,
            "duration_ms": duration_ms,
            "engine": engine,
            "is_preview": is_preview,
        },
        "depicted": depicted,
    }
    return Shown(post_id, body, stands, consented)
