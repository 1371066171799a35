"""The depicted person's say over one video: accepting a render by its hash, or vetoing it and every remix of it."""

from uuid import UUID

from django.db import transaction

from accounts.models import Person
from consent import ledger, locks
from consent.models import Acceptance, Decision, Veto
from consent.rules import Point
from socialvideo.lib import bus
from socialvideo.lib.errors import Problem


def accept(*, subject: Person, video_id: UUID, digest: bytes) -> Acceptance:
    """Accept the render of this SHA-256; repeating it changes nothing. 404 unless the video shows this person.

    Only publication asks for it, and it compares the hash with that of the bytes to be published: an acceptance of a
    render that was replaced, or of one that does not exist, is worth nothing.
    """
    with transaction.atomic(durable=True):
        locks.exclude([subject.id])
        _require_shown(subject, video_id)
        if Veto.objects.filter(subject=subject, video_id=video_id).exists():
            raise Problem(410, "gone_consent", "You have vetoed this video; that is never taken back.")
        row, fresh = Acceptance.objects.get_or_create(subject=subject, video_id=video_id, digest=digest)
        if fresh:
            _record("acceptance", subject, video_id, digest.hex())
    return row


def veto(subject: Person, video_id: UUID) -> None:
    """End a video and every remix of it, in the caller's transaction, which holds the subject's lock. 404."""
    _require_shown(subject, video_id)
    Veto.objects.get_or_create(subject=subject, video_id=video_id)
    bus.announce("video", [video_id])


def _require_shown(subject: Person, video_id: UUID) -> None:
    """Refuse with 404 unless the journal says that this video was sealed with this person in it."""
    sealed = Decision.objects.filter(subject=subject, video_id=video_id, point=Point.SEAL, verdict="allowed")
    if not sealed.exists():
        raise Problem(404, "not_found", "No video of this id shows you.")


def _record(kind: str, subject: Person, video_id: UUID, digest: str) -> None:
    ledger.append([ledger.Entry(kind, {"subject": str(subject.id), "video": str(video_id), "digest": digest})])
