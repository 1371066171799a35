"""Who may see which post: one predicate and one shape, which every list and every single post goes through.

A post is visible when it stands, its video is not taken down, its author is in good standing, the viewer belongs to its
audience, no block stands between the viewer and its author or whom it shows, and every depiction's grant is valid at
this very statement. Whom it shows sees it whatever else holds: it is their likeness. Hot reads go around the ORM's
compiler: one prepared statement a page, which decides about each row that it returns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from accounts.blocks import unblocked_sql
from accounts.standing import good_sql
from consent import fences
from socialvideo.lib.errors import Problem
from socialvideo.lib.prepared import Statement
from worker import standing

REUSE = ("may_remix", "may_stitch", "may_reuse_sound", "may_download")
COUNTS = ("views", "likes", "comments", "bookmarks", "shares")
MINE = ("liked", "bookmarked", "seen", "following")
MOST_CREDITS, DEEPEST = 100, 16

# Tables: p post, v its video, a its author; %(viewer)s. Each look-up is a scalar subquery by a unique key, which no
# statistics can turn into a join over a whole table. What a private account publishes to all is for its followers.
_UNBLOCKED = f"""({unblocked_sql("%(viewer)s", "p.author_id")} AND (SELECT count(*) = 0 FROM worker_depiction y
    WHERE y.video_id = p.video_id AND NOT {unblocked_sql("%(viewer)s", "y.subject_id")}))"""
_FOLLOWED = """(SELECT count(*) = 1 FROM accounts_follow w
    WHERE w.follower_id = %(viewer)s AND w.followee_id = p.author_id)"""
_CLOSE = """(SELECT count(*) = 1 FROM accounts_closefriend k
    WHERE k.person_id = p.author_id AND k.friend_id = %(viewer)s)"""
_DEPICTED = """(SELECT count(*) > 0 FROM worker_depiction x
    WHERE x.video_id = p.video_id AND x.subject_id = %(viewer)s)"""
_ADDRESSED = f"""((p.audience = 'public' AND NOT a.is_private)
    OR (p.audience <> 'private' AND {_FOLLOWED} AND (p.audience <> 'close_friends' OR {_CLOSE})))"""
BELONGS = f"""(p.author_id = %(viewer)s
    OR ({good_sql("a")} AND (({_ADDRESSED} AND {_UNBLOCKED}) OR {_DEPICTED})))"""
# What a word ended is passed over by the post's own copies; only the video's own record makes it visible.
VISIBLE = f"""({fences.unended("p.grants")} AND {fences.unvetoed("p.lineage")}
    AND {standing.stands("v")} AND {BELONGS})"""
JOINED = "feed_post p JOIN worker_video v ON v.id = p.video_id JOIN accounts_person a ON a.id = p.author_id"

# What lists walk: the indexes of posts hold these alone.
LISTED = "p.removed_at IS NULL AND p.unlisted_at IS NULL"
# The same, to walk everybody's posts (the index post_newest).
ALL_LISTED = f"{LISTED} AND p.version > 0"
# Those before a cursor, as the index of an author's posts has them.
BELOW = "uuid_send(p.id) < uuid_send(%(after)s::uuid)"

_REF = "json_build_object('id', {q}.id, 'handle', {q}.handle, 'display_name', {q}.display_name)"
# What a film was made of is credited to whom a standing post of it is shown; who made both credits nobody by it.
_CREDITED = f"""((s.owner_id = %(viewer)s AND {standing.stands("s")})
    OR (SELECT count(*) > 0 FROM {JOINED} WHERE p.video_id = s.id AND p.removed_at IS NULL AND {VISIBLE}))"""
_CREDITS = f"""SELECT json_build_object('role', z.role, 'gone', NOT e.seen, 'video', CASE WHEN e.seen THEN s.id END,
        'author', CASE WHEN e.seen THEN {_REF.format(q="q")} END) AS credit, z.depth, z.video_id, z.place
    FROM {{sources}} z JOIN worker_video s ON s.id = z.source_id JOIN worker_video o ON o.id = z.video_id
    JOIN accounts_person q ON q.id = s.owner_id
    CROSS JOIN LATERAL (SELECT {_CREDITED} AS seen OFFSET 0) e
    WHERE e.seen OR s.owner_id <> o.owner_id ORDER BY z.depth, z.video_id, z.place LIMIT {MOST_CREDITS}"""
_OWN_SOURCES = "(SELECT i.*, 1 AS depth FROM worker_source i WHERE i.video_id = {video} OFFSET 0)"
# Each film once a depth: what is stitched with itself, again and again, would double each time.
LINEAGE = f"""WITH RECURSIVE above AS (
    SELECT video_id, source_id, role, place, 1 AS depth FROM worker_source WHERE video_id = %(video)s
    UNION SELECT z.video_id, z.source_id, z.role, z.place, u.depth + 1
    FROM above u JOIN worker_source z ON z.video_id = u.source_id WHERE u.depth < {DEEPEST})
{_CREDITS.format(sources="above")}"""

_MINE = f"""(SELECT count(*) = 1 FROM feed_like l WHERE l.post_id = p.id AND l.person_id = %(viewer)s),
    (SELECT count(*) = 1 FROM feed_bookmark l WHERE l.post_id = p.id AND l.person_id = %(viewer)s),
    (SELECT count(*) = 1 FROM feed_view l WHERE l.post_id = p.id AND l.person_id = %(viewer)s), {_FOLLOWED}"""
COLUMNS = f"""p.id, p.caption, p.audience, p.published_at, p.edited_at, p.version, p.comments_on,
    p.may_remix, p.may_stitch, p.may_reuse_sound, p.may_download, a.id AS author, a.handle, a.display_name,
    v.id AS video, p.sound_id, v.width, v.height, v.duration_ms, v.engine, v.is_preview,
    (SELECT json_agg({_REF.format(q="t")} ORDER BY t.handle) FROM worker_depiction d
        JOIN accounts_person t ON t.id = d.subject_id WHERE d.video_id = v.id),
    (SELECT json_agg(r.credit) FROM ({_CREDITS.format(sources=_OWN_SOURCES.format(video="v.id"))}) r),
    n.views, n.likes, n.comments, n.bookmarks, n.shares, {_MINE}"""
TABLES = f"{JOINED} LEFT JOIN feed_postcount n ON n.post_id = p.id"


def page_sql(candidates: str, order: str = "c.id DESC", more: str = "") -> str:
    """Return the query of a page: the first %(limit)s of the ``candidates`` that are visible to %(viewer)s.

    ``candidates`` is a query of ``id`` (and what ``order`` and ``more`` name) in that order. They are checked one by
    one as they come, so a page looks at as many as it needs. ``more`` are columns to stand before those of the post.
    """
    return f"""SELECT {more}{", " if more else ""}s.* FROM ({candidates} OFFSET 0) c CROSS JOIN LATERAL (
        SELECT {COLUMNS} FROM {TABLES} WHERE p.id = c.id AND p.removed_at IS NULL AND {VISIBLE} OFFSET 0) s
        ORDER BY {order} LIMIT %(limit)s"""


ONE = Statement(f"""SELECT {COLUMNS}, p.removed_at IS NULL AND v.taken_down_at IS NULL, {standing.consented("v")}
    FROM {TABLES} WHERE p.id = %(post)s AND {BELONGS}""")
_GIVEN = "SELECT t.id, t.place FROM unnest(%(posts)s::uuid[]) WITH ORDINALITY AS t (id, place)"
AMONG = Statement(page_sql(_GIVEN, "c.place"))
_LINEAGE = Statement(LINEAGE)
_WATCH = Statement(f"""SELECT 1 FROM {JOINED}
    WHERE p.video_id = %(video)s AND p.removed_at IS NULL AND {BELONGS} LIMIT 1""")

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
    for *row, stands, consented in ONE.rows(viewer=viewer, post=post_id):
        return replace(post(viewer, row), stands=stands, consented=consented)
    return None


def among(*, viewer: UUID, post_ids: Iterable[UUID], limit: int | None = None) -> list[Shown]:
    """Return those of the posts that are visible now, in the order given, at most ``limit``. One statement."""
    posts = list(post_ids)
    return read(AMONG, viewer=viewer, posts=posts, limit=len(posts) if limit is None else limit)


def these(*, viewer: UUID, posts: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return those of the posts that are visible now, by their ids. One statement."""
    return {shown.id: shown for shown in among(viewer=viewer, post_ids=posts)}


