"""Where the bytes of videos lie: under random names that reveal nothing, read only through the gate."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from consent.models import Grant
from consent.rules import State
from worker.models import Depiction, Video, vetoed


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
    """Remove the bytes of every video whose grant has ended or that was vetoed; return how many. Safe to repeat.

    Hygiene only: such a video is unreadable from the commit that ended its grant.
    """
    ended = Grant.objects.exclude(state=State.GIVEN)
    resting = Depiction.objects.filter(video=OuterRef("pk"), grant__in=ended)
    videos = list(Video.objects.filter(Exists(resting) | vetoed("lineage"), purged_at=None)[:500])
    for video in videos:
        drop([video.file, video.poster])
        Video.objects.filter(id=video.id).update(purged_at=Now())
    return len(videos)
