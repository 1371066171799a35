"""Reading a video's record, and taking one down."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import Person
from consent import fences
from socialvideo.lib import bus
from socialvideo.lib.errors import Problem
from socialvideo.lib.prepared import Columns, Statement, attached
from worker import standing
from worker.models import Depiction, Video
from worker.rules import Screening


class TakenDown(Exception):
    """A moderator took down what is being remixed."""


# Parameters named %(person)s, %(after)s and %(limit)s.
_BEFORE = "(%(after)s::uuid IS NULL OR {id} < %(after)s)"
_MADE = f"""SELECT o.id, o.lineage, o.taken_down_at, o.depiction_count FROM worker_video o
    WHERE o.owner_id = %(person)s AND o.purged_at IS NULL AND {_BEFORE.format(id="o.id")}"""
# Twice in a video (by a grant and by inheritance) is once in the list. What fell with one's own grant is passed over
# before anything else is looked up.
_SHOWING = f"""SELECT DISTINCT o.video_id AS id FROM worker_depiction o
    WHERE o.subject_id = %(person)s AND {_BEFORE.format(id="o.video_id")}
    AND (SELECT {fences.valid("o.epoch")} FROM consent_grant g WHERE g.id = o.grant_id)"""
MADE = standing.newest(_MADE, standing.stands("c"))
SHOWING = standing.newest(_SHOWING, standing.named_stands("c.id"))


_VIDEO, _DEPICTION = Columns(Video), Columns(Depiction)
_OWN = Statement(f"""SELECT {_VIDEO.sql("v")}, {_DEPICTION.sql("d")}
    FROM worker_video v LEFT JOIN worker_depiction d ON d.video_id = v.id
    WHERE v.id = %(video)s AND v.owner_id = %(owner)s ORDER BY d.id""")
_SCREENING = Statement("SELECT screening FROM worker_video WHERE id = %(video)s FOR NO KEY UPDATE")


def own(*, owner_id: UUID, video_id: UUID) -> Video | None:
    """Return somebody's own video with its depictions, whatever became of it. One prepared statement."""
    rows = _OWN.rows(video=video_id, owner=owner_id)
    if not rows:
        return None
    parts = [row[len(_VIDEO) :] for row in rows]
    shown = [_DEPICTION.instance(part) for part in parts if part[0] is not None]
    return attached(_VIDEO.instance(rows[0][: len(_VIDEO)]), "depictions", shown)


def made_by(person: Person, *, after: UUID | None, limit: int) -> Sequence[Video]:
    """Return the videos that ``person`` made and that stand, newest first, those older than ``after``."""
    return _newest(MADE, person, after, limit)


def showing(person: Person, *, after: UUID | None, limit: int) -> Sequence[Video]:
    """Return the videos that depict ``person`` and stand, drafts included, newest first, older than ``after``."""
    return _newest(SHOWING, person, after, limit)


def find(person: Person, video_id: UUID) -> Video:
    """Return a video for its owner or a person depicted: 404 for anybody else, 410 once it is gone."""
    theirs = Q(owner=person) | Q(Exists(Depiction.objects.filter(video=OuterRef("pk"), subject=person)))
    rows = Video.objects.filter(theirs, id=video_id).prefetch_related("depictions__subject")
    video = rows.first()
    if video is None:
        raise Problem(404, "not_found", "You made no video of this id, nor are you in it.")
    if video.taken_down_at:
        raise Problem(410, "taken_down", "A moderator took this video down. GET /api/v1/me/statements says why.")
    if not fences.standing(video.claims(), video.lineage, nobody=video.shows_nobody):
        raise Problem(410, "gone_consent", "This video is gone: a permission that it rested on has ended.")
    return video


def take_down(video_id: UUID) -> None:
    """Take the video and its remixes out of sight everywhere, and cut whoever is watching. Joins the transaction."""
    with transaction.atomic():
        tree = Video.objects.filter(lineage__contains=[video_id])
        _await_seals(tree)
        tree.filter(taken_down_at=None).update(taken_down_at=Now())
        bus.announce("video", [video_id])


def release(video_id: UUID) -> None:
    """Let a video be published that screening held. Joins the transaction."""
    _screened(video_id, Screening.CLEAR)


def refuse(video_id: UUID) -> None:
    """Never let a video be published, whatever screening said before. Joins the transaction."""
    _screened(video_id, Screening.REFUSED)


def _screened(video_id: UUID, verdict: Screening) -> None:
    Video.objects.filter(id=video_id).update(screening=verdict)


def require_screened(video_id: UUID) -> None:
    """Raise the 409 or 403 problem unless screening lets the video be published; in the caller's transaction.

    Until that ends the verdict stays as it is.
    """
    ((verdict,),) = _SCREENING.rows(video=video_id)
    if verdict == Screening.REFUSED:
        raise Problem(403, "screening_refused", "This video cannot be published.")
    if verdict != Screening.CLEAR:
        raise Problem(409, "awaiting_screening", "Somebody is still to look at this video. Try again later.")


def concerned(video_id: UUID) -> set[UUID]:
    """Return who made a video and who is shown in it."""
    shown = Depiction.objects.filter(video=video_id).values_list("subject", flat=True)
    return {*shown, *Video.objects.filter(id=video_id).values_list("owner", flat=True)}


def _await_seals(tree: QuerySet[Video]) -> None:
    """Hold the videos in order, so that a remix which is being sealed has committed when the next statement looks."""
    list(tree.select_for_update(no_key=True).order_by("id").values_list("id"))


def require_up(lineage: Sequence[UUID], *, held: bool = False) -> None:
    """Raise TakenDown if a moderator took one of these videos down.

    ``held``: in the caller's transaction, and none is taken down before that ends.
    """
    rows = Video.objects.filter(id__in=lineage).order_by("id")
    rows = rows.select_for_update(no_key=True) if held else rows
    if any(rows.values_list("taken_down_at", flat=True)):
        raise TakenDown


def _newest(page: str, person: Person, after: UUID | None, limit: int) -> Sequence[Video]:
    query = f"""WITH page AS MATERIALIZED ({page} LIMIT %(limit)s)
        SELECT v.* FROM page JOIN worker_video v ON v.id = page.id ORDER BY v.id DESC"""
    rows = Video.objects.raw(query, {"person": person.pk, "after": after, "limit": limit})
    return list(rows.prefetch_related("depictions__subject"))
