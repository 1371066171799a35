"""What a person wishes to see no more of, or less: for what makes their feeds to heed."""

from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from django.db.models import QuerySet

from accounts import people
from accounts.models import Person
from feed.engagement import access
from feed.engagement.rules import plain_tag
from feed.models import Hidden
from socialvideo.lib import prepared
from socialvideo.lib.errors import Problem, invalid

Kind = Hidden.Kind


@dataclass(frozen=True)
class Hiding:
    """What is meant, as a person names it: a post's or a sound's id, a handle, a hashtag."""

    kind: str
    thing: str
    strength: str


def hide(*, person: Person, hiding: Hiding) -> Hidden:
    """Set a wish, in place of an earlier one about the same thing. 404, 410, 422."""
    thing = _thing(person, hiding)
    row, _ = Hidden.objects.update_or_create(
        person=person, kind=hiding.kind, thing=thing, defaults={"strength": hiding.strength}
    )
    return row


def of_person(person: Person) -> QuerySet[Hidden]:
    """Return a person's wishes."""
    return Hidden.objects.filter(person=person)


def undo(*, person: Person, hidden_id: UUID) -> None:
    """Take a wish back; 404 if it is not there."""
    if not Hidden.objects.filter(person=person, id=hidden_id).delete()[0]:
        raise Problem(404, "not_found", "You have no such wish.")


def _thing(person: Person, hiding: Hiding) -> str:
    """Return what is stored of the thing; refuses what is not there for this person."""
    if hiding.kind == Kind.TAG:
        return plain_tag(hiding.thing) or _refuse("tag_unusable", "A hashtag is letters and digits, with a letter.")
    if hiding.kind == Kind.AUTHOR:
        author = people.find(hiding.thing, viewer=person)
        return str(author.id) if author.id != person.id else _refuse("hide_oneself", "These are your own posts.")
    try:
        thing_id = UUID(hiding.thing)
    except ValueError:
        _refuse("thing_unusable", "Send the id of a post, or of the video whose sound it is.")
    if hiding.kind == Kind.POST:
        access.require(viewer=person.id, post_id=thing_id)
    elif not _is_heard(person, thing_id):
        raise Problem(404, "not_found", "There is no such sound for this account.")
    return str(thing_id)


def _is_heard(person: Person, sound_id: UUID) -> bool:
    query = f"SELECT 1 FROM feed_post p WHERE p.sound_id = %(sound)s AND {access.visible_sql()} LIMIT 1"
    return bool(prepared.rows(query, viewer=person.id, sound=sound_id))


def _refuse(code: str, detail: str) -> NoReturn:
    raise invalid("/thing", code, detail)
