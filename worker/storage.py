"""Where the bytes of videos lie: under random names that reveal nothing, read only through the gate."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from consent.models import Veto
from consent.rules import State
from worker.models import Depiction, Video

AT_ONCE = 500
# A grant that has expired is never renewed; a renewal that read the clock just before has committed by then.
RENEWABLE_SECONDS = 3600


def keep(path: Path) -> str:
    """Store the file; return its name. Nobody can read it before a video's row names it."""
    token = secrets.token_hex(16)
    with path.open("rb") as stream:
        return default_storage.save(f"videos/{token[:2]}/{token}{path.suffix}", File(stream))


@contextmanager
def kept(*paths: Path) -> Iterator[list[str]]:
    """Store the files and give their names; if anything is raised before the block ends, none of them stays."""
    names: list[str] = []
    whole = False
    try:
        names.extend(keep(path) for path in paths)
        yield names
        whole = True
    finally:
        if not whole:
            drop(names)


def drop(names: Iterable[str]) -> None:
    """Remove the files of these names; those already gone are fine."""
    for name in names:
        default_storage.delete(name)


def purge_ended() -> int:
    """Remove the bytes of every video that a grant or a veto ended; return how many. Safe to repeat and to interrupt.

    Hygiene only: such a video is unreadable from the commit that ended its grant.
    """
    purged = 0
    while batch := _ended():
        drop(name for video in batch for name in (video.file, video.poster))
        _mark([video.id for video in batch])
        purged += len(batch)
    return purged


class Handler(Protocol):
    """What a dotted path in PURGE_HANDLERS names; it runs in the transaction that says what was purged."""

    def __call__(self, *, video_ids: list[UUID]) -> None:
        """Tidy up what shows these videos, which nobody can see any more."""
        ...


def _ended() -> list[Video]:
    """Return some videos whose bytes are still there and can never be read again."""
    expired = Now() - timedelta(seconds=RENEWABLE_SECONDS)
    ended = ~Q(grant__state=State.GIVEN) | ~Q(epoch=F("grant__epoch")) | Q(grant__expires_at__lt=expired)
    resting = Depiction.objects.filter(ended, video__purged_at=None)
    there = Video.objects.filter(purged_at=None)
    fallen = list(there.filter(id__in=resting.values("video"))[:AT_ONCE])
    vetoes = ArraySubquery(Veto.objects.values("video_id"))
    return fallen or list(there.filter(lineage__overlap=vetoes)[:AT_ONCE])


def _mark(video_ids: list[UUID]) -> None:
    with transaction.atomic():
        rows = Video.objects.filter(id__in=video_ids)
        # In the order in which a takedown holds them, so that the two never wait for each other.
        list(rows.select_for_update(no_key=True).order_by("id").values_list("id"))
        rows.update(purged_at=Now())
        for dotted in settings.PURGE_HANDLERS:
            handler: Handler = import_string(dotted)
            handler(video_ids=video_ids)
