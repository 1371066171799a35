"""Reporting a video, and the queue of reports."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Person
from moderation.models import Report
from socialvideo.lib.errors import Problem
from worker.models import Video


def report(*, reporter: Person, video_id: UUID, category: str, detail: str) -> Report:
    """Put a report into the queue. 404 for a video that never was, 409 while one of this person's stands open.

    Works whether or not the reporter may see the video: whoever is blocked from something may still report it.
    """
    if not Video.objects.filter(id=video_id).exists():
        raise Problem(404, "not_found", "There is no video of this id.")
    try:
        with transaction.atomic():
            return Report.objects.create(reporter=reporter, video_id=video_id, category=category, detail=detail)
    except IntegrityError as error:
        raise Problem(409, "report_stands_open", "You reported this video already; it is in the queue.") from error


def of_person(reporter: Person) -> QuerySet[Report]:
    """Return one's own reports with their state."""
    return Report.objects.filter(reporter=reporter)


def queue() -> QuerySet[Report]:
    """Return the open reports, for moderators."""
    return Report.objects.filter(state=Report.State.OPEN).select_related("reporter", "video__owner")
