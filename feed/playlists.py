"""The texts of a video that are made for each request: its playlists, and its subtitles."""

from collections.abc import Callable
from uuid import UUID

from feed import hls
from feed.renditions import MASTER, Form, Playable
from socialvideo.lib.errors import Problem
from worker.models import Subtitles

Query = Callable[[str], str]
"""What follows a part in an address made for whoever asks: its ticket, or nothing."""


def text(playable: Playable, part: str, query: Query) -> bytes:
    """Return a playlist; 404 if the video has no such rendition."""
    if part == MASTER:
        return _master(playable, query).encode()
    if part.startswith("/subtitles/"):
        subtitles = part.removesuffix(".m3u8") + ".vtt"
        return hls.track(_beside(subtitles, query), playable.seconds).encode()
    return _media(playable, part, query).encode()


def subtitles(video_id: UUID, part: str) -> bytes:
    """Return the WebVTT of a part; 404 if there is none in its language (any more)."""
    language = part.rpartition("/")[2].removesuffix(".vtt")
    found = Subtitles.objects.filter(video=video_id, language=language).values_list("text", flat=True).first()
    if found is None:
        raise absent()
    return found.encode()


def absent() -> Problem:
    """Return the 404 for a part that is not there."""
    return Problem(404, "not_found", "This video has no such rendition. Get its addresses at its playback.")


def _master(playable: Playable, query: Query) -> str:
    if not playable.ladder:
        raise absent()
    tracks = [
        hls.Track(f"subtitles/{language}.m3u8{query(f'/subtitles/{language}.m3u8')}", language, label)
        for language, label in playable.languages
    ]
    return hls.master([_variant(form, playable.fps, query) for form in playable.ladder], tracks)


def _variant(form: Form, fps: int, query: Query) -> hls.Variant:
    return hls.Variant(
        address=f"{form.entry[1:]}{query(form.entry)}",
        bandwidth=form.bandwidth,
        average=hls.average(form.segments),
        codecs=form.codecs,
        width=form.width,
        height=form.height,
        fps=fps,
    )


def _media(playable: Playable, part: str, query: Query) -> str:
    for form in playable.ladder:
        if form.entry == part:
            return hls.media(form.segments, _beside(form.part, query))
    raise absent()


def _beside(part: str, query: Query) -> str:
    """Return the address of a part from another one in the same folder."""
    return f"{part.rpartition('/')[2]}{query(part)}"
