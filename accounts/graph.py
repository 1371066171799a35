"""Who follows whom."""

from django.db.models import QuerySet

from accounts.models import Follow, Person
from socialvideo.lib.errors import Problem


def follow(*, follower: Person, followee: Person) -> None:
    """Begin to follow; repeating it changes nothing. 422 for oneself."""
    if follower.pk == followee.pk:
        raise Problem(422, "follow_oneself", "Nobody can follow themselves.")
    Follow.objects.get_or_create(follower=follower, followee=followee)


def unfollow(*, follower: Person, followee: Person) -> None:
    """Stop following; repeating it changes nothing."""
    Follow.objects.filter(follower=follower, followee=followee).delete()


def followers(person: Person) -> QuerySet[Follow]:
    """Return the follows of ``person`` by others, with the followers."""
    return Follow.objects.filter(followee=person).select_related("follower")


def following(person: Person) -> QuerySet[Follow]:
    """Return the follows by ``person``, with the followed."""
    return Follow.objects.filter(follower=person).select_related("followee")
