"""Reading a video's record, and taking one down."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from accounts.models import Person
from consent import fences
from socialvideo.lib import bus
from socialvideo.lib.errors import Problem
from worker.models import Depiction, Video
from worker.rules import VideoState


def consented(video: str) -> str:
    """Return the SQL predicate over a video of this alias: each depiction's grant is valid now, and nobody vetoed."""
    return f"""NOT EXISTS (SELECT 1 FROM worker_depiction d JOIN consent_grant g ON g.id = d.grant_id
        WHERE d.video_id = {video}.id AND NOT {fences.valid("d.epoch")}) AND {fences.unvetoed(f"{video}.lineage")}"""


def with_state() -> QuerySet[Any]:
    """Return all videos, each with its ``state`` (rules.VideoState) at this very statement."""
    depicts = "EXISTS (SELECT 1 FROM worker_depiction d WHERE d.video_id = worker_video.id)"
    state = f"""CASE WHEN worker_video.taken_down_at IS NOT NULL THEN '{VideoState.TAKEN_DOWN}'
        WHEN {depicts} AND {consented("worker_video")} THEN '{VideoState.AVAILABLE}'
        ELSE '{VideoState.WITHDRAWN}' END"""
    return Video.objects.annotate(state=RawSQL(state, [], CharField()))


def of_person(person: Person) -> QuerySet[Video]:
    """Return the videos that ``person`` made, those that are gone too."""
    return with_state().filter(owner=person).prefetch_related("depictions__subject")


def showing(person: Person) -> QuerySet[Video]:
    """Return every video that depicts ``person``, drafts and those that are gone included."""
    theirs = Depiction.objects.filter(video=OuterRef("pk"), subject=person)
    return with_state().filter(Exists(theirs)).prefetch_related("depictions__subject").select_related("owner")


def find(person: Person, video_id: UUID) -> Video:
    """Return a video for its owner or a person depicted: 404 for anybody else, 410 once it is gone."""
    theirs = Q(owner=person) | Q(Exists(Depiction.objects.filter(video=OuterRef("pk"), subject=person)))
    video: Any = with_state().filter(theirs, id=video_id).prefetch_related("depictions__subject").first()
    if video is None:
        raise Problem(404, "not_found", "You made no video of this id, nor are you in it.")
    if video.state == VideoState.TAKEN_DOWN:
        raise Problem(410, "taken_down", "A moderator took this video down. GET /api/v1/me/statements says why.")
    if video.state != VideoState.AVAILABLE:
        raise Problem(410, "gone_consent", "This video is gone: a permission that it rested on has ended.")
    return cast(Video, video)


def take_down(video_id: UUID) -> None:
    """Take the video and its remixes out of sight everywhere, and cut whoever is watching. Joins the transaction."""
    with transaction.atomic():
        Video.objects.filter(lineage__contains=[video_id], taken_down_at=None).update(taken_down_at=Now())
        bus.announce("video", [video_id])
