"""Whether somebody may do something with a post: it is visible to them at the very statement that does it.

What is done asks ``visible_sql`` in its own statement. Where that said no, ``refusal`` says why, as reading it does.
"""

from uuid import UUID

from feed import visibility
from socialvideo.lib.errors import Problem
from socialvideo.lib.prepared import Statement
from worker import standing

_REFUSED = Statement(f"""SELECT p.id, {standing.consented("v")}, p.removed_at IS NULL AND v.taken_down_at IS NULL
    FROM {visibility.JOINED} WHERE p.id = ANY(%(posts)s) AND {visibility.BELONGS}""")


def visible_sql(viewer: str = "%(viewer)s", post: str = "p") -> str:
    """Return the SQL predicate over a row of posts of this alias: this viewer sees it in lists now."""
    return visibility.visible_sql(f"{post}.id", viewer)


_AUTHOR = Statement(f"SELECT p.author_id FROM feed_post p WHERE p.id = %(post)s AND {visible_sql()}")


def why_not(*, viewer: UUID, posts: list[UUID]) -> dict[UUID, Problem]:
    """Return for each post the problem by which it is refused to the viewer: 404, or 410 when it is gone."""
    known = {post: (consented, stands) for post, consented, stands in _REFUSED.rows(viewer=viewer, posts=posts)}
    return {post: visibility.refused(*known.get(post, (True, True))) for post in posts}


def refusal(*, viewer: UUID, post_id: UUID) -> Problem:
    """Return the problem by which one post is refused."""
    return why_not(viewer=viewer, posts=[post_id])[post_id]


def require(*, viewer: UUID, post_id: UUID) -> UUID:
    """Return the author of a post that is visible to the viewer now; else the 404 or 410 problem."""
    for (author_id,) in _AUTHOR.rows(viewer=viewer, post=post_id):
        return UUID(str(author_id))
    raise refusal(viewer=viewer, post_id=post_id)
