"""Opening a video to be watched: entitlement, then the gate, then a viewing whose tickets the stream server takes."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from accounts import auth, edges
from accounts.models import Person, Session
from consent import fences, gate
from consent.rules import NOBODY, Allowed, Claim, Point, Right
from feed import reuse, visibility
from feed.renditions import seconds_of
from feed.tickets import Basis, Viewing
from socialvideo.lib.bus import keys
from socialvideo.lib.clock import StatementTime
from socialvideo.lib.errors import Problem
from worker.models import Video

# Seconds of the database's clock: what shows nobody ends by a word alone.
NEVER = 253_402_300_799.0


def open_video(*, viewer: Person, session: Session, video_id: UUID) -> Viewing:
    """Decide one viewing and write it to the journal: once, however many parts of it are then played. 404, 410."""
    basis = _basis(video_id, viewer.id, session.id)
    video = entitled(viewer.id, video_id)
    ask_gate(video, viewer.id, Point.OPEN)
    return Viewing(video.id, viewer.id, session.id, seconds=seconds_of(video), basis=basis)


def open_download(*, viewer: Person, session: Session, video_id: UUID) -> Viewing:
    """Decide one download: everybody depicted must have granted that right, and its author too. 403, 404, 410."""
    basis = _basis(video_id, viewer.id, session.id)
    video = entitled(viewer.id, video_id)
    ask_gate(video, viewer.id, Point.OPEN)
    barred = reuse.is_barred(person_id=viewer.id, video=video, use=reuse.Use.DOWNLOAD)
    claims = [replace(claim, right=Right.DOWNLOAD) for claim in video.claims()] + [Claim(NOBODY)] * barred
    gate.use(
        point=Point.DOWNLOAD,
        requester_id=viewer.id,
        claims=claims,
        about=video.about(),
        effect=_nothing,
        nobody=not claims,
    )
    return Viewing(video.id, viewer.id, session.id, download=True, seconds=seconds_of(video), basis=basis)


def reopen(viewing: Viewing, resting: Callable[[Basis], None] = lambda basis: None) -> Basis:
    """Decide again for a part of a viewing that was opened; journals only a denial. 401, 404, 410.

    ``resting`` is told what the decision will rest on before it is made.
    """
    basis = _basis(viewing.video_id, viewing.viewer_id, viewing.session_id)
    if basis:
        resting(basis)
    if not auth.session_is_live(viewing.session_id, of=viewing.viewer_id):
        detail = "The session that opened this video has ended. Log in again."
        raise Problem(401, "session_ended", detail, headers={"WWW-Authenticate": "Bearer"})
    video = entitled(viewing.viewer_id, viewing.video_id)
    ask_gate(video, viewing.viewer_id, Point.CHUNK)
    if basis is None:
        raise visibility.gone()
    return basis


def entitled(viewer_id: UUID, video_id: UUID) -> Video:
    """Return the video if its owner, a person depicted or its audience asks; else 404, or 410 when taken down."""
    video = Video.objects.prefetch_related("depictions").filter(id=video_id).first()
    if video is None or not _may(viewer_id, video):
        raise Problem(404, "not_found", "There is no such video for this account.")
    if video.taken_down_at:
        raise Problem(410, "taken_down", "A moderator took this video down.")
    return video


def require_standing(viewer_id: UUID, video_id: UUID) -> None:
    """Return if there is such a video for this viewer, and it stands: for what is told of it. 404, 410."""
    video = entitled(viewer_id, video_id)
    if not fences.standing(video.claims(), video.lineage, nobody=video.shows_nobody):
        raise visibility.gone()


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
            nobody=video.shows_nobody,
        )
    except gate.Denied as denied:
        raise visibility.gone() from denied


def _nothing(_: Allowed) -> None:
    return None


def _may(viewer_id: UUID, video: Video) -> bool:
    own = viewer_id == video.owner_id or any(row.subject_id == viewer_id for row in video.depictions.all())
    return own or visibility.may_watch(viewer=viewer_id, video_id=video.id)


def _basis(video_id: UUID, viewer_id: UUID, session_id: UUID) -> Basis | None:
    """Read what a decision about this video will rest on; None if there is no such video, or a depiction is lost.

    Also on what is between the viewer and whoever made it or is shown, which a block or a parting ends.
    """
    film = Video.objects.filter(id=video_id).annotate(now=StatementTime())
    shown = "depictions__grant_id", "depictions__subject_id", "depictions__grant__expires_at"
    of_video = "depiction_count", "owner", "lineage"
    found = list(film.values_list(*shown, *of_video, "now"))
    rows = [row for row in found if row[0]]
    if not found or len(rows) != found[0][3]:
        return None
    *_, owner, lineage, now = found[0]
    pairs = edges.pair_keys(viewer_id, {owner, *(row[1] for row in rows)})
    return Basis(
        keys=(
            *keys("session", [session_id]),
            *keys("video", lineage),
            *keys("person", [owner]),
            *keys("grant", [row[0] for row in rows]),
            *pairs,
        ),
        ends_at=min((row[2].timestamp() for row in rows), default=NEVER),
        decided_at=now.timestamp(),
    )
