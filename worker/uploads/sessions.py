"""Upload sessions: begin, find, end, try again. What is open belongs to one person, who alone sees it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from accounts.models import Person
from socialvideo.lib import queue
from socialvideo.lib.errors import Problem
from worker import incoming, storage
from worker.models import Ladder, Upload
from worker.rules import UploadStatus
from worker.uploads import direct, quotas, rules

INGEST = "worker.tasks.ingest"


def begin(
    *, owner: Person, size_bytes: int, media_type: str, sha256: str, name: str = "", direct_to_storage: bool = False
) -> Upload:
    """Open a session, if there is room for it today; 413 or 429 with when there will be.

    ``direct_to_storage``: the bytes go to S3 in parts, and not through here. Raises the 409 problem where that is none.
    """
    fresh = Upload(
        owner=owner,
        name=name,
        media_type=media_type,
        size_bytes=size_bytes,
        digest=bytes.fromhex(sha256),
        file=direct.fresh_name() if direct_to_storage else incoming.fresh_name(),
    )
    if not direct_to_storage:
        return _opened(fresh)
    direct.require()
    fresh.multipart = direct.begin(fresh.file, media_type)
    try:
        return _opened(fresh)
    except Problem:
        direct.abort(fresh.file, fresh.multipart)
        raise


def _opened(fresh: Upload) -> Upload:
    """Store a session if there is room for it; who begins several at once is counted one after the other."""
    with transaction.atomic():
        quotas.hold(fresh.owner_id)
        quotas.require(quotas.room(fresh.owner_id), fresh.size_bytes)
        fresh.save(force_insert=True)
    fresh.refresh_from_db()
    return fresh


def of_person(person: Person) -> QuerySet[Upload]:
    """Return the person's uploads, with the ladders of those that are ready."""
    return Upload.objects.filter(owner=person).select_related("video__ladder")


def find(person: Person, upload_id: UUID) -> Upload:
    """Return one of the person's uploads, else the 404 problem."""
    upload = of_person(person).filter(id=upload_id).first()
    if upload is None:
        raise Problem(404, "not_found", "None of your uploads has this id.")
    return upload


def heal(upload: Upload) -> Upload:
    """Return the upload with no more bytes stored than there are: a disk that lost some is believed."""
    if upload.status == UploadStatus.RECEIVING and incoming.is_here(upload.file):
        there = incoming.size(upload.file)
        lost = Upload.objects.filter(id=upload.id, status=UploadStatus.RECEIVING, received__gt=there)
        if there < upload.received and lost.update(received=there, fence=F("fence") + 1):
            upload.received = there
    return upload


def require_going_on(upload: Upload) -> None:
    """Raise the 410 problem for a session that has ended without a video."""
    if upload.status in (*rules.OVER, UploadStatus.FAILED):
        raise Problem(410, "upload_ended", f"This upload has ended: it is {upload.status}. Begin another one.")


def limits(person: Person) -> dict[str, Any]:
    """Return what the person may upload, and what is left today."""
    left = quotas.room(person.id)
    return {
        "media_types": rules.MEDIA_TYPES,
        "largest_bytes": largest(),
        "longest_seconds": settings.UPLOAD_MAX_SECONDS,
        "part_bytes": settings.UPLOAD_PART_BYTES,
        "bytes_left": left.size_bytes,
        "clips_left": left.clips,
        "sessions_left": left.sessions,
        "resets_at": left.resets_at,
        "direct_to_storage": direct.is_there(),
    }


def largest() -> int:
    """Return how many bytes a file may have."""
    return int(settings.UPLOAD_MAX_BYTES)


def part_bytes(upload: Upload) -> int:
    """Return how many bytes are best sent at once."""
    return direct.part_bytes() if upload.multipart else int(settings.UPLOAD_PART_BYTES)


def ladder(upload: Upload) -> Ladder | None:
    """Return the making of the video's renditions, if there is one."""
    return getattr(upload.video, "ladder", None) if upload.video else None


def expires_at(upload: Upload) -> datetime | None:
    """Return when a session that nobody touches ends; None when it has ended or all bytes are here."""
    if upload.status != UploadStatus.RECEIVING:
        return None
    lasting: datetime = upload.touched_at + timedelta(hours=settings.UPLOAD_IDLE_HOURS)
    return lasting


