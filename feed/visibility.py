"""Who may see which post: one predicate and one shape, which every list and every single post goes through.

A post is visible when it stands, its video is not taken down, its author is in good standing, the viewer belongs to its
audience, no block stands between the viewer and its author or whom it shows, and every depiction's grant is valid at
this very statement. Whom it shows sees it whatever else holds: it is their likeness. Hot reads go around the ORM's
compiler: one statement a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.blocks import unblocked_sql
from accounts.mutes import unmuted_sql
from accounts.standing import good_sql
from consent import fences
from worker import standing

REUSE = ("may_remix", "may_stitch", "may_reuse_sound", "may_download")
# Where in a row stands how many films the video was made of; after it comes the video's id.
SOURCES = 14
MOST_CREDITS, DEEPEST = 100, 16

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

COLUMNS = """p.id, p.caption, p.audience, p.published_at, p.edited_at, p.version, p.comments_on,
    p.may_remix, p.may_stitch, p.may_reuse_sound, p.may_download, a.id, a.handle, a.display_name,
    (SELECT count(*) FROM worker_source z WHERE z.video_id = v.id),
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

# What a film was made of is credited to whom a standing post of it is shown; who made both credits nobody by it.
_CREDITED = f"""(s.owner_id = %(viewer)s AND {standing.stands("s")}
    OR (SELECT count(*) > 0 FROM feed_post p
        WHERE p.video_id = s.id AND p.removed_at IS NULL AND {VISIBLE.format(p="p")}))"""
_CREDITS = f"""SELECT z.video_id, z.role, CASE WHEN e.seen THEN s.id END, q.id, q.handle, q.display_name, z.depth
    FROM {{sources}} z JOIN worker_video s ON s.id = z.source_id JOIN worker_video w ON w.id = z.video_id
    JOIN accounts_person q ON q.id = s.owner_id
    CROSS JOIN LATERAL (SELECT {_CREDITED} AS seen OFFSET 0) e
    WHERE e.seen OR s.owner_id <> w.owner_id ORDER BY z.depth, z.video_id, z.place LIMIT %(limit)s"""
CREDITS = _CREDITS.format(sources="(SELECT *, 1 AS depth FROM worker_source WHERE video_id = ANY(%(videos)s))")
# Each film once a depth: what is stitched with itself, again and again, would double each time.
LINEAGE = f"""WITH RECURSIVE above AS (
    SELECT video_id, source_id, role, place, 1 AS depth FROM worker_source WHERE video_id = ANY(%(videos)s)
    UNION SELECT z.video_id, z.source_id, z.role, z.place, u.depth + 1
    FROM above u JOIN worker_source z ON z.video_id = u.source_id WHERE u.depth < %(deepest)s)
{_CREDITS.format(sources="above")}"""
_MADE_FROM = """SELECT p.id, p.author_id, p.audience, p.video_id, p.grants, p.lineage FROM feed_post p
    WHERE p.video_id IN (SELECT z.video_id FROM worker_source z WHERE z.source_id = %(source)s)
    AND p.removed_at IS NULL AND p.unlisted_at IS NULL AND (%(after)s::uuid IS NULL OR p.id < %(after)s)"""
MADE_FROM = f"""WITH page AS MATERIALIZED (
    {standing.newest(_MADE_FROM, VISIBLE.format(p="c"))} LIMIT %(limit)s) {_PAGE}"""

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

THESE = f"""SELECT {COLUMNS} FROM {TABLES}
    WHERE p.id = ANY(%(posts)s) AND p.removed_at IS NULL AND {VISIBLE.format(p="p")}"""


@dataclass(frozen=True)
class Shown:
    """A post as a viewer sees it."""

    id: UUID
    body: dict[str, Any]
    version: int
    stands: bool = True
    consented: bool = True


def one(*, viewer: UUID, post_id: UUID) -> Shown | None:
    """Return the post if the viewer belongs to its audience; it may have fallen since (``stands``, ``consented``)."""
    rows = _rows(ONE, {"viewer": viewer, "post": post_id})
    for *row, stands, consented in rows:
        shown = _shown(viewer, row)[0]
        return replace(shown, stands=stands, consented=consented)
    return None


