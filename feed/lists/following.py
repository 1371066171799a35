"""The posts of everybody whom one follows, newest first: two plans in one statement, chosen by how many one follows.

Who follows some hundred people: the newest post of each is one look into an index; the first K of these authors have
all of the first K posts between them, and of each only what is no older than the K-th newest is looked at. Who follows
thousands: one walk over everybody's posts, newest first, asking of each whether its author is followed, as long as
that costs no more than the other way would; if it finds too few, the first plan is taken.

Either way these are the K newest ids, read from indexes alone; then each is checked, newest first, until the page is
full: one statement. Only if too many of them are not visible is more asked for (``refilling``).
"""

from uuid import UUID

from accounts.mutes import unmuted_sql
from feed import visibility
from feed.lists.refilling import Batch, filled
from feed.visibility import ALL_LISTED, BELOW, LISTED, Shown
from socialvideo.lib.prepared import FIRST, Statement

# From how many on the walk is tried; below, looking at each author costs less than walking past everybody's posts.
MANY = 400

_FOLLOWS = """(SELECT count(*) = 1 FROM accounts_follow f
    WHERE f.follower_id = %(viewer)s AND f.followee_id = c.author_id)"""
_WALK = f"""SELECT c.id FROM (
        SELECT p.id, p.author_id FROM feed_post p WHERE {ALL_LISTED} AND p.id < %(after)s ORDER BY p.id DESC
        LIMIT (SELECT greatest(%(reach)s, t.following) FROM accounts_tally t WHERE t.person_id = %(viewer)s)) c
    WHERE {_FOLLOWS} AND {unmuted_sql("c.author_id")}
        AND (SELECT t.following >= {MANY} FROM accounts_tally t WHERE t.person_id = %(viewer)s)
    ORDER BY c.id DESC LIMIT %(reach)s"""
_HEADS = f"""SELECT f.followee_id, n.id FROM accounts_follow f CROSS JOIN LATERAL (
        SELECT p.id FROM feed_post p WHERE p.author_id = f.followee_id AND {LISTED} AND {BELOW}
        ORDER BY uuid_send(p.id) DESC LIMIT 1) n
    WHERE f.follower_id = %(viewer)s AND {unmuted_sql("f.followee_id")}
        AND (SELECT count(*) FROM walk) < %(reach)s
    ORDER BY n.id DESC LIMIT %(reach)s"""
_OLDEST = f"coalesce((SELECT h.id FROM heads h ORDER BY h.id DESC OFFSET %(reach)s - 1 LIMIT 1), '{FIRST}')"
_POSTS = f"""SELECT n.id FROM heads h CROSS JOIN LATERAL (
        SELECT p.id FROM feed_post p WHERE p.author_id = h.followee_id AND {LISTED} AND {BELOW}
        AND uuid_send(p.id) >= (SELECT uuid_send({_OLDEST})) ORDER BY uuid_send(p.id) DESC LIMIT %(reach)s) n
    ORDER BY n.id DESC LIMIT %(reach)s"""
_NEWEST = f"""WITH walk AS MATERIALIZED ({_WALK}), heads AS MATERIALIZED ({_HEADS}),
    newest AS MATERIALIZED (SELECT id FROM walk WHERE (SELECT count(*) FROM walk) >= %(reach)s
        UNION ALL ({_POSTS}))"""
# How many there were to choose from and the last of them, in every row, and in one of nothing else if none is visible.
_PAGE = Statement(f"""{_NEWEST} SELECT (SELECT count(*) FROM newest), (SELECT id FROM newest ORDER BY id LIMIT 1), s.*
    FROM (SELECT 1) one LEFT JOIN ({visibility.page_sql("SELECT id FROM newest ORDER BY id DESC")}) s ON true
    ORDER BY s.id DESC""")


def following(*, viewer: UUID, after: UUID | None, limit: int) -> list[Shown]:
    """Return the visible posts of everybody the viewer follows, newest first, those older than ``after``."""

    def look(below: UUID, reach: int) -> Batch[Shown]:
        rows = _PAGE.rows(viewer=viewer, after=below, limit=limit, reach=reach)
        return Batch([visibility.post(viewer, row[2:]) for row in rows if row[2]], *rows[0][:2])

    def again(found: list[Shown]) -> list[Shown]:
        return visibility.among(viewer=viewer, post_ids=[one.id for one in found])

    return filled(look, again, after=after, limit=limit)