def read(page: Statement, *, viewer: UUID, **values: Any) -> list[Shown]:
    """Return the page that a statement of ``page_sql`` finds for this viewer."""
    return [post(viewer, row) for row in page.rows(viewer=viewer, **values)]


def readable(*, viewer: UUID, post_id: UUID) -> Shown:
    """Return a post that stands; the 404 problem for whom it is not for, 410 once it fell."""
    shown = one(viewer=viewer, post_id=post_id)
    if shown is None or not (shown.consented and shown.stands):
        raise refused(shown is None or shown.consented, shown is None or shown.stands)
    return shown


def refused(consented: bool, stands: bool) -> Problem:
    """Return the problem by which a post is refused: 410 where it fell, 404 where it is not for this viewer."""
    if not consented:
        return gone()
    if not stands:
        return Problem(410, "gone_removed", "This post was removed.")
    return Problem(404, "not_found", "There is no such post for this account.")


def gone() -> Problem:
    """Return the 410 for a video one of whose grants has ended."""
    return Problem(410, "gone_consent", "This video is gone: a permission that it rested on has ended.")


def lineage(*, viewer: UUID, video_id: UUID) -> list[dict[str, Any]]:
    """Return what a video was made of, and what that was made of, each with its depth from 1; the nearest first."""
    rows = _LINEAGE.rows(viewer=viewer, video=video_id)
    return [{"depth": depth, **credit} for credit, depth, *_ in rows]


