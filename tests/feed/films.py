"""A film of colours with a tone, rendered as uploads are, and its renditions put beside a video."""

import functools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from socialvideo.lib.ids import new_id
from worker.media.inspecting import inspect
from worker.media.rendering import Rendered, render
from worker.media.rules import Facts, Rung
from worker.models import Rendition, Video

FPS, RATE = 15, 48_000
RUNGS = (Rung("240", 240, 426, 600_000, mp4=True), Rung("180", 180, 320, 300_000, mp4=False))


@dataclass(frozen=True)
class Made:
    """A rendered film: what it is, and each rung with its bytes."""

    facts: Facts
    rendered: tuple[tuple[Rendered, bytes, bytes | None], ...]


@functools.cache
def made(seconds: int) -> Made:
    """Render a film of so many seconds, once a run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source.mp4"
        _shoot(source, seconds)
        facts = inspect(source)
        done = render(source, folder, RUNGS, facts=facts)
        return Made(facts, tuple((one, one.hls.read_bytes(), one.mp4 and one.mp4.read_bytes()) for one in done))


def shelve(video: Video, film: Made) -> list[Rendition]:
    """Store every rendition of the film, and name them in rows of the video."""
    Video.objects.filter(id=video.id).update(duration_ms=film.facts.duration_ms, fps=FPS)
    return Rendition.objects.bulk_create(row for one, hls, mp4 in film.rendered for row in _rows(video, one, hls, mp4))


def _rows(video: Video, one: Rendered, hls: bytes, mp4: bytes | None) -> Iterator[Rendition]:
    common = {"video": video, "rung": int(one.rung.name), "width": one.width, "height": one.height}
    common |= {"bandwidth": one.bandwidth, "codecs": one.codecs}
    segments = [[*one.init, 0.0], *map(list, one.segments)]
    yield Rendition(kind="hls", **common, **_stored(hls, one.sha256), segments=segments)
    if mp4:
        yield Rendition(kind="mp4", **common, **_stored(mp4, one.mp4_sha256 or ""))


def _stored(content: bytes, digest: str) -> dict[str, object]:
    name = default_storage.save(f"videos/{new_id().hex}.mp4", ContentFile(content))
    return {"file": name, "size_bytes": len(content), "digest": bytes.fromhex(digest)}


def _shoot(path: Path, seconds: int) -> None:
    """Write moving colours with a tone of 440 Hz."""
    with av.open(str(path), "w") as film:
        picture = film.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 270, 480, "yuv420p"
        sound = film.add_stream("aac", rate=RATE, layout="mono")
        rows, columns = np.mgrid[0:480, 0:270]
        for number in range(seconds * FPS):
            layers = [(rows + 5 * number) % 256, (columns + 3 * number) % 256, (rows + columns + 7 * number) % 256]
            frame = av.VideoFrame.from_ndarray(np.stack(layers, axis=-1).astype(np.uint8), format="rgb24")
            film.mux(picture.encode(frame))
        film.mux(picture.encode(None))
        for start in range(0, seconds * RATE, 1024):
            wave = np.sin(2 * np.pi * 440 * np.arange(start, start + 1024) / RATE).astype(np.float32) * 0.2
            heard = av.AudioFrame.from_ndarray(wave[None, :], format="fltp", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = RATE, start, Fraction(1, RATE)
            film.mux(sound.encode(heard))
        film.mux(sound.encode(None))
