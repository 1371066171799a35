"""Who follows whom. Everything here is changed under the pair's lock (accounts.edges)."""

from enum import StrEnum
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from accounts import blocks, closeness, edges, notices, people, profiles, requests, standing
from accounts.models import Follow, Person
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from socialvideo.lib.prepared import Statement

_FOLLOWS = "(SELECT count(*) = 1 FROM accounts_follow f WHERE f.follower_id = {one} AND f.followee_id = {other})"
# What is between two people, and whether the one is private now: read under the pair's lock.
_BETWEEN = Statement(f"""SELECT NOT {blocks.none_between_sql("%(follower)s", "p.id")},
    {_FOLLOWS.format(one="%(follower)s", other="p.id")},
    {_FOLLOWS.format(one="p.id", other="%(follower)s")}, p.is_private
    FROM accounts_person p WHERE p.id = %(followee)s""")
_FOLLOW = Statement("""WITH asked AS (
    DELETE FROM accounts_followrequest WHERE follower_id = %(follower)s AND followee_id = %(followee)s)
    INSERT INTO accounts_follow (id, follower_id, followee_id)
    VALUES (%(id)s::uuid, %(follower)s::uuid, %(followee)s::uuid) RETURNING id""")


class PartingHandler(Protocol):
    """What a dotted path in PARTING_HANDLERS names; it runs in the transaction in which two people part."""

    def __call__(self, *, one: UUID, other: UUID) -> None:
        """End what rests on these two following each other, before they cease to."""
        ...


class Following(StrEnum):
    """What became of the wish to follow somebody."""

    FOLLOWING = "following"
    REQUESTED = "requested"


def follow(*, follower: Person, followee: Person) -> Following:
    """Begin to follow, or ask a private account to be let in; repeating it changes nothing. 404, 422 for oneself.

    A private account lets in those whom it follows without being asked.
    """
    if follower.pk == followee.pk:
        raise Problem(422, "follow_oneself", "Nobody can follow themselves.")
    with edges.changing(follower.id, followee.id):
        ((between, there, back, followee.is_private),) = _BETWEEN.rows(follower=follower.id, followee=followee.id)
        if between:
            raise blocks.unknown()
        if there:
            return Following.FOLLOWING
        if not back and (followee.is_private or people.is_teen(followee)):
            requests.ask(follower=follower, followee=followee)
            return Following.REQUESTED
        _FOLLOW.rows(id=new_id(), follower=follower.id, followee=followee.id)
        notices.followed(follower_id=follower.id, followee_id=followee.id)
    return Following.FOLLOWING


def unfollow(*, follower: Person, followee: Person) -> None:
    """Stop following, or take the request back; for the followed one: remove a follower. Repeating changes nothing.

    What rested on following each other, and being a close friend of the followed one, ends in the same commit.
    """
    with edges.changing(follower.id, followee.id):
        requests.take_back(follower_id=follower.id, followee_id=followee.id)
        follows = Follow.objects.filter(follower=follower, followee=followee)
        if follows.exists():
            _part(follower.id, followee.id)
            closeness.end(person_id=followee.id, friend_id=follower.id)
            follows.delete()
            edges.tell(follower.id, followee.id)


def followers(person: Person, viewer: Person) -> QuerySet[Follow]:
    """Return the follows of ``person`` by others who are there for the viewer. 404 for a private account's."""
    profiles.require_whole(person, viewer=viewer)
    rows = Follow.objects.filter(standing.good("follower__"), blocks.unblocked(viewer, "follower"), followee=person)
    return rows.select_related("follower")


def following(person: Person, viewer: Person) -> QuerySet[Follow]:
    """Return the follows by ``person`` of others who are there for the viewer. 404 for a private account's."""
    profiles.require_whole(person, viewer=viewer)
    rows = Follow.objects.filter(standing.good("followee__"), blocks.unblocked(viewer, "followee"), follower=person)
    return rows.select_related("followee")


def mutuals(person: Person) -> QuerySet[Follow]:
    """Return the follows by ``person`` of those who follow back."""
    rows = Follow.objects.filter(mutual(person.id, "followee"), standing.good("followee__"), follower=person)
    return rows.select_related("followee")


def mutual(person_id: UUID, other: str = "subject") -> Q:
    """Return the condition that the column ``other`` names somebody whom this person follows, and who follows back."""
    there = Follow.objects.filter(follower=person_id, followee=OuterRef(other))
    back = Follow.objects.filter(follower=OuterRef(other), followee=person_id)
    return Q(Exists(there)) & Q(Exists(back))


def _part(one: UUID, other: UUID) -> None:
    for dotted in settings.PARTING_HANDLERS:
        handler: PartingHandler = import_string(dotted)
        handler(one=one, other=other)
