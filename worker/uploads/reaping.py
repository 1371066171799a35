"""The reaper: ends what nobody touches, and removes received bytes that nobody will ask for again."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from worker import ladders
from worker.models import Upload
from worker.rules import CLIMBING, UploadStatus
from worker.uploads import ingest, rules, sessions

AT_ONCE = 500


def sweep() -> None:
    """End what was tried too often, and send again what waits too long."""
    ingest.sweep()
    ladders.sweep()


def reap() -> None:
    """Do all of it. Safe to repeat and to interrupt."""
    expire()
    remove_leftovers()


def expire() -> int:
    """End the sessions that nobody touched for long, and what failed and was not tried again; return how many."""
    long_ago = Now() - timedelta(hours=settings.UPLOAD_IDLE_HOURS)
    untouched = Q(status=UploadStatus.RECEIVING, touched_at__lt=long_ago)
    given_up = Q(status=UploadStatus.FAILED, ended_at__lt=long_ago) & ~Q(file="")
    ended = Upload.objects.filter(untouched | given_up)
    return ended.update(status=UploadStatus.EXPIRED, ended_at=Now(), fence=F("fence") + 1)


def remove_leftovers() -> int:
    """Remove the bytes of what has ended, whatever was killed before it could; return of how many uploads."""
    left = list(_leftovers()[:AT_ONCE])
    for upload in left:
        sessions.remove_bytes(upload)
    return len(left)


def _leftovers() -> QuerySet[Upload]:
    """Return what has ended and still has bytes: for good, or ready with all its renditions."""
    made = Q(status=UploadStatus.READY) & ~Q(video__ladder__status__in=CLIMBING)
    over = Q(status__in=rules.OVER)
    return Upload.objects.filter(over | made, ended_at__isnull=False).exclude(file="")
