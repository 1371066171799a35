"""Naming people in captions and comments. Whom nobody but those they know may write to is named in vain by others."""

from uuid import UUID

from accounts import people, rules
from accounts.blocks import none_between_sql
from accounts.models import Person
from accounts.standing import good_sql
from feed.engagement import access
from feed.engagement.rules import handles_in
from feed.models import Mention
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
    return [row[0] for row in access.rows(NAME, **values, **reaching(author))]


def rewrite(*, author: Person, text: str, post_id: UUID, comment_id: UUID | None = None) -> list[UUID]:
    """Do the same with a text that was changed: whom it names no more is named no more."""
    where = {"comment": comment_id} if comment_id else {"post": post_id}
    Mention.objects.filter(**where).exclude(person__handle__in=handles_in(text)).delete()
    return write(author=author, text=text, post_id=post_id, comment_id=comment_id)
