"""Lists that walk one index, newest first: a profile's grid, hashtags, sounds, and what was made of a video.

Each asks one statement: it checks row by row and stops when the page is full, so nothing is left out or shown twice.
"""

from uuid import UUID

from feed.visibility import BELOW, LISTED, Shown, page_sql, read
from socialvideo.lib.prepared import LAST, Statement

_BEFORE = f"{LISTED} AND p.id < %(after)s ORDER BY p.id DESC"
_GRID = Statement(
    page_sql(
        f"""SELECT p.id, uuid_send(p.id) AS place FROM feed_post p
            WHERE p.author_id = %(author)s AND {LISTED} AND {BELOW} ORDER BY uuid_send(p.id) DESC""",
        "c.place DESC",
    )
)
_SOUND = Statement(page_sql(f"SELECT p.id FROM feed_post p WHERE p.sound_id = %(sound)s AND {_BEFORE}"))
_TAGGED = Statement(
    page_sql("""SELECT t.post_id AS id FROM feed_posttag t
        WHERE t.tag = %(tag)s AND t.post_id < %(after)s ORDER BY t.post_id DESC""")
)
_MADE_FROM = Statement(
    page_sql(f"""SELECT p.id FROM feed_post p
        WHERE p.video_id IN (SELECT z.video_id FROM worker_source z WHERE z.source_id = %(source)s) AND {_BEFORE}""")
)


def grid(*, viewer: UUID, author: UUID, after: UUID | None, limit: int) -> list[Shown]:
    """Return an author's visible posts, newest first, those older than ``after``."""
    return read(_GRID, viewer=viewer, after=after or LAST, limit=limit, author=author)


def tagged(*, viewer: UUID, tag: str, after: UUID | None, limit: int) -> list[Shown]:
    """Return the visible posts with a hashtag (as tags are compared), newest first, those older than ``after``."""
    return read(_TAGGED, viewer=viewer, after=after or LAST, limit=limit, tag=tag)


def sounding(*, viewer: UUID, sound: UUID, after: UUID | None, limit: int) -> list[Shown]:
    """Return the visible posts in which the sound of a video is heard, newest first, those older than ``after``."""
    return read(_SOUND, viewer=viewer, after=after or LAST, limit=limit, sound=sound)


def made_from(*, viewer: UUID, source: UUID, after: UUID | None, limit: int) -> list[Shown]:
    """Return the visible posts of what was made of a video, newest first, those older than ``after``."""
    return read(_MADE_FROM, viewer=viewer, after=after or LAST, limit=limit, source=source)
