"""Reading a video's record, and taking one down."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import Person
from consent import fences
from socialvideo.lib import bus
from socialvideo.lib.errors import Problem
from worker.models import Depiction, Video


def of_person(person: Person) -> QuerySet[Video]:
    """Return the videos that ``person`` made."""
    return Video.objects.filter(owner=person).prefetch_related("depictions__subject")


def showing(person: Person) -> QuerySet[Video]:
    """Return every video that depicts ``person``, drafts included."""
    theirs = Depiction.objects.filter(video=OuterRef("pk"), subject=person)
    return Video.objects.filter(Exists(theirs)).prefetch_related("depictions__subject").select_related("owner")


def find(person: Person, video_id: UUID) -> Video:
    """Return a video for its owner or a person depicted: 404 for anybody else, 410 once it is gone."""
    theirs = Q(owner=person) | Q(Exists(Depiction.objects.filter(video=OuterRef("pk"), subject=person)))
    rows = Video.objects.filter(theirs, id=video_id).prefetch_related("depictions__subject")
    video = rows.first()
    if video is None:
        raise Problem(404, "not_found", "You made no video of this id, nor are you in it.")
    if video.taken_down_at:
        raise Problem(410, "taken_down", "A moderator took this video down. GET /api/v1/me/statements says why.")
    if not fences.standing(video.claims(), video.lineage):
        raise Problem(410, "gone_consent", "This video is gone: a permission that it rested on has ended.")
    return video


def take_down(video_id: UUID) -> None:
    """Take the video and its remixes out of sight everywhere, and cut whoever is watching. Joins the transaction."""
    with transaction.atomic():
        Video.objects.filter(lineage__contains=[video_id], taken_down_at=None).update(taken_down_at=Now())
        bus.announce("video", [video_id])
