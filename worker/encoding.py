"""Turns frames into an H.264 MP4, and an MP4 into a poster or into facts about it.

The same frames give the same bytes with the same build of libx264: one thread, no times or tool names in the metadata.
Files are written beside their target and moved into place whole, so a half-written video never bears the final name.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream
from PIL import Image

from worker.engines.base import Clip, EngineFailed, Frame

# No extra keyframes at cuts: they fall on every second second, where a stream may later be divided.
# cpu-independent: with AVX-512, x264's macroblock tree reads memory that it never wrote, and equal frames gave another
# file every few runs. Without code for one kind of processor they give the same on all, and it costs nothing.
QUALITY = {"preset": "veryfast", "crf": "21", "sc_threshold": "0", "x264-params": "cpu-independent=1"}
KEYFRAME_SECONDS = 2
POSTER_QUALITY = 85
# Only MP4 and only from disk: a file that turns out to be a playlist must not make FFmpeg open another.
READ_ONLY_MP4 = {"format_whitelist": "mov", "protocol_whitelist": "file"}


@dataclass(frozen=True)
class Encoded:
    """Facts about one finished video: pixels, frames a second, frames, milliseconds, bytes, SHA-256 in hex."""

    width: int
    height: int
    fps: int
    frames: int
    duration_ms: int
    size_bytes: int
    sha256: str


def encode(clip: Clip, target: Path) -> Encoded:
    """Write ``clip`` to ``target`` as a silent MP4 (H.264, yuv420p, BT.709, index first) and return its facts.

    Frames are pulled one at a time. Whatever the frames raise leaves unchanged, and no file stays behind. Raises
    EngineFailed: ``no_frames`` for an empty clip, ``wrong_frame`` for a frame that is not of the clip's shape.
    """
    first = next(clip.frames, None)
    if first is None:
        raise EngineFailed("no_frames", "The engine gave back a clip without a single frame.")
    with _whole(target) as part:
        count = _write(clip, chain([first], clip.frames), part)
    return _facts(target, clip.width, clip.height, clip.fps, count)


def poster(video: Path, target: Path, at: float = 0.4) -> None:
    """Write the frame that lies ``at`` (0 to 1) of the way through ``video`` to ``target``: JPEG, no metadata.

    Raises av.error.FFmpegError when ``video`` cannot be read, and ValueError when it holds no picture.
    """
    with av.open(str(video), options=READ_ONLY_MP4) as container:
        stream = container.streams.video[0]
        wanted = int((stream.duration or 0) * min(max(at, 0.0), 1.0))
        container.seek(wanted, stream=stream)
        chosen: VideoFrame | None = None
        for frame in container.decode(stream):
            chosen = frame
            if frame.pts is not None and frame.pts >= wanted:
                break
    if chosen is None:
        raise ValueError(f"{video.name} holds no picture")
    with _whole(target) as part:
        pixels = np.asarray(chosen.to_ndarray(format="rgb24"), dtype=np.uint8)
        Image.fromarray(pixels).save(part, format="JPEG", quality=POSTER_QUALITY, optimize=True)


def probe(video: Path) -> Encoded:
    """Return the facts about ``video``, counted by decoding every frame; raises av.error.FFmpegError when it cannot."""
    with av.open(str(video), options=READ_ONLY_MP4) as container:
        stream = container.streams.video[0]
        count = sum(1 for _ in container.decode(stream))
        return _facts(video, stream.width, stream.height, round(stream.average_rate or 0), count)


def _facts(video: Path, width: int, height: int, fps: int, frames: int) -> Encoded:
    with video.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Encoded(width, height, fps, frames, round(1000 * frames / max(fps, 1)), video.stat().st_size, digest)


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """Give a path beside ``target`` to write to; it becomes ``target`` if all goes well and vanishes if not."""
    part = target.with_name(f"{target.name}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _write(clip: Clip, frames: Iterable[Frame], part: Path) -> int:
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    count = 0
    with av.open(str(part), "w", format="mp4", options=options) as container:
        stream = _h264(container, clip)
        for count, frame in enumerate(frames, start=1):
            if frame.shape != (clip.height, clip.width, 3):
                raise EngineFailed("wrong_frame", f"Frame {count} has shape {frame.shape}, not that of its clip.")
            picture = VideoFrame.from_ndarray(frame, format="rgb24").reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, threads=1
            )
            picture.pts = count - 1
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return count


def _h264(container: OutputContainer, clip: Clip) -> VideoStream:
    stream = container.add_stream("libx264", rate=clip.fps, options=QUALITY)
    stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
    context = stream.codec_context
    context.gop_size = clip.fps * KEYFRAME_SECONDS
    # The number of threads changes the bytes: fixed, so that equal frames give an equal file on any machine.
    context.thread_count = 1
    context.flags |= Flags.bitexact
    context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return stream
