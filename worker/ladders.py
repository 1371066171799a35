"""Ladders: the renditions of a video, made after it is sealed, each stored in a commit of its own.

Of an upload they are made of the file that was received, of anything else of the sealed film. A ladder is hygiene of
nobody's consent: before it begins, while it works and in each commit it makes sure that the video still stands.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from consent import fences
from socialvideo.lib import queue
from worker import leases, rules, scratch, storage
from worker.leases import LeaseLost
from worker.media import inspecting, rendering, stills
from worker.media import rules as media
from worker.media.child import MediaFailed
from worker.media.rendering import Rendered
from worker.models import Ladder, Rendition, Upload, Video
from worker.rules import LadderStatus

log = logging.getLogger(__name__)
CLIMB = "worker.tasks.climb"


class Ended(Exception):
    """The video does not stand any more: nothing is to be made of it."""


@dataclass(frozen=True)
class Climb:
    """A ladder that this run owns as long as its fence is the newest."""

    video_id: UUID
    fence: int
    source: str


def begin(*, video_id: UUID, source: str) -> None:
    """Queue the ladder of a video, in the transaction that seals it."""
    Ladder.objects.create(video_id=video_id, source=source)
    send(video_id)


def begin_held(*, video_id: UUID, source: str) -> Climb:
    """Begin the ladder of a video in the transaction that seals it, to be made by this very run (``climbing``)."""
    first = {"status": LadderStatus.IN_PROGRESS, "attempts": 1, "fence": 1, "lease_until": _lease_end()}
    Ladder.objects.create(video_id=video_id, source=source, **first)
    return Climb(video_id, 1, source)


def send(video_id: UUID) -> None:
    """Wake a worker at commit."""
    queue.wake(CLIMB, video_id=str(video_id))


def run(video_id: UUID) -> None:
    """Make what is missing. Safe to call any number of times, by any number of workers at once."""
    scratch.clear()
    climb = claim(video_id)
    if climb is None:
        return
    with climbing(climb):
        _make(climb)


@contextmanager
def climbing(climb: Climb) -> Iterator[None]:
    """Hold a ladder while what is inside makes it: done at its end, else left as the exception says, which ends here.

    One that is interrupted is queued again, and the interruption goes on to the caller.
    """
    try:
        with leases.kept(partial(_renew, climb), str(climb.video_id)):
            yield
            _end(climb, LadderStatus.DONE)
    except Ended:
        _end(climb, LadderStatus.FAILED, "video_ended")
    except LeaseLost:
        log.info("the ladder of %s is no longer ours", climb.video_id)
    except media.Rejected as rejected:
        _end(climb, LadderStatus.FAILED, rejected.code)
    except FileNotFoundError as missing:  # purged under our hands, or lost
        log.error("the ladder of %s: %s", climb.video_id, missing)
        _end(climb, LadderStatus.FAILED, "source_lost")
    except MediaFailed as failed:
        log.error("the ladder of %s: %s", climb.video_id, failed)
        _postpone(climb)
    except (KeyboardInterrupt, SystemExit):
        _own(climb).update(status=LadderStatus.QUEUED, lease_until=None, sent_at=Now(), attempts=F("attempts") - 1)
        raise


def claim(video_id: UUID) -> Climb | None:
    """Take the ladder if it is queued or its lease ran out; None when somebody else has it or it ended."""
    left = Q(status=LadderStatus.QUEUED) | _orphaned()
    taken = Ladder.objects.filter(left, video=video_id, attempts__lt=settings.MEDIA_ATTEMPTS).update(
        status=LadderStatus.IN_PROGRESS, attempts=F("attempts") + 1, fence=F("fence") + 1, lease_until=_lease_end()
    )
    if not taken:
        return None
    ladder = Ladder.objects.get(video=video_id)
    return Climb(video_id, ladder.fence, ladder.source)


def sweep() -> int:
    """End what was tried too often, send again what waits too long; return how many were sent."""
    over = Ladder.objects.filter(_orphaned() | Q(status=LadderStatus.QUEUED), attempts__gte=settings.MEDIA_ATTEMPTS)
    for video_id in list(over.values_list("video", flat=True)):
        if over.filter(video=video_id).update(
            status=LadderStatus.FAILED, failure_code="media_failed", lease_until=None, fence=F("fence") + 1
        ):
            _remove_source(video_id)
    forgotten = Q(status=LadderStatus.QUEUED, sent_at__lt=Now() - timedelta(seconds=settings.JOB_LEASE_SECONDS))
    ids = list(Ladder.objects.filter(forgotten | _orphaned()).values_list("video", flat=True)[:500])
    Ladder.objects.filter(video__in=ids).update(sent_at=Now())
    for video_id in ids:
        send(video_id)
    return len(ids)


def rows(video_id: UUID, made: Rendered, hls: str, mp4: str | None) -> list[Rendition]:
    """Return the rows of a finished size whose files are stored under these names."""
    common: dict[str, Any] = {
        "video_id": video_id,
        "rung": int(made.rung.name),
        "width": made.width,
        "height": made.height,
        "bandwidth": made.bandwidth,
        "codecs": made.codecs,
    }
    segments = [[*made.init, 0], *map(list, made.segments)]
    found = [
        Rendition(
            kind=Rendition.Kind.HLS,
            file=hls,
            size_bytes=made.size_bytes,
            digest=bytes.fromhex(made.sha256),
            segments=segments,
            **common,
        )
    ]
    if mp4 and made.mp4_size_bytes and made.mp4_sha256:
        digest = bytes.fromhex(made.mp4_sha256)
        found.append(
            Rendition(kind=Rendition.Kind.MP4, file=mp4, size_bytes=made.mp4_size_bytes, digest=digest, **common)
        )
    return found


def encoder() -> str:
    """Return what encodes, as FFmpeg calls it (MEDIA_ENCODER)."""
    return media.ENCODERS[settings.MEDIA_ENCODER]


def _make(climb: Climb) -> None:
    require_standing(climb.video_id)
    with scratch.folder() as folder:
        source = storage.fetched(climb.source, folder)
        facts = inspecting.inspect(source)
        _add_stills(climb, source, folder, facts)
        missing = _missing(climb.video_id, media.rungs(facts))
        if missing:
            rendering.render(
                source,
                folder,
                missing,
                facts=facts,
                on_progress=partial(progressed, climb),
                on_ready=partial(store, climb),
                encoder=encoder(),
            )


def _missing(video_id: UUID, wanted: Iterable[media.Rung]) -> list[media.Rung]:
    """Return the sizes that are not stored yet, in their order."""
    made = Rendition.objects.filter(video=video_id, kind=Rendition.Kind.HLS)
    stored = set(made.values_list("rung", flat=True))
    return [rung for rung in wanted if int(rung.name) not in stored]


def progressed(climb: Climb, share: float) -> None:
    """Say how far it is, 0 to 1, at least once a second: is the ladder ours, does the video stand? Ended, LeaseLost."""
    require_standing(climb.video_id)
    if not _own(climb).update(progress=rules.percent(int(share * 100), 100), lease_until=_lease_end()):
        raise LeaseLost


def store(climb: Climb, made: Rendered) -> None:
    """Store one finished size, if the video stands and the ladder is ours, in one commit."""
    paths = [path for path in (made.hls, made.mp4) if path]
    with storage.kept_for({"ladder_id": climb.video_id}, *paths) as names, _held(climb):
        Rendition.objects.bulk_create(rows(climb.video_id, made, names[0], names[1] if made.mp4 else None))
        storage.release(names)
    for path in paths:
        path.unlink()


def _add_stills(climb: Climb, source: Path, folder: Path, facts: media.Facts) -> None:
    """Give a video that was sealed with a poster alone its moving preview, its sprite and its blurhash."""
    if Video.objects.exclude(preview="").filter(id=climb.video_id).exists():
        return
    made = stills.stills(source, folder, facts=facts)
    with storage.kept_for({"ladder_id": climb.video_id}, made.preview, made.sprite) as names, _held(climb):
        preview, sprite = names
        Video.objects.filter(id=climb.video_id).update(
            preview=preview, sprite=sprite, sprite_grid=asdict(made.sprite_grid), blurhash=made.blurhash
        )
        storage.release(names)


@contextmanager
def _held(climb: Climb) -> Iterator[None]:
    """A transaction in which the video is held and stands, and the ladder is ours: else Ended, or LeaseLost."""
    with transaction.atomic():
        require_standing(climb.video_id, held=True)
        if not list(_own(climb).select_for_update().values_list("video")):
            raise LeaseLost
        yield


def require_standing(video_id: UUID, *, held: bool = False) -> None:
    """Raise Ended unless the video is there and everybody's grant stands.

    ``held``: in the caller's transaction, and it is neither taken down nor purged before that ends.
    """
    there = Video.objects.filter(id=video_id, purged_at=None, taken_down_at=None)
    there = there.select_for_update(no_key=True) if held else there
    video = there.prefetch_related("depictions").first()
    if video is None or not _stands(video):
        raise Ended


def _stands(video: Video) -> bool:
    try:
        return fences.standing(video.claims(), video.lineage, nobody=video.shows_nobody)
    except ValueError:  # a depiction is lost: nothing may be decided about it
        return False


def _renew(climb: Climb) -> None:
    if not _own(climb).update(lease_until=_lease_end()):
        raise LeaseLost


def _end(climb: Climb, status: LadderStatus, code: str = "") -> None:
    ended: dict[str, Any] = {"status": status, "failure_code": code, "lease_until": None}
    if status is LadderStatus.DONE:
        ended["progress"] = 100
    if _own(climb).update(**ended):
        _remove_source(climb.video_id)


def _postpone(climb: Climb) -> None:
    """Leave it to a later run; the sweep ends what was tried too often."""
    _own(climb).update(status=LadderStatus.QUEUED, lease_until=None, sent_at=Now())


def _remove_source(video_id: UUID) -> None:
    """Remove what was received, which nobody needs any more."""
    received = Upload.objects.filter(video=video_id).exclude(file="")
    storage.drop(received.values_list("file", flat=True))
    received.update(file="")


def _own(climb: Climb) -> QuerySet[Ladder]:
    return Ladder.objects.filter(video=climb.video_id, fence=climb.fence, status=LadderStatus.IN_PROGRESS)


def _orphaned() -> Q:
    return Q(status=LadderStatus.IN_PROGRESS, lease_until__lt=Now())


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)
