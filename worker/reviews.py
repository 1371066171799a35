"""Reviewing drafts: a depicted person accepts a render by its hash before it may be published, or vetoes it."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import Person
from consent import reviews, withdrawal
from consent.models import Acceptance
from socialvideo.lib.errors import Problem
from worker import jobs, standing, videos
from worker.models import Depiction, Job, Video
from worker.rules import Status


def waiting(subject: Person) -> QuerySet[Video]:
    """Return the drafts that ``subject`` wished to review, has not answered, and that may still be published."""
    asked = Depiction.objects.filter(video=OuterRef("pk"), subject=subject, grant__review=True, epoch=F("grant__epoch"))
    accepted = Acceptance.objects.filter(video_id=OuterRef("pk"), subject=subject, digest=OuterRef("content_digest"))
    # Refused: somebody in it allows nothing new, though what was made before still stands.
    refused = Q(job__status=Status.REFUSED)
    rows = Video.objects.filter(Exists(asked), ~Exists(accepted), ~refused, standing.standing())
    return rows.prefetch_related("depictions__subject")


def accept(*, subject: Person, video_id: UUID, sha256: str) -> None:
    """Accept the render of this hash. 404 unless it shows this person, 409 when the render is another by now."""
    video = videos.find(subject, video_id)
    if bytes(video.content_digest).hex() != sha256.lower():
        raise Problem(409, "render_changed", "The video is not the one you looked at. Look again and decide anew.")
    reviews.accept(subject=subject, video_id=video_id, digest=bytes(video.content_digest))
    if not _missing(video):
        with transaction.atomic():
            if Job.objects.filter(video=video, status=Status.AWAITING_REVIEW).update(status=Status.COMPLETED):
                jobs.tell_made(video.id)


def veto(*, subject: Person, video_id: UUID) -> None:
    """End the video and every remix of it, for good. 404 unless it shows this person."""
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(video_id=video_id))


def _missing(video: Video) -> bool:
    """Tell whether somebody who wished to review this render has not accepted it."""
    accepted = Acceptance.objects.filter(
        video_id=video.id, subject=OuterRef("subject"), digest=bytes(video.content_digest)
    )
    return Depiction.objects.filter(video=video, grant__review=True).exclude(Exists(accepted)).exists()
