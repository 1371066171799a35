"""Naming people in captions and comments. Whom nobody but those they know may write to is named in vain by others.

Who was named reads where: what stands and is theirs to see, by whom they do not mute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts import people, rules
from accounts.blocks import none_between_sql
from accounts.models import Person
from accounts.mutes import unmuted_sql
from accounts.standing import good_sql
from feed import visibility
from feed.engagement import access, talk
from feed.engagement.rules import handles_in
from feed.models import Mention
from socialvideo.lib import prepared
from socialvideo.lib.clock import wall_now
from socialvideo.lib.ids import new_id

_TEEN = "coalesce({one}.birth_date > %(adult_born)s, false)"
# accounts.rules.may_write_to, over a row of people; also who moderates writes to nobody across a block.
_REACHABLE = f"""({good_sql("{one}")} AND {none_between_sql("%(viewer)s", "{one}.id")} AND (
    NOT ({{one}}.is_private OR {_TEEN}) OR (%(teen)s AND {_TEEN})
    OR (SELECT count(*) > 0 FROM accounts_follow rf
        WHERE rf.follower_id = {{one}}.id AND rf.followee_id = %(viewer)s)))"""


def reachable_sql(one: str) -> str:
    """Return the SQL predicate over a row of people of this alias: may %(viewer)s write to them, with ``reaching``?"""
    return _REACHABLE.format(one=one)


def reaching(sender: Person) -> dict[str, object]:
    """Return the parameters that ``reachable_sql`` takes, about who writes."""
    adult_born = rules.youngest_adult_born(wall_now().date())
    return {"viewer": sender.id, "adult_born": adult_born, "teen": people.is_teen(sender)}


NAME = f"""INSERT INTO feed_mention (id, person_id, post_id, comment_id)
SELECT t.id, one.id, CASE WHEN %(comment)s::uuid IS NULL THEN p.id END, %(comment)s
FROM unnest(%(handles)s::text[], %(ids)s::uuid[]) AS t(handle, id)
JOIN accounts_person one ON one.handle = t.handle JOIN feed_post p ON p.id = %(post)s
WHERE one.id <> %(viewer)s AND {_REACHABLE.format(one="one")} AND {access.visible_sql("one.id")}
ON CONFLICT DO NOTHING RETURNING person_id"""


def write(*, author: Person, text: str, post_id: UUID, comment_id: UUID | None = None) -> list[UUID]:
    """Name whom a text names who may see the post and be written to; return those who were not named there before."""
    handles = handles_in(text)
    if not handles:
        return []
    values = {"post": post_id, "comment": comment_id, "handles": handles, "ids": [new_id() for _ in handles]}
    return [row[0] for row in prepared.rows(NAME, **values, **reaching(author))]


def rewrite(*, author: Person, text: str, post_id: UUID, comment_id: UUID | None = None) -> list[UUID]:
    """Do the same with a text that was changed: whom it names no more is named no more."""
    where = {"comment": comment_id} if comment_id else {"post": post_id}
    Mention.objects.filter(**where).exclude(person__handle__in=handles_in(text)).delete()
    return write(author=author, text=text, post_id=post_id, comment_id=comment_id)


# Their own index is walked, newest first, and each row checked as it comes (worker.standing).
PAGE = f"""SELECT m.id, m.post_id, m.comment_id, m.created_at FROM (
    SELECT t.id, coalesce(t.post_id, c.post_id) AS post_id, t.comment_id, t.created_at FROM feed_mention t
        LEFT JOIN feed_comment c ON c.id = t.comment_id
        WHERE t.person_id = %(viewer)s AND (%(after)s::uuid IS NULL OR t.id < %(after)s) ORDER BY t.id DESC OFFSET 0) m
WHERE CASE WHEN m.comment_id IS NULL
    THEN (SELECT {access.visible_sql()} AND {unmuted_sql("p.author_id")} FROM feed_post p WHERE p.id = m.post_id)
    ELSE (SELECT {talk.stands_sql()} AND {unmuted_sql("c.author_id")}
        FROM feed_comment c JOIN feed_post p ON p.id = c.post_id WHERE c.id = m.comment_id) END
ORDER BY m.id DESC LIMIT %(limit)s"""


@dataclass(frozen=True)
class Named:
    """Where somebody is named; lists go on by the id of the mention."""

    id: UUID
    body: dict[str, Any]


def listed(*, person: Person, after: UUID | None, limit: int) -> Sequence[Named]:
    """Return the posts, and the comments with their posts, that name a person and that they see now, newest first."""
    found = prepared.rows(PAGE, viewer=person.id, after=after, limit=limit)
    posts = visibility.these(viewer=person.id, posts={row[1] for row in found})
    said = talk.these(viewer=person.id, comments=[row[2] for row in found if row[2]])
    whole = [row for row in found if row[1] in posts and (row[2] is None or row[2] in said)]
    if len(whole) < len(found):  # one fell meanwhile: what follows moves up
        return listed(person=person, after=after, limit=limit)
    return [
        Named(row_id, {"post": posts[post].body, "comment": said[comment].body if comment else None, "created_at": at})
        for row_id, post, comment, at in found
    ]
