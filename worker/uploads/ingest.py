"""What becomes of received bytes: check → inspect → first size → stills → screening → video, made in one commit → rest.

The run holds a lease and a fence as a job's does. Whatever is raised before that commit leaves no video and no file.
The film is decoded for all sizes at once: when the first is ready it becomes the video, while the rest are made.
"""

import hashlib
import logging
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts import notices
from socialvideo.lib.ids import new_id
from worker import ladders, leases, scratch, storage
from worker.ladders import Climb
from worker.leases import LeaseLost
from worker.media import inspecting, rendering, stills
from worker.media import rules as media
from worker.media.child import MediaFailed
from worker.media.rendering import Rendered
from worker.media.rules import Facts, MediaRules, Rejected
from worker.media.stills import Stills
from worker.models import Rendition, Upload, Video
from worker.rules import Origin, Screening, UploadStatus
from worker.uploads import rules, screenings, sessions
from worker.uploads.screenings import Looked

log = logging.getLogger(__name__)
PIECE = 4 * 1024 * 1024
OUR_FAULT = "Something went wrong here, and not with your film. Try it again."


@dataclass(frozen=True)
class Claimed:
    """An upload that this run owns as long as its fence is the newest."""

    upload_id: UUID
    owner_id: UUID
    fence: int
    file: str
    size: int
    digest: bytes


def run(upload_id: UUID) -> None:
    """Make a video of one upload. Safe to call any number of times, by any number of workers at once."""
    scratch.clear()
    claimed = claim(upload_id)
    if claimed is None:
        return
    try:
        with leases.kept(partial(_renew, claimed), str(upload_id)):
            _make(claimed)
    except Rejected as rejected:
        _reject(claimed, rejected)
    except LeaseLost:
        log.info("upload %s is no longer ours", upload_id)
    except FileNotFoundError as missing:  # given up under our hands, or a folder that is not the API server's
        if _fail(_own(claimed), "bytes_lost", "What you sent is not there any more. Upload it again."):
            log.error("upload %s: %s", upload_id, missing)
    except MediaFailed as failed:
        log.error("upload %s: %s", upload_id, failed)
        _own(claimed).update(lease_until=None, touched_at=Now())
    except (KeyboardInterrupt, SystemExit):
        _own(claimed).update(lease_until=None, touched_at=Now(), attempts=F("attempts") - 1)
        raise


def claim(upload_id: UUID) -> Claimed | None:
    """Take the upload if it waits or its lease ran out; None when somebody else has it or it ended."""
    waiting = Upload.objects.filter(_unheld(), id=upload_id, attempts__lt=settings.MEDIA_ATTEMPTS)
    if not waiting.update(attempts=F("attempts") + 1, fence=F("fence") + 1, lease_until=_lease_end()):
        return None
    row = Upload.objects.get(id=upload_id)
    return Claimed(row.id, row.owner_id, row.fence, row.file, row.size_bytes, bytes(row.digest))


def sweep() -> int:
    """End what was tried too often, send again what waits too long; return how many were sent."""
    over = Upload.objects.filter(_unheld(), attempts__gte=settings.MEDIA_ATTEMPTS)
    for upload_id in list(over.values_list("id", flat=True)[:500]):
        _fail(over.filter(id=upload_id), "processing_failed", OUR_FAULT)
    late = Now() - timedelta(seconds=settings.JOB_LEASE_SECONDS)
    ids = list(Upload.objects.filter(_unheld(), touched_at__lt=late).values_list("id", flat=True)[:500])
    Upload.objects.filter(id__in=ids).update(touched_at=Now())
    for upload_id in ids:
        sessions.send(upload_id)
    return len(ids)


def _make(claimed: Claimed) -> None:
    with scratch.folder() as folder:
        source = storage.fetched(claimed.file, folder)
        _check(claimed, source)
        facts = inspecting.inspect(source, rules=_media_rules())
        _report(claimed, rules.INSPECTED)
        with ExitStack() as held:
            making = Making(claimed, source, folder, facts, held)
            rendering.render(
                source,
                folder,
                media.rungs(facts),
                facts=facts,
                on_progress=making.progressed,
                on_ready=making.ready,
                encoder=ladders.encoder(),
            )


