"""Who follows whom."""

from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from accounts import notices
from accounts.models import Follow, Person
from socialvideo.lib.errors import Problem


class PartingHandler(Protocol):
    """What a dotted path in PARTING_HANDLERS names; it runs in the transaction in which two people part."""

    def __call__(self, *, one: UUID, other: UUID) -> None:
        """End what rests on these two following each other, before they cease to."""
        ...


def follow(*, follower: Person, followee: Person) -> None:
    """Begin to follow; repeating it changes nothing. 422 for oneself.

    403 for a private account that does not follow back: those whom it follows are those whom it lets in.
    """
    if follower.pk == followee.pk:
        raise Problem(422, "follow_oneself", "Nobody can follow themselves.")
    if followee.is_private and not _know(follower, followee):
        raise Problem(403, "not_reachable", "This account is private: it is followed by those alone whom it follows.")
    with transaction.atomic():
        if Follow.objects.get_or_create(follower=follower, followee=followee)[1]:
            notices.followed(follower_id=follower.id, followee_id=followee.id)


def unfollow(*, follower: Person, followee: Person) -> None:
    """Stop following; what rested on following each other ends in the same commit. Repeating it changes nothing."""
    with transaction.atomic(durable=True):
        follows = Follow.objects.filter(follower=follower, followee=followee)
        if follows.exists():
            _part(follower.id, followee.id)
            follows.delete()


def followers(person: Person) -> QuerySet[Follow]:
    """Return the follows of ``person`` by others, with the followers."""
    return Follow.objects.filter(followee=person).select_related("follower")


def following(person: Person) -> QuerySet[Follow]:
    """Return the follows by ``person``, with the followed."""
    return Follow.objects.filter(follower=person).select_related("followee")


def mutual(person_id: UUID, other: str = "subject") -> Q:
    """Return the condition that the column ``other`` names somebody whom this person follows, and who follows back."""
    there = Follow.objects.filter(follower=person_id, followee=OuterRef(other))
    back = Follow.objects.filter(follower=OuterRef(other), followee=person_id)
    return Q(Exists(there)) & Q(Exists(back))


def _know(follower: Person, followee: Person) -> bool:
    """Tell whether the followee lets this person in: follows them, or was followed by them before it was private."""
    either = Q(follower=followee, followee=follower) | Q(follower=follower, followee=followee)
    return Follow.objects.filter(either).exists()


def _part(one: UUID, other: UUID) -> None:
    for dotted in settings.PARTING_HANDLERS:
        handler: PartingHandler = import_string(dotted)
        handler(one=one, other=other)
