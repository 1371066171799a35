"""Requests to follow a private account: it accepts or declines them, and a decline is never told.

A declined request goes on looking as if it waited. Whoever takes it back and asks anew, or asks again and again, comes
before the account no sooner than ``REST`` after the decline. An adult's request waits unseen by a teenager, who lets in
adults by following them; its asker is told the same as of any other.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import edges, notices, rules, standing
from accounts.models import Follow, FollowRequest, Person
from accounts.notices import Kind, Told
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem

REST = timedelta(days=30)
AT_ONCE = 500
"""Requests that are accepted in one commit when an account turns public."""


def ask(*, follower: Person, followee: Person) -> None:
    """Put a request before a private account, in the caller's transaction that holds the pair's lock."""
    pair = FollowRequest.objects.filter(follower=follower, followee=followee)
    pair.filter(declined_at__lte=database_now() - REST).delete()
    if not pair.update(taken_back=False):
        FollowRequest.objects.create(follower=follower, followee=followee)
        if waiting(followee).filter(follower=follower).exists():
            notices.tell(kind=Kind.FOLLOW_REQUESTED, recipient_id=followee.id, actor_id=follower.id)


def take_back(*, follower_id: UUID, followee_id: UUID) -> None:
    """Take a request back, in the caller's transaction that holds the pair's lock; a declined one stays unseen."""
    pair = FollowRequest.objects.filter(follower=follower_id, followee=followee_id)
    pair.filter(declined_at=None).delete()
    pair.update(taken_back=True)
    notices.untell(kind=Kind.FOLLOW_REQUESTED, recipient_id=followee_id, actor_id=follower_id)


def waiting(followee: Person) -> QuerySet[FollowRequest]:
    """Return the requests that wait for a person's answer, with who asks."""
    rows = FollowRequest.objects.filter(standing.good("follower__"), followee=followee, declined_at=None)
    today = database_now().date()
    if rules.is_teen(followee.birth_date, today):
        rows = rows.filter(follower__birth_date__gt=rules.youngest_adult_born(today))
    return rows.select_related("follower")


def made(follower: Person) -> QuerySet[FollowRequest]:
    """Return the requests that a person made, as they may know of them, with whom they asked."""
    rows = FollowRequest.objects.filter(standing.good("followee__"), follower=follower, taken_back=False)
    return rows.select_related("followee")


def accept(*, followee: Person, follower: Person) -> None:
    """Let in who asked. 404 when no request of theirs waits."""
    with edges.changing(follower.id, followee.id):
        _require_waiting(followee, follower).delete()
        notices.untell(kind=Kind.FOLLOW_REQUESTED, recipient_id=followee.id, actor_id=follower.id)
        Follow.objects.get_or_create(follower=follower, followee=followee)
        notices.tell(kind=Kind.REQUEST_ACCEPTED, recipient_id=follower.id, actor_id=followee.id)


def decline(*, followee: Person, follower: Person) -> None:
    """Let a request rest; its asker is not told. 404 when none of theirs waits."""
    with edges.changing(follower.id, followee.id):
        _require_waiting(followee, follower).update(declined_at=Now())
        notices.untell(kind=Kind.FOLLOW_REQUESTED, recipient_id=followee.id, actor_id=follower.id)


def accept_all(followee: Person) -> None:
    """Let in everybody who waits, as an account does that turns public; not who was declined."""
    while _accept_some(followee):
        pass


def _accept_some(followee: Person) -> bool:
    with transaction.atomic(durable=True):
        ids = list(waiting(followee).order_by("id").values_list("follower", flat=True)[:AT_ONCE])
        edges.hold((follower_id, followee.id) for follower_id in ids)
        rows = FollowRequest.objects.filter(followee=followee, follower__in=ids, declined_at=None)
        # Under the locks: who was taken back or blocked meanwhile has no row any more.
        let_in = list(rows.values_list("follower", flat=True))
        rows.delete()
        Follow.objects.bulk_create(
            [Follow(follower_id=one, followee=followee) for one in let_in], ignore_conflicts=True
        )
        told = [Told(recipient_id=one, actor_id=followee.id) for one in let_in]
        notices.tell_all(kind=Kind.REQUEST_ACCEPTED, events=told)
    return bool(ids)


def _require_waiting(followee: Person, follower: Person) -> QuerySet[FollowRequest]:
    rows = waiting(followee).filter(follower=follower)
    if not rows.exists():
        raise Problem(404, "not_found", "No request of this person waits for you.")
    return FollowRequest.objects.filter(follower=follower, followee=followee)
