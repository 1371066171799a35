"""Close friends: the followers whom a person lets see more. Nobody is told that they are among them, or no more."""

from uuid import UUID

from django.db.models import QuerySet

from accounts import edges, standing
from accounts.models import CloseFriend, Follow, Person
from socialvideo.lib.errors import Problem


def add(*, person: Person, friend: Person) -> None:
    """Count a follower among one's close friends; repeating it changes nothing. 409 for who does not follow.

    So close friends are always fewer than followers: what may be shown to these may be shown to those.
    """
    with edges.changing(person.id, friend.id):
        if not Follow.objects.filter(follower=friend, followee=person).exists():
            raise Problem(409, "not_a_follower", "A close friend is one of your followers, and this person is none.")
        CloseFriend.objects.get_or_create(person=person, friend=friend)


def remove(*, person: Person, friend: Person) -> None:
    """Count somebody among them no more; what is played to them is decided anew. Repeating changes nothing."""
    with edges.changing(person.id, friend.id):
        end(person_id=person.id, friend_id=friend.id)
        edges.tell(person.id, friend.id)


def end(*, person_id: UUID, friend_id: UUID) -> None:
    """End a closeness in the caller's transaction, which holds the pair's lock."""
    CloseFriend.objects.filter(person=person_id, friend=friend_id).delete()


def close_friends(person: Person) -> QuerySet[CloseFriend]:
    """Return a person's close friends."""
    return CloseFriend.objects.filter(standing.good("friend__"), person=person).select_related("friend")
