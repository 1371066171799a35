"""Opening a video to be watched: entitlement, then the gate, then a ticket that the stream server takes."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.core import signing

from accounts import auth
from accounts.models import Person, Session
from consent import gate
from consent.rules import Allowed, Point, Right
from feed import visibility
from socialvideo.lib.errors import Problem
from worker.models import Video

SALT = "playback"


@dataclass(frozen=True)
class Ticket:
    """Who may play what, in which session. Signed, short-lived, and checked anew at every use."""

    video_id: UUID
    viewer_id: UUID
    session_id: UUID
    download: bool = False

    def signed(self) -> str:
        """Return the ticket as it stands in an address."""
        parts = [str(self.video_id), str(self.viewer_id), str(self.session_id), self.download]
        return signing.dumps(parts, salt=SALT)

    @classmethod
    def read(cls, text: str, video_id: UUID) -> "Ticket":
        """Return the ticket; 403 if it is altered, foreign or past its time."""
        try:
            parts = signing.loads(text, salt=SALT, max_age=settings.PLAYBACK_SECONDS)
        except signing.BadSignature as error:
            raise Problem(403, "ticket_invalid", "Get a fresh address at GET /api/v1/videos/{id}/playback.") from error
        video, viewer, session, download = parts
        ticket = cls(UUID(video), UUID(viewer), UUID(session), download)
        if ticket.video_id != video_id:
            raise Problem(403, "ticket_invalid", "This address was made for another video.")
        return ticket


def gone() -> Problem:
    """Return the 410 for a video one of whose grants has ended."""
    return Problem(410, "gone_consent", "This video is gone: a permission that it rested on has ended.")


def open_video(*, viewer: Person, session: Session, video_id: UUID) -> Ticket:
    """Decide one viewing, write it to the journal, and return its ticket. 404, 410."""
    video = entitled(viewer.id, video_id)
    ask_gate(video, viewer.id, Point.OPEN)
    return Ticket(video.id, viewer.id, session.id)


def open_download(*, viewer: Person, session: Session, video_id: UUID) -> Ticket:
    """Decide one download: everybody depicted must have granted that right. 403, 404, 410."""
    video = entitled(viewer.id, video_id)
    ask_gate(video, viewer.id, Point.OPEN)
    claims = [replace(claim, right=Right.DOWNLOAD) for claim in video.claims()]
    gate.use(point=Point.DOWNLOAD, requester_id=viewer.id, claims=claims, about=video.about(), effect=_nothing)
    return Ticket(video.id, viewer.id, session.id, download=True)


def reopen(ticket: Ticket) -> Video:
    """Decide again for a part of a viewing that was opened; journals only a denial. 401, 404, 410."""
    if not auth.session_is_live(ticket.session_id):
        detail = "The session that opened this video has ended. Log in again."
        raise Problem(401, "session_ended", detail, headers={"WWW-Authenticate": "Bearer"})
    video = entitled(ticket.viewer_id, ticket.video_id)
    ask_gate(video, ticket.viewer_id, Point.CHUNK)
    return video


def entitled(viewer_id: UUID, video_id: UUID) -> Video:
    """Return the video if its owner, a person depicted or its audience asks; else 404, or 410 when taken down."""
    video = Video.objects.prefetch_related("depictions").filter(id=video_id).first()
    if video is None or not _may(viewer_id, video):
        raise Problem(404, "not_found", "There is no such video for this account.")
    if video.taken_down_at:
        raise Problem(410, "taken_down", "A moderator took this video down.")
    return video


def ask_gate(video: Video, viewer_id: UUID, point: Point) -> None:
    """Raise the 410 problem unless every depiction's grant stands."""
    try:
        gate.use(
            point=point,
            requester_id=viewer_id,
            claims=video.claims(),
            about=video.about(),
            effect=_nothing,
            quiet=point is Point.CHUNK,
        )
    except gate.Denied as denied:
        raise gone() from denied


def _nothing(_: Allowed) -> None:
    return None


def _may(viewer_id: UUID, video: Video) -> bool:
    own = viewer_id == video.owner_id or any(row.subject_id == viewer_id for row in video.depictions.all())
    return own or visibility.may_watch(viewer=viewer_id, video_id=video.id)