def whole(upload_id: UUID, *, fence: int) -> bool:
    """All bytes are here: hand the upload to the worker, in the caller's transaction; False if it moved on."""
    left = {"status": UploadStatus.PROCESSING, "received": F("size_bytes"), "progress": rules.RECEIVED}
    receiving = Upload.objects.filter(id=upload_id, fence=fence, status=UploadStatus.RECEIVING)
    if not receiving.update(**left, touched_at=Now()):
        return False
    send(upload_id)
    return True


def put_together(upload: Upload, parts: list[tuple[int, str]]) -> None:
    """All parts of a direct upload are in storage: have it make one object of them. One that is whole stays as it is.

    409 when storage does not take the parts, or when bytes are missing; an object of another size is rejected.
    """
    require_going_on(upload)
    if upload.status != UploadStatus.RECEIVING:
        return
    if not upload.multipart:
        raise Problem(
            409, "upload_incomplete", f"{upload.received} of {upload.size_bytes} bytes are here. Send the rest."
        )
    size = direct.complete(upload.file, upload.multipart, parts)
    if size == upload.size_bytes:
        with transaction.atomic():
            whole(upload.id, fence=upload.fence)
        return
    words = f"{size} bytes arrived, {upload.size_bytes} were declared. Upload it again."
    wrong = {"failure_code": "size_mismatch", "failure_detail": words, "ended_at": Now()}
    if Upload.objects.filter(id=upload.id, status=UploadStatus.RECEIVING).update(status=UploadStatus.REJECTED, **wrong):
        remove_bytes(upload)


def parts_of(upload: Upload, numbers: range) -> list[dict[str, Any]]:
    """Return the parts of a direct upload with these numbers (from 1 on): where to put each, and what is there.

    Keeps the session alive. An upload whose bytes come through here has none.
    """
    if upload.status != UploadStatus.RECEIVING or not upload.multipart:
        return []
    there = direct.stored(upload.file, upload.multipart)
    received = min(upload.size_bytes, sum(part.size_bytes for part in there.values()))
    told = {"received": received, "progress": rules.received(received, upload.size_bytes), "touched_at": Now()}
    Upload.objects.filter(id=upload.id, status=UploadStatus.RECEIVING).update(**told)
    last = -(-upload.size_bytes // direct.part_bytes())
    return [_part(upload, number, there.get(number)) for number in numbers if 1 <= number <= last]


def _part(upload: Upload, number: int, there: direct.Stored | None) -> dict[str, Any]:
    begins = (number - 1) * direct.part_bytes()
    return {
        "number": number,
        "offset": begins,
        "size_bytes": min(direct.part_bytes(), upload.size_bytes - begins),
        "url": direct.address(upload.file, upload.multipart, number),
        "stored_bytes": there.size_bytes if there else 0,
        "etag": there.etag if there else None,
    }


def cancel(upload: Upload) -> None:
    """End a session and remove its bytes; one that has ended stays as it is, and what is ready is removed elsewhere."""
    given_up = {"status": UploadStatus.CANCELLED, "ended_at": Now(), "fence": F("fence") + 1, "lease_until": None}
    going = (*rules.OPEN, UploadStatus.FAILED)
    if Upload.objects.filter(id=upload.id, status__in=going).update(**given_up):
        remove_bytes(upload)


def retry(upload: Upload) -> None:
    """Try a failed upload again, with its bytes; 409 unless it failed and they are still kept."""
    again = {"status": UploadStatus.PROCESSING, "attempts": 0, "failure_code": "", "failure_detail": ""}
    with transaction.atomic():
        failed = Upload.objects.filter(id=upload.id, status=UploadStatus.FAILED).exclude(file="")
        if not failed.update(**again, progress=rules.RECEIVED, ended_at=None, touched_at=Now()):
            raise Problem(409, "upload_not_failed", "Only an upload that failed, and not long ago, can be tried again.")
        send(upload.id)


def remove_bytes(upload: Upload) -> None:
    """Remove what was received of an upload that needs it no more. Safe to repeat."""
    if upload.multipart and upload.file:
        direct.abort(upload.file, upload.multipart)
    if upload.file:
        storage.drop([upload.file])
    Upload.objects.filter(id=upload.id).update(file="", multipart="")


def send(upload_id: UUID) -> None:
    """Wake a worker at commit."""
    queue.wake(INGEST, upload_id=str(upload_id))
