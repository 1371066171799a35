"""The subtitles of one's own video: WebVTT, one track a language, gone with the video."""

import re
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Person
from socialvideo.lib.errors import Problem, invalid
from worker import videos
from worker.media import subtitles
from worker.media.rules import Rejected
from worker.models import Subtitles, Video

# Language, script, region, variants (RFC 5646 §2.1); neither extensions nor private use.
LANGUAGE = re.compile(
    r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)", re.IGNORECASE
)
LABEL_LENGTH, MOST_TRACKS = 60, 30


def tag(text: str) -> str:
    """Return a language tag as it is written (``pt-BR``, ``zh-Hant``); 404 for what is none (BCP 47)."""
    found = LANGUAGE.fullmatch(text) if len(text) <= 35 else None
    if found is None:
        raise Problem(404, "language_unknown", "A language is a BCP 47 tag, as en, pt-BR or zh-Hant.")
    language, script, region, variants = found.groups()
    parts = [language.lower(), (script or "").title(), (region or "").upper()]
    return "-".join(part for part in parts if part) + variants.lower()


def own_video(owner: Person, video_id: UUID) -> Video:
    """Return a video of the owner's that is there: 404, 410."""
    video = videos.find(owner, video_id)
    if video.owner_id != owner.pk:
        raise Problem(404, "not_found", "You have made no video of this id.")
    return video


def of_video(*, owner: Person, video_id: UUID) -> QuerySet[Subtitles]:
    """Return the tracks of one's own video, by language."""
    return Subtitles.objects.filter(video=own_video(owner, video_id)).defer("text").order_by("language")


def put(*, video: Video, language: str, label: str, content: bytes) -> Subtitles:
    """Keep the subtitles in this language, instead of any before. 422 with the line that is wrong."""
    language = tag(language)
    if len(label) > LABEL_LENGTH or not label.isprintable():
        raise invalid("/label", "label_wrong", f"A label is at most {LABEL_LENGTH} printable characters.")
    try:
        text = subtitles.normalised(content, duration_ms=video.duration_ms)
    except Rejected as rejected:
        raise Problem(422, rejected.code, rejected.detail) from rejected
    with transaction.atomic():
        # Held, so that none comes while, or after, the video is purged.
        held = Video.objects.select_for_update(no_key=True).filter(id=video.id, purged_at=None)
        if not held.exists():
            raise Problem(410, "gone_removed", "This video is gone.")
        tracks = Subtitles.objects.filter(video=video).exclude(language=language)
        if tracks.count() >= MOST_TRACKS:
            raise Problem(409, "too_many_languages", f"A video has subtitles in at most {MOST_TRACKS} languages.")
        fields = {"label": label, "text": text, "created_at": Now()}
        track, _ = Subtitles.objects.update_or_create(video=video, language=language, defaults=fields)
    track.refresh_from_db()
    return track


def remove(*, video: Video, language: str) -> None:
    """Remove the subtitles in this language; 404 if there are none."""
    if not Subtitles.objects.filter(video=video, language=tag(language)).delete()[0]:
        raise Problem(404, "not_found", "This video has no subtitles in this language.")
