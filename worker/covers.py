"""The poster of a moment that the owner chose, made anew out of the sealed film and stored under a name of its own.

``Video.cover_ms`` is the wish, until it is done. ``Video.stray`` names the file that is a poster not yet, or no more:
it is written down before that file can be there, so that whatever a killed worker leaves is found by the next.
"""

from pathlib import Path
from uuid import UUID

import av
from django.db import transaction
from django.db.models import Q

from socialvideo.lib import queue
from worker import encoding, scratch, storage
from worker.models import Video

MAKE = "worker.tasks.make_cover"
AT_ONCE = 100


def choose(*, video_id: UUID, cover_ms: int) -> None:
    """Wish for another poster, in the caller's transaction; a wish from before is forgotten."""
    if Video.objects.filter(id=video_id, purged_at=None).update(cover_ms=cover_ms):
        queue.wake(MAKE, video_id=str(video_id))


def make(video_id: UUID) -> None:
    """Make the poster that is wished for, and remove the one before. Safe to repeat, by any number at once."""
    video = Video.objects.filter(id=video_id, purged_at=None).exclude(cover_ms=None).first()
    if video:
        with scratch.folder() as folder:
            _make(video, folder)
    _tidy(video_id)


def sweep() -> None:
    """Do what a message was lost for, or a worker was killed at."""
    waiting = Video.objects.filter(~Q(cover_ms=None) | ~Q(stray=""))
    for video_id in waiting.order_by("id").values_list("id", flat=True)[:AT_ONCE]:
        queue.wake(MAKE, video_id=str(video_id))


def still(film: Path, poster: Path, cover_ms: int | None, duration_ms: int) -> None:
    """Write the picture of that moment of the film, or of a usual one."""
    if cover_ms is None:
        encoding.poster(film, poster)
    else:
        encoding.poster(film, poster, at=cover_ms / duration_ms)


def _make(video: Video, folder: Path) -> None:
    poster = folder / "poster.jpg"
    try:
        still(storage.fetched(video.file, folder), poster, video.cover_ms, video.duration_ms)
    except (FileNotFoundError, ValueError, av.error.FFmpegError):
        # The film is gone, or has no such picture: the poster that is there stays.
        Video.objects.filter(id=video.id, cover_ms=video.cover_ms).update(cover_ms=None)
        return
    name = storage.random_name(poster)
    _tidy(video.id)
    if Video.objects.filter(id=video.id, stray="", purged_at=None, cover_ms=video.cover_ms).update(stray=name):
        _store(video, poster, name)


def _store(video: Video, poster: Path, name: str) -> None:
    """Store the file while the video is held and not purged, and let it be the poster."""
    with transaction.atomic():
        rows = Video.objects.filter(id=video.id, stray=name, purged_at=None, cover_ms=video.cover_ms)
        held = rows.select_for_update(no_key=True).values_list("poster", flat=True).first()
        if held is not None:
            storage.keep(poster, name)
            rows.update(poster=name, stray=held, cover_ms=None)


def _tidy(video_id: UUID) -> None:
    """Remove the file that is no poster; while the video is held, so that nobody is storing it."""
    with transaction.atomic():
        rows = Video.objects.filter(id=video_id).exclude(stray="")
        stray = rows.select_for_update(no_key=True).values_list("stray", flat=True).first()
        if stray:
            storage.drop([stray])
            rows.update(stray="")
