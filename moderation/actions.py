"""What moderators do about a video or a comment, with the reasons that the people concerned can read."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import notices
from accounts.models import Person
from accounts.notices import Told
from feed.engagement import comments
from feed.models import Comment
from moderation.models import Action, Report
from moderation.reports import Target
from socialvideo.lib.errors import Problem
from worker import videos
from worker.models import Depiction, Video


def take_down(
    *, moderator: Person, video_id: UUID, category: str, reasons: str, comment_id: UUID | None = None
) -> Action:
    """Take a video, or a comment, out of sight everywhere and uphold its open reports, in one commit.

    404, 409 if it is down.
    """
    _require(video_id)
    about = Target(video_id, comment_id)
    try:
        with transaction.atomic():
            action = _decide(moderator, about, Action.Kind.TAKEDOWN, category, reasons, Report.State.UPHELD)
            if comment_id:
                concerned = _remove(comment_id)
            else:
                videos.take_down(video_id)
                concerned = list(videos.concerned(video_id))
            kind = notices.Kind.COMMENT_REMOVED if comment_id else notices.Kind.TAKEN_DOWN
            notices.tell_all(kind=kind, events=[Told(one, thing_id=action.id) for one in concerned])
            return action
    except IntegrityError as error:
        raise Problem(409, "taken_down_already", "This is down already.") from error


def dismiss(
    *, moderator: Person, video_id: UUID, category: str, reasons: str, comment_id: UUID | None = None
) -> Action:
    """Leave a video, or a comment, as it is and close its open reports.

    404, 409 if none is open: there is nothing to answer.
    """
    _require(video_id)
    with transaction.atomic():
        about = Target(video_id, comment_id)
        return _decide(moderator, about, Action.Kind.DISMISSAL, category, reasons, Report.State.DISMISSED)


def concerning(person: Person) -> QuerySet[Action]:
    """Return the statements of reasons owed to ``person``: their video or comment, a video that shows them, or what
    they reported.

    A report made later does not open what was decided before it.
    """
    shown = Depiction.objects.filter(video=OuterRef("video"), subject=person)
    reported = Report.objects.filter(video=OuterRef("video"), reporter=person, created_at__lte=OuterRef("created_at"))
    of_video = Q(comment=None) & (Q(video__owner=person) | Exists(shown) | Exists(reported.filter(comment=None)))
    said = Q(comment__author=person) | Exists(reported.filter(comment=OuterRef("comment")))
    return Action.objects.filter(of_video | said)


def _require(video_id: UUID) -> None:
    if not Video.objects.filter(id=video_id).exists():
        raise Problem(404, "not_found", "There is no video of this id.")


def _remove(comment_id: UUID) -> list[UUID]:
    comments.moderate(comment_id)
    return list(Comment.objects.filter(id=comment_id).values_list("author", flat=True))


def _decide(
    moderator: Person, about: Target, kind: Action.Kind, category: str, reasons: str, state: Report.State
) -> Action:
    what = {"video": about.video_id, "comment": about.comment_id}
    closed = Report.objects.filter(**what, state=Report.State.OPEN).update(state=state)
    if kind is Action.Kind.DISMISSAL and not closed:
        thing = "comment" if about.comment_id else "video"
        raise Problem(
            409, "no_open_report", f"No report of this {thing} is open; somebody may have decided it just now."
        )
    ids = {"video_id": about.video_id, "comment_id": about.comment_id}
    return Action.objects.create(moderator=moderator, **ids, kind=kind, category=category, reasons=reasons)
