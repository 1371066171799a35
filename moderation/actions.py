"""What moderators do about a video, with the reasons that the people concerned can read."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import notices
from accounts.models import Person
from accounts.notices import Told
from moderation.models import Action, Report
from socialvideo.lib.errors import Problem
from worker import videos
from worker.models import Depiction, Video


def take_down(*, moderator: Person, video_id: UUID, category: str, reasons: str) -> Action:
    """Take a video out of sight everywhere and uphold its open reports, in one commit. 404, 409 if it is down."""
    _require(video_id)
    try:
        with transaction.atomic():
            action = _decide(moderator, video_id, Action.Kind.TAKEDOWN, category, reasons, Report.State.UPHELD)
            videos.take_down(video_id)
            notices.tell_all(
                kind=notices.Kind.TAKEN_DOWN,
                events=[Told(one, thing_id=action.id) for one in videos.concerned(video_id)],
            )
            return action
    except IntegrityError as error:
        raise Problem(409, "taken_down_already", "This video is down already.") from error


def dismiss(*, moderator: Person, video_id: UUID, category: str, reasons: str) -> Action:
    """Leave a video as it is and close its open reports. 404, 409 if none is open: there is nothing to answer."""
    _require(video_id)
    with transaction.atomic():
        return _decide(moderator, video_id, Action.Kind.DISMISSAL, category, reasons, Report.State.DISMISSED)


def concerning(person: Person) -> QuerySet[Action]:
    """Return the statements of reasons owed to ``person``: their video, a video that shows them, or their report.

    A report made later does not open what was decided before it.
    """
    shown = Depiction.objects.filter(video=OuterRef("video"), subject=person)
    reported = Report.objects.filter(video=OuterRef("video"), reporter=person, created_at__lte=OuterRef("created_at"))
    return Action.objects.filter(Q(video__owner=person) | Exists(shown) | Exists(reported))


def _require(video_id: UUID) -> None:
    if not Video.objects.filter(id=video_id).exists():
        raise Problem(404, "not_found", "There is no video of this id.")


def _decide(
    moderator: Person, video_id: UUID, kind: Action.Kind, category: str, reasons: str, state: Report.State
) -> Action:
    closed = Report.objects.filter(video=video_id, state=Report.State.OPEN).update(state=state)
    if kind is Action.Kind.DISMISSAL and not closed:
        raise Problem(409, "no_open_report", "No report of this video is open; somebody may have decided it just now.")
    return Action.objects.create(moderator=moderator, video_id=video_id, kind=kind, category=category, reasons=reasons)
