"""Reporting a video, a post or a comment, and the queue of reports."""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Person
from feed.models import Comment, Post
from moderation.models import Report
from socialvideo.lib.errors import Problem
from worker.models import Video


@dataclass(frozen=True)
class Target:
    """What a report or a decision is about: a video, or a comment under a post of it."""

    video_id: UUID
    comment_id: UUID | None = None


def target(*, video: UUID | None = None, post: UUID | None = None, comment: UUID | None = None) -> Target:
    """Return what is meant by one of the three: a post's is its video. 404 for what never was, 422 unless it is one."""
    if [video, post, comment].count(None) != 2:
        raise Problem(422, "one_target", "Name either a video, or a post, or a comment.")
    if post:
        found = Post.objects.filter(id=post).values_list("video_id", flat=True).first()
    elif comment:
        found = Comment.objects.filter(id=comment).values_list("post__video_id", flat=True).first()
    else:
        found = video
    if found is None:
        raise _never()
    return Target(found, comment)


def report(*, reporter: Person, video_id: UUID, category: str, detail: str, comment_id: UUID | None = None) -> Report:
    """Put a report into the queue. 404 for a video that never was, 409 while one of this person's stands open.

    Works whether or not the reporter may see the thing: whoever is blocked from something may still report it.
    """
    if not Video.objects.filter(id=video_id).exists():
        raise _never()
    about = {"video_id": video_id, "comment_id": comment_id}
    try:
        with transaction.atomic():
            return Report.objects.create(reporter=reporter, **about, category=category, detail=detail)
    except IntegrityError as error:
        raise Problem(409, "report_stands_open", "You reported this already; it is in the queue.") from error


def of_person(reporter: Person) -> QuerySet[Report]:
    """Return one's own reports with their state."""
    return Report.objects.filter(reporter=reporter)


def queue() -> QuerySet[Report]:
    """Return the open reports, for moderators."""
    waiting = Report.objects.filter(state=Report.State.OPEN)
    return waiting.select_related("reporter", "video__owner", "comment__author")


def _never() -> Problem:
    return Problem(404, "not_found", "There is nothing of this id to report.")