def grid(*, viewer: UUID, author: UUID, after: UUID | None, limit: int) -> list[Shown]:
    """Return an author's visible posts, newest first, those older than ``after``."""
    return _page(GRID, viewer, after, limit, author=author)


def following(*, viewer: UUID, after: UUID | None, limit: int) -> list[Shown]:
    """Return the visible posts of everybody the viewer follows, newest first, those older than ``after``."""
    return _page(FOLLOWING, viewer, after, limit)


def made_from(*, viewer: UUID, source: UUID, after: UUID | None, limit: int) -> list[Shown]:
    """Return the visible posts of what was made of a video, newest first, those older than ``after``."""
    return _page(MADE_FROM, viewer, after, limit, source=source)


def lineage(*, viewer: UUID, video_id: UUID) -> list[dict[str, Any]]:
    """Return what a video was made of, and what that was made of, each with its depth from 1; the nearest first."""
    values = {"viewer": viewer, "videos": [video_id], "limit": MOST_CREDITS, "deepest": DEEPEST}
    return [{"depth": row[-1], **_credit(row)} for row in _rows(LINEAGE, values)]


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


def _page(query: str, viewer: UUID, after: UUID | None, limit: int, **values: UUID) -> list[Shown]:
    parameters = {"viewer": viewer, "after": after, "limit": limit, **values}
    return _shown(viewer, *_rows(query, parameters))


def _shown(viewer: UUID, *rows: Sequence[Any]) -> list[Shown]:
    """Return the rows as posts, with their credits: one statement more, where any has some."""
    credited = _credits(viewer, [row[SOURCES + 1] for row in rows if row[SOURCES]])
    return [_post(viewer, row, credited.get(row[SOURCES + 1], [])) for row in rows]


def _credits(viewer: UUID, videos: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    if not videos:
        return {}
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in _rows(CREDITS, {"viewer": viewer, "videos": videos, "limit": MOST_CREDITS * len(videos)}):
        found.setdefault(row[0], []).append(_credit(row))
    return found


def _credit(row: Sequence[Any]) -> dict[str, Any]:
    """Return what a film was made of as the viewer may see it: a tombstone when it is gone, or not for them."""
    _, role, video_id, *author, _ = row
    if video_id is None:
        return {"role": role, "gone": True, "video": None, "author": None}
    return {"role": role, "gone": False, "video": video_id, "author": _ref(*author)}


def _ref(person_id: UUID, handle: str, display_name: str) -> dict[str, Any]:
    return {"id": person_id, "handle": handle, "display_name": display_name}


def _post(viewer: UUID, row: Sequence[Any], credited: list[dict[str, Any]]) -> Shown:
    post_id, caption, audience, published_at, edited_at, version, comments_on, *more = row
    *may, author_id, handle, display_name, _, video_id, width, height, duration_ms, engine, is_preview, depicted = more
    body = {
        "id": post_id,
        "caption": caption,
        "audience": audience,
        "published_at": published_at,
        "edited_at": edited_at,
        "comments_on": comments_on,
        # What its author lets others do is told to the author: else a refusal would say whose word was missing.
        **dict(zip(REUSE, may if author_id == viewer else [None] * len(may), strict=True)),
        "author": _ref(author_id, handle, display_name),
        "video": {
            "id": video_id,
            "width": width,
            "height": height,
            "duration_ms": duration_ms,
            "engine": engine,
            "is_preview": is_preview,
        },
        "depicted": depicted,
        "credits": credited,
    }
    return Shown(post_id, body, version)


def these(*, viewer: UUID, posts: list[UUID]) -> dict[UUID, Shown]:
    """Return those among these posts that are visible to the viewer now."""
    return {shown.id: shown for shown in _shown(viewer, *_rows(THESE, {"viewer": viewer, "posts": posts}))}