class Making:
    """An upload in the making: until its first size is ready the upload's own, from then on the ladder of its video."""

    def __init__(self, claimed: Claimed, source: Path, folder: Path, facts: Facts, held: ExitStack) -> None:
        self.claimed, self.source, self.folder, self.facts, self.held = claimed, source, folder, facts, held
        self.climb: Climb | None = None

    def progressed(self, share: float) -> None:
        """Say how far the sizes are, 0 to 1, at least once a second: is it still ours? LeaseLost, ladders.Ended."""
        if self.climb:
            ladders.progressed(self.climb, share)
        else:
            _report(self.claimed, rules.between(rules.INSPECTED, rules.MADE, share / media.FIRST_SHARE))

    def ready(self, made: Rendered) -> None:
        """Make the video of the first size, and add each other to it."""
        if self.climb:
            ladders.store(self.climb, made)
            return
        self.climb = self._sealed(made)
        self.held.enter_context(ladders.climbing(self.climb))

    def _sealed(self, made: Rendered) -> Climb:
        if made.mp4 is None:
            raise MediaFailed("the first size has no MP4")
        pictures = stills.stills(made.mp4, self.folder, facts=_of_rendition(self.facts, made))
        _report(self.claimed, rules.PICTURED)
        looked = Looked(self.claimed.upload_id, self.claimed.owner_id, self.source, self.facts, pictures)
        verdict = screenings.verdict(looked)
        files = (made.hls, made.mp4, pictures.poster, pictures.preview, pictures.sprite)
        with storage.kept_for({"upload_id": self.claimed.upload_id}, *files) as names:
            return _seal(self.claimed, made, pictures, verdict, names)


def _check(claimed: Claimed, source: Path) -> None:
    """Raise Rejected unless the bytes are those that were declared."""
    digest, done = hashlib.sha256(), 0
    with source.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            done += len(piece)
            _report(claimed, rules.between(rules.RECEIVED, rules.CHECKED, done / claimed.size))
    if done != claimed.size:
        raise Rejected("size_mismatch", f"{done} bytes arrived, {claimed.size} were declared. Upload it again.")
    if digest.digest() != claimed.digest:
        raise Rejected("digest_mismatch", "What arrived is not the file that was declared. Upload it again.")


def _of_rendition(facts: Facts, made: Rendered) -> Facts:
    """Return the facts about a film's rendition: what is decoded from there is decoded soon."""
    return replace(
        facts,
        container="mov",
        codec="h264",
        width=made.width,
        height=made.height,
        fps=float(made.fps),
        duration_ms=made.duration_ms,
    )


def _seal(claimed: Claimed, made: Rendered, pictures: Stills, verdict: Screening, names: list[str]) -> Climb:
    """Store the video with its first renditions and end the upload, in one commit; its ladder is ours. LeaseLost."""
    hls, mp4, poster, preview, sprite = names
    video_id = new_id()
    with transaction.atomic():
        video = Video.objects.create(
            id=video_id,
            owner_id=claimed.owner_id,
            origin=Origin.UPLOADED,
            depiction_count=0,
            screening=verdict,
            lineage=[video_id],
            file=mp4,
            poster=poster,
            preview=preview,
            sprite=sprite,
            sprite_grid=asdict(pictures.sprite_grid),
            blurhash=pictures.blurhash,
            content_digest=bytes.fromhex(made.mp4_sha256 or ""),
            size_bytes=made.mp4_size_bytes or 0,
            width=made.width,
            height=made.height,
            fps=made.fps,
            duration_ms=made.duration_ms,
        )
        Rendition.objects.bulk_create(ladders.rows(video_id, made, hls, mp4))
        storage.release(names)
        ready: dict[str, Any] = {"status": UploadStatus.READY, "progress": 100, "video": video, "lease_until": None}
        if not _own(claimed).update(**ready, ended_at=Now()):
            raise LeaseLost
        notices.tell(kind=notices.Kind.UPLOAD_READY, recipient_id=claimed.owner_id, thing_id=video_id)
        return ladders.begin_held(video_id=video_id, source=claimed.file)


def _reject(claimed: Claimed, rejected: Rejected) -> None:
    if _fail(_own(claimed), rejected.code, rejected.detail, UploadStatus.REJECTED):
        sessions.remove_bytes(Upload.objects.get(id=claimed.upload_id))


def _fail(mine: QuerySet[Upload], code: str, detail: str, status: UploadStatus = UploadStatus.FAILED) -> bool:
    """End one upload without a video, and tell its owner; False if it is no longer there to be ended."""
    ended: dict[str, Any] = {"status": status, "failure_code": code, "failure_detail": detail[:300]}
    with transaction.atomic():
        row = mine.values_list("owner", "id").first()
        if row is None or not mine.update(**ended, lease_until=None, fence=F("fence") + 1, ended_at=Now()):
            return False
        notices.tell(kind=notices.Kind.UPLOAD_FAILED, recipient_id=row[0], thing_id=row[1])
    return True


def _report(claimed: Claimed, progress: int) -> None:
    if not _own(claimed).update(progress=progress, lease_until=_lease_end()):
        raise LeaseLost


def _renew(claimed: Claimed) -> None:
    if not _own(claimed).update(lease_until=_lease_end()):
        raise LeaseLost


def _media_rules() -> MediaRules:
    return MediaRules(max_bytes=settings.UPLOAD_MAX_BYTES, max_ms=settings.UPLOAD_MAX_SECONDS * 1000)


def _own(claimed: Claimed) -> QuerySet[Upload]:
    return Upload.objects.filter(id=claimed.upload_id, fence=claimed.fence, status=UploadStatus.PROCESSING)


def _unheld() -> Q:
    return Q(status=UploadStatus.PROCESSING) & (Q(lease_until=None) | Q(lease_until__lt=Now()))


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)
