"""What there is of a video to be played: every address of it (its ``part``), and the stored file behind each."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from feed.hls import Segment
from socialvideo.lib.errors import Problem
from worker.models import Rendition, Subtitles, Video

# What follows the id of a video in an address. A ticket is good for one part alone.
FILM, POSTER, PREVIEW, SPRITE, MASTER = ".mp4", ".jpg", "/preview.webp", "/sprite.jpg", "/master.m3u8"
PART = (
    r"\.mp4|\.jpg|/preview\.webp|/sprite\.jpg|/master\.m3u8|/[0-9]{1,5}\.mp4|/hls/[0-9]{1,5}\.(?:m3u8|mp4)"
    r"|/subtitles/[A-Za-z0-9-]{1,35}\.(?:m3u8|vtt)"
)
KINDS = {
    "mp4": "video/mp4",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "m3u8": "application/vnd.apple.mpegurl",
    "vtt": "text/vtt; charset=utf-8",
}


@dataclass(frozen=True)
class Stored:
    """A stored file: its name there, how many bytes it has (None: ask the storage), and its tag for ETag."""

    name: str
    size: int | None
    tag: str


@dataclass(frozen=True)
class Form:
    """One rendition."""

    kind: str
    rung: int
    width: int
    height: int
    bandwidth: int
    codecs: str
    segments: tuple[Segment, ...]
    file: Stored

    @property
    def part(self) -> str:
        """Where its bytes are."""
        return f"/hls/{self.rung}.mp4" if self.kind == Rendition.Kind.HLS else f"/{self.rung}.mp4"

    @property
    def entry(self) -> str:
        """Where a player begins with it."""
        return f"/hls/{self.rung}.m3u8" if self.kind == Rendition.Kind.HLS else self.part


@dataclass(frozen=True)
class Playable:
    """A video with its renditions, by falling size, the (language, label) of its subtitles, and its sprite's grid."""

    video_id: UUID
    seconds: float
    fps: int
    blurhash: str
    forms: tuple[Form, ...]
    languages: tuple[tuple[str, str], ...]
    files: Mapping[str, Stored]
    sprite: Mapping[str, int] | None

    @property
    def ladder(self) -> tuple[Form, ...]:
        """What HLS offers."""
        return tuple(form for form in self.forms if form.kind == Rendition.Kind.HLS)

    @property
    def best(self) -> str:
        """Where the film is at its best, in one file: as it was sealed, or the largest rendition of an upload."""
        whole = [form for form in self.forms if form.kind == Rendition.Kind.MP4]
        is_rendition = self.files[FILM].name in {form.file.name for form in whole}
        return max(whole, key=lambda form: form.rung).part if is_rendition else FILM


def kind_of(part: str) -> str:
    """Return the media type of a part."""
    return KINDS[part.rpartition(".")[2]]


def find(video_id: UUID) -> Playable:
    """Read what there is of a video now; more rungs may come. Decides nothing. 404 if there is no such video."""
    video = Video.objects.prefetch_related("renditions").filter(id=video_id).first()
    if video is None:
        raise Problem(404, "not_found", "There is no such video.")
    languages = Subtitles.objects.filter(video=video_id).order_by("language").values_list("language", "label")
    forms = tuple(sorted(map(_form, video.renditions.all()), key=lambda form: (form.kind, -form.rung)))
    files = {**dict(_own(video)), **{form.part: form.file for form in forms}}
    return Playable(
        video_id=video_id,
        seconds=video.duration_ms / 1000,
        fps=video.fps,
        blurhash=video.blurhash,
        forms=forms,
        languages=tuple(languages),
        files=files,
        sprite=(video.sprite_grid or None) if video.sprite else None,
    )


def film(video: Video) -> Stored:
    """Return the file that the video itself names."""
    return Stored(video.file, video.size_bytes, _tag(bytes(video.content_digest), FILM))


def seconds_of(video: Video) -> int:
    """Return how long it plays, in whole seconds, rather too many."""
    return math.ceil(video.duration_ms / 1000)


def _own(video: Video) -> Iterator[tuple[str, Stored]]:
    yield FILM, film(video)
    for part, name in ((POSTER, video.poster), (PREVIEW, video.preview), (SPRITE, video.sprite)):
        if name:
            yield part, Stored(name, None, _tag(hashlib.sha256(name.encode()).digest(), part))


def _form(row: Rendition) -> Form:
    segments = tuple((offset, length, seconds) for offset, length, seconds in row.segments)
    stored = Stored(row.file, row.size_bytes, _tag(bytes(row.digest), ".mp4"))
    return Form(row.kind, row.rung, row.width, row.height, row.bandwidth, row.codecs, segments, stored)


def _tag(digest: bytes, part: str) -> str:
    return f"{digest.hex()[:32]}-{part.rpartition('.')[2]}"