def may_watch(*, viewer: UUID, video_id: UUID) -> bool:
    """Tell whether a standing post shows this video to the viewer, consent apart (the gate decides that)."""
    return bool(_WATCH.rows(viewer=viewer, video=video_id))


def visible_sql(post_id: str, viewer: str = "%(viewer)s") -> str:
    """Return the SQL predicate that the post of an id (an SQL expression) is visible in lists to a person."""
    visible = VISIBLE.replace("%(viewer)s", viewer)
    # Whatever the caller calls its tables: what stands in a table of its own is not taken for one of ours.
    asked = f"(SELECT {post_id} AS id) asked CROSS JOIN LATERAL"
    return f"""(SELECT s.shown FROM {asked} (SELECT p.removed_at IS NULL AND {visible} AS shown
        FROM {JOINED} WHERE p.id = asked.id) s)"""


def noticed(*, thing_id: str, reader_id: str) -> str:
    """Return the SQL predicate of a notice about a post (NOTICE_THINGS): its reader sees it in lists now."""
    return visible_sql(thing_id, reader_id)


def post(viewer: UUID, row: Sequence[Any]) -> Shown:
    """Return a row of COLUMNS as the viewer sees it."""
    post_id, caption, audience, published_at, edited_at, version, comments_on, *may = row[:11]
    author_id, handle, display_name, video_id, sound_id, width, height, duration_ms, engine, is_preview = row[11:21]
    depicted, credited, *counts = row[21:28]
    body = {
        "id": post_id,
        "caption": caption,
        "audience": audience,
        "published_at": published_at,
        "edited_at": edited_at,
        "comments_on": comments_on,
        # What its author lets others do is told to the author: else a refusal would say whose word was missing.
        **dict(zip(REUSE, may if author_id == viewer else [None] * len(may), strict=True)),
        "author": {"id": author_id, "handle": handle, "display_name": display_name},
        "video": {
            "id": video_id,
            "width": width,
            "height": height,
            "duration_ms": duration_ms,
            "engine": engine,
            "is_preview": is_preview,
        },
        "sound": sound_id,
        "depicted": depicted or [],
        "credits": credited or [],
        "counts": {name: count or 0 for name, count in zip(COUNTS, counts, strict=True)},
        "mine": dict(zip(MINE, row[28:32], strict=True)),
    }
    return Shown(post_id, body, version)
