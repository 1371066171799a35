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
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from consent.models import Veto
from consent.rules import State
from worker import incoming
from worker.models import Depiction, Rendition, Subtitles, Unsealed, Upload, Video
from worker.rules import CLIMBING, OPEN, UploadStatus

AT_ONCE = 500
# By then, a run whose lease was lost while it slept has ended.
LATE = timedelta(hours=1)


def keep(path: Path, name: str) -> None:
    """Store the file. Nobody can read it before a video's row names it."""
    with path.open("rb") as stream:
        default_storage.save(name, File(stream))


@contextmanager
def kept(job_id: UUID, *paths: Path) -> Iterator[list[str]]:
    """Store the files of a job's run, as ``kept_for`` does."""
    with kept_for({"job_id": job_id}, *paths) as names:
        yield names


@contextmanager
def kept_for(run: dict[str, UUID], *paths: Path) -> Iterator[list[str]]:
    """Store the files and give their names, for the seal to ``release``; if anything is raised, none of them stays.

    The names are written down first, so that what a killed process leaves is found. ``run`` says whose they are:
    ``job_id``, ``upload_id`` or ``ladder_id`` (a video's).
    """
    names = [random_name(path) for path in paths]
    Unsealed.objects.bulk_create(Unsealed(name=name, **run) for name in names)
    whole = False
    try:
        for path, name in zip(paths, names, strict=True):
            keep(path, name)
        yield names
        whole = True
    finally:
        if not whole:
            drop(names)
            release(names)


def chunks(name: str) -> Iterator[bytes]:
    """Yield the bytes of a stored file."""
    with default_storage.open(name) as file:
        yield from file.chunks()


def fetched(name: str, folder: Path) -> Path:
    """Return where a file can be read: where it lies, if it lies on this machine, else a copy in ``folder``."""
    if incoming.is_here(name):
        return incoming.path(name)
    if isinstance(default_storage, FileSystemStorage):
        return Path(default_storage.path(name))
    copy = folder / secrets.token_hex(8)
    with copy.open("wb") as file:
        file.writelines(chunks(name))
    return copy


def release(names: Iterable[str]) -> None:
    """Note that a video names these files, in the transaction that writes it; or that they are gone."""
    Unsealed.objects.filter(name__in=list(names)).delete()


def drop(names: Iterable[str]) -> None:
    """Remove the files of these names; those already gone are fine."""
    for name in names:
        if incoming.is_here(name):
            incoming.remove(name)
        else:
            default_storage.delete(name)


def purge() -> None:
    """Remove all bytes that nobody can read or seal any more."""
    purge_unsealed()
    purge_ended()


def purge_unsealed() -> int:
    """Remove what runs stored that died before their seal, once their work has ended; return how many files.

    Safe to repeat, and repeated: a run that was asleep may still write its file, though it can never seal it.
    """
    left = Unsealed.objects.exclude(
        Q(job__status__in=OPEN) | Q(upload__status=UploadStatus.PROCESSING) | Q(ladder__status__in=CLIMBING)
    )
    names = list(left.values_list("name", flat=True))
    drop(names)
    late = (
        Q(job__ended_at__lt=Now() - LATE) | Q(upload__ended_at__lt=Now() - LATE) | Q(ladder__sent_at__lt=Now() - LATE)
    )
    left.filter(late, name__in=names).delete()
    return len(names)


def purge_ended() -> int:
    """Remove the bytes of every video that a grant or a veto ended; return how many. Safe to repeat and to interrupt.

    Hygiene only: such a video is unreadable from the commit that ended its grant.
    """
    purged = 0
    while batch := _ended():
        _purge(batch)
        purged += len(batch)
    return purged


def purge_these(videos: QuerySet[Video]) -> None:
    """Remove the bytes of these videos, whatever permits them. Safe to repeat and to interrupt."""
    while batch := list(videos.filter(purged_at=None)[:AT_ONCE]):
        _purge(batch)


def _purge(batch: list[Video]) -> None:
    video_ids = [video.id for video in batch]
    names = _names(video_ids)
    drop(names)
    _mark(video_ids, names)


def _names(video_ids: list[UUID]) -> set[str]:
    """Return every file of these videos: films, stills, renditions, and what they are still being made of."""
    rows = Video.objects.filter(id__in=video_ids)
    columns = ("file", "poster", "stray", "preview", "sprite", "ladder__source", "upload__file")
    found = {name for row in rows.values_list(*columns) for name in row}
    found |= set(Rendition.objects.filter(video__in=video_ids).values_list("file", flat=True))
    return {name for name in found if name}


class Handler(Protocol):
    """What a dotted path in PURGE_HANDLERS names; it runs in the transaction that says what was purged."""

    def __call__(self, *, video_ids: list[UUID]) -> None:
        """Tidy up what shows these videos, which nobody can see any more."""
        ...


def random_name(path: Path) -> str:
    """Return a name that tells nothing, with the ending of ``path``."""
    token = secrets.token_hex(16)
    return f"videos/{token[:2]}/{token}{path.suffix}"


def _ended() -> list[Video]:
    """Return some videos whose bytes are still there and can never be read again."""
    ended = ~Q(grant__state=State.GIVEN) | ~Q(epoch=F("grant__epoch"))
    resting = Depiction.objects.filter(ended, video__purged_at=None)
    there = Video.objects.filter(purged_at=None)
    fallen = list(there.filter(id__in=resting.values("video"))[:AT_ONCE])
    vetoes = ArraySubquery(Veto.objects.values("video_id"))
    return fallen or list(there.filter(lineage__overlap=vetoes)[:AT_ONCE])


def _mark(video_ids: list[UUID], dropped: set[str]) -> None:
    with transaction.atomic():
        rows = Video.objects.filter(id__in=video_ids)
        # In the order in which a takedown holds them, so that the two never wait for each other.
        list(rows.select_for_update(no_key=True).order_by("id").values_list("id"))
        # A rendition or poster is stored while its video is held and not purged: these are the last that came.
        if late := _names(video_ids) - dropped:
            drop(late)
        Rendition.objects.filter(video__in=video_ids).delete()
        Subtitles.objects.filter(video__in=video_ids).delete()
        Upload.objects.filter(video__in=video_ids).update(file="")
        rows.update(purged_at=Now(), cover_ms=None, stray="")
        for dotted in settings.PURGE_HANDLERS:
            handler: Handler = import_string(dotted)
            handler(video_ids=video_ids)
