"""Epochs: each has a key of the signer, two are in use at once, and the end of one destroys its key and its tags.

A key is made a day before its epoch begins, so that every member has a tag in it when clients start to use it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.discovery import locks, remote
from accounts.models import ContactEdge, DiscoveryBudget, DiscoveryEpoch, DiscoveryTag
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem

LEAD = timedelta(days=1)
IN_USE = 2
# So that nobody who opts out meanwhile waits long.
CLOSED_AT_ONCE = 10_000


def unended() -> list[DiscoveryEpoch]:
    """Return the epochs in which members have tags, one made ahead included; the first call begins the first."""
    return list(_unended()) or turn()


def usable() -> list[DiscoveryEpoch]:
    """Return the epochs that clients use now, oldest first."""
    unended()
    return list(_unended().filter(begins_at__lte=Now()))


def going_on() -> set[int]:
    """Return the numbers of the epochs that have not ended; under ``locks.MEMBERS`` none is emptied meanwhile."""
    return set(_unended().values_list("number", flat=True))


def find(number: int) -> DiscoveryEpoch:
    """Return the epoch of this number; the 409 problem when it is not in use."""
    found = _unended().filter(number=number, begins_at__lte=Now()).first()
    if found is None:
        raise Problem(409, "epoch_over", "This epoch is not in use. Read /contacts/keys and go on with the newest.")
    return found


def turn() -> list[DiscoveryEpoch]:
    """Make the next epoch when it is due, close what has ended, and return what is not ended. Safe to repeat."""
    with transaction.atomic():
        locks.alone(locks.TURNING)
        now, newest = database_now(), DiscoveryEpoch.objects.order_by("number").last()
        follows = newest.begins_at + _days() if newest else now
        if newest is None or newest.ends_at <= now:
            _begin(newest, now)
        elif follows - LEAD <= now:
            _begin(newest, max(now, follows))
    close()
    return list(_unended())


def rotate_now() -> DiscoveryEpoch:
    """End every epoch at once and begin a new one, for a key that somebody may know. Budgets begin anew.

    Members have tags again after ``enrolments.renew``; clients send their contacts again. Matches stay.
    """
    with transaction.atomic():
        locks.alone(locks.TURNING)
        now, newest = database_now(), DiscoveryEpoch.objects.order_by("number").last()
        fresh = _begin(newest, now)
        old = DiscoveryEpoch.objects.filter(number__lt=fresh.number, closed_at=None)
        old.filter(begins_at__lt=now).update(ends_at=now)
        # One that was made ahead ends as well; it must have begun for that.
        old.filter(begins_at__gte=now).update(begins_at=now - timedelta(microseconds=1), ends_at=now)
        DiscoveryBudget.objects.all().delete()
    close()
    return fresh


def close() -> None:
    """Destroy keys, tags and edges of the epochs that have ended."""
    for epoch in DiscoveryEpoch.objects.filter(ends_at__lte=Now(), closed_at=None):
        remote.destroy(epoch.number)
        while not _emptied(epoch):
            pass


def _emptied(epoch: DiscoveryEpoch) -> bool:
    """Remove some edges of an epoch that has ended; with the last of them its tags, and then it is closed."""
    with transaction.atomic():
        locks.alone(locks.MEMBERS)
        some = ContactEdge.objects.filter(epoch=epoch).values("id")[:CLOSED_AT_ONCE]
        if ContactEdge.objects.filter(id__in=some).delete()[0]:
            return False
        DiscoveryTag.objects.filter(epoch=epoch).delete()
        return bool(DiscoveryEpoch.objects.filter(number=epoch.number).update(closed_at=Now()))


def _begin(newest: DiscoveryEpoch | None, begins_at: datetime) -> DiscoveryEpoch:
    number = newest.number + 1 if newest else 1
    public, leaf = remote.make(number)
    return DiscoveryEpoch.objects.create(
        number=number, public_key=public, leaf_key=leaf, begins_at=begins_at, ends_at=begins_at + IN_USE * _days()
    )


def _unended() -> QuerySet[DiscoveryEpoch]:
    return DiscoveryEpoch.objects.filter(ends_at__gt=Now()).order_by("number")


def _days() -> timedelta:
    return timedelta(days=settings.DISCOVERY_EPOCH_DAYS)
