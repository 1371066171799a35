"""What one's friends post and like: friends are mutual follows, and of their likes those of public posts count.

A post stands where it first came up, as the friend's own or by the first friend's like, so that no later like moves it
or shows it twice. Cursors are the ids of these events, which sort by time as those of posts do.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from accounts.mutes import unmuted_sql
from accounts.standing import good_sql
from feed import visibility
from feed.lists.refilling import Batch, filled
from feed.visibility import BELOW, LISTED, Shown
from socialvideo.lib.prepared import Statement

_FRIENDS = f"""SELECT f.followee_id AS id FROM accounts_follow f JOIN accounts_person q ON q.id = f.followee_id
    WHERE f.follower_id = %(viewer)s AND {good_sql("q")} AND {unmuted_sql("q.id")}
    AND (SELECT count(*) = 1 FROM accounts_follow b
        WHERE b.follower_id = f.followee_id AND b.followee_id = f.follower_id)"""
_POSTED = f"""SELECT p.id AS event, p.id, p.author_id AS friend FROM feed_post p
    WHERE p.author_id = r.id AND {LISTED} AND {BELOW}
    ORDER BY uuid_send(p.id) DESC LIMIT %(reach)s"""
_LIKED = """SELECT l.id AS event, l.post_id AS id, l.person_id AS friend FROM feed_like l
    WHERE l.person_id = r.id AND l.id < %(after)s ORDER BY l.id DESC LIMIT %(reach)s"""
_EVENTS = f"""WITH friend AS MATERIALIZED ({_FRIENDS}),
    event AS MATERIALIZED (SELECT n.* FROM friend r CROSS JOIN LATERAL (({_POSTED}) UNION ALL ({_LIKED})) n
        ORDER BY n.event DESC LIMIT %(reach)s)"""
# A like brings up what is public, is not the viewer's own, and came up by no friend before.
_FIRST = f"""(e.event = e.id OR (SELECT p.audience = 'public' AND p.author_id <> %(viewer)s
            AND p.author_id <> ALL (ARRAY(SELECT id FROM friend)) AND {unmuted_sql("p.author_id")}
        FROM feed_post p WHERE p.id = e.id)
    AND (SELECT count(*) = 0 FROM feed_like o WHERE o.post_id = e.id AND o.id < e.event
        AND o.person_id = ANY (ARRAY(SELECT id FROM friend))))"""
_CHOSEN = f"""SELECT e.* FROM (SELECT * FROM event ORDER BY event DESC OFFSET 0) e
    WHERE {_FIRST} ORDER BY e.event DESC"""
_PAGE = Statement(f"""{_EVENTS}
    SELECT (SELECT count(*) FROM event), (SELECT event FROM event ORDER BY event LIMIT 1), s.* FROM (SELECT 1) one
    LEFT JOIN ({visibility.page_sql(_CHOSEN, "c.event DESC", more="c.event, c.friend")}) s ON true
    ORDER BY s.event DESC""")


@dataclass(frozen=True)
class Event:
    """A post by the event that brought it up, and the friend by whose deed."""

    id: UUID
    post: Shown
    friend: UUID

    @property
    def body(self) -> dict[str, Any]:
        """The post as its viewer sees it."""
        return self.post.body


def friends(*, viewer: UUID, after: UUID | None, limit: int) -> list[Event]:
    """Return the visible posts that friends published or liked, newest event first, those older than ``after``."""

    def look(below: UUID, reach: int) -> Batch[Event]:
        rows = _PAGE.rows(viewer=viewer, after=below, limit=limit, reach=reach)
        events = [Event(event, visibility.post(viewer, row), friend) for _, _, event, friend, *row in rows if event]
        return Batch(events, *rows[0][:2])

    def again(found: list[Event]) -> list[Event]:
        posts = {one.id: one for one in visibility.among(viewer=viewer, post_ids=[event.post.id for event in found])}
        return [replace(event, post=posts[event.post.id]) for event in found if event.post.id in posts]

    return filled(look, again, after=after, limit=limit)
