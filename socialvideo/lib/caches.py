"""Shared caches in front of us: what they must forget is a row of the commit that ended it, told until they took it.

``CACHE_PURGER`` names what tells them; without one nothing may be cached, and nothing is written here. Each thing is
told twice: a copy that was on its way when the first word came is dropped by the second.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from socialvideo.lib.models import CachePurge
from socialvideo.lib.queue import wake

log = logging.getLogger(__name__)
AT_ONCE = 200
WAIT_S = 5
# Longer than an answer takes from us to the cache; a film that is ended meanwhile is cut.
AGAIN = timedelta(seconds=30)
LONGEST = timedelta(minutes=10)


class Purger(Protocol):
    """What CACHE_PURGER names."""

    def __call__(self, names: list[str]) -> bool:
        """Have all caches forget what carries one of these names; tell whether they took it. Raises nothing."""
        ...


def forget(names: Iterable[str]) -> None:
    """Have the caches forget these, as soon as the caller's transaction commits."""
    if not settings.CACHE_PURGER:
        return
    CachePurge.objects.bulk_create(CachePurge(name=name) for name in names)
    wake("socialvideo.lib.tasks.purge_caches")


def times(names: Iterable[str]) -> int:
    """Return how often one of these was ended: what may be cached from then on has another address."""
    return CachePurge.objects.filter(name__in=list(names)).count()


def deliver() -> int:
    """Tell the caches what is due; return how many were taken. What is not is told again, later each time."""
    taken = 0
    while settings.CACHE_PURGER and (count := _deliver_some()):
        taken += count
    return taken


def _deliver_some() -> int:
    purger: Purger = import_string(settings.CACHE_PURGER)
    with transaction.atomic():
        due = CachePurge.objects.filter(due_at__lte=Now()).order_by("due_at").select_for_update(skip_locked=True)
        rows = list(due[:AT_ONCE])
        if not rows:
            return 0
        is_taken = purger(sorted({row.name for row in rows}))
        for row in rows:
            _note(row, is_taken)
        return len(rows) if is_taken else 0


def _note(row: CachePurge, is_taken: bool) -> None:
    """Write what became of it: the second taking ends it; a refusal counts as none, and waits twice as long."""
    kept = CachePurge.objects.filter(id=row.id)
    if not is_taken:
        wait = min(LONGEST, timedelta(seconds=2 ** min(row.attempts + 1, 10)))
        kept.update(attempts=row.attempts + 1, due_at=Now() + wait)
    elif row.is_told:
        kept.update(due_at=None)
    else:
        kept.update(is_told=True, attempts=0, due_at=Now() + AGAIN)


def by_http(names: list[str]) -> bool:
    """Purge by one request: ``PURGE`` at CACHE_PURGE_URL with the names in ``Surrogate-Key``. A Purger."""
    place = urlsplit(settings.CACHE_PURGE_URL)
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    line = kind(place.hostname or "", place.port, timeout=WAIT_S)
    keys = " ".join(name.replace(":", "-") for name in names)
    headers = {"Surrogate-Key": keys}
    if settings.CACHE_PURGE_TOKEN:
        headers["Authorization"] = f"Bearer {settings.CACHE_PURGE_TOKEN}"
    try:
        line.request("PURGE", place.path or "/", headers=headers)
        status = line.getresponse().status
    except (OSError, HTTPException) as error:
        log.warning("the caches could not be told to forget %d things: %s", len(names), error)
        return False
    finally:
        line.close()
    if not 200 <= status < 300:
        log.warning("the caches answered %d when told to forget %d things", status, len(names))
    return 200 <= status < 300
