"""The depicted person's say over one video: accepting a render by its hash, or vetoing it and every remix of it."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Person
from consent import fences, ledger, locks
from consent.models import Acceptance, Decision, Veto
from consent.rules import Claim, Point
from socialvideo.lib import bus
from socialvideo.lib.errors import Problem


def accept(*, subject: Person, video_id: UUID, digest: bytes) -> Acceptance:
    """Accept the render of this SHA-256; repeating it changes nothing. 404 unless the video shows this person, 410 once
    they have vetoed it or their own grant for it has ended.

    Only publication asks for it, and it compares the hash with that of the bytes to be published: an acceptance of a
    render that was replaced, or of one that does not exist, is worth nothing.
    """
    with transaction.atomic(durable=True):
        locks.exclude([subject.id])
        _require_shown(subject, video_id)
        _require_standing(subject, video_id)
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


def veto_made_by(*, subject_id: UUID, maker_id: UUID) -> None:
    """Veto every video that one person made and that shows another by a third one's grant, as a remix does.

    In the caller's transaction, which holds the subject's lock: what shows them by grants of their own ends with those.
    """
    sealed = Decision.objects.filter(subject=subject_id, requester=maker_id, point=Point.SEAL, verdict="allowed")
    others = sealed.exclude(grant__grantee=maker_id).order_by("video_id")
    video_ids = [video_id for video_id in others.values_list("video_id", flat=True).distinct() if video_id]
    Veto.objects.bulk_create([Veto(subject_id=subject_id, video_id=one) for one in video_ids], ignore_conflicts=True)
    bus.announce("video", video_ids)


def _require_shown(subject: Person, video_id: UUID) -> None:
    """Refuse with 404 unless the journal says that this video was sealed with this person in it."""
    if not _seals(subject, video_id).exists():
        raise Problem(404, "not_found", "No video of this id shows you.")


def _require_standing(subject: Person, video_id: UUID) -> None:
    """Refuse with 410 once what this person's part in the video rests on has ended."""
    claims = [Claim(row.subject_id, row.grant_id, row.epoch) for row in _seals(subject, video_id) if row.subject_id]
    if not fences.standing(claims):
        raise Problem(410, "gone_consent", "This video is gone: a permission that it rested on has ended.")


def _seals(subject: Person, video_id: UUID) -> QuerySet[Decision]:
    return Decision.objects.filter(subject=subject, video_id=video_id, point=Point.SEAL, verdict="allowed")


def _record(kind: str, subject: Person, video_id: UUID, digest: str) -> None:
    ledger.append([ledger.Entry(kind, {"subject": str(subject.id), "video": str(video_id), "digest": digest})])
