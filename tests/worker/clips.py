"""Small real films, made by PyAV: every picture has its number in it, and the sound can be measured."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
RATE = 48_000


def numbered(number: int, width: int, height: int) -> Pixels:
    """A picture that is darker on the left, with a white bar that goes down by four pixels a picture."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = np.linspace(40, 160, width, dtype=np.uint8)[None, :, None]
    top = number * 4 % height
    pixels[top : top + 8] = 255
    return pixels


def film(
    path: Path,
    *,
    size: tuple[int, int] = (320, 240),
    fps: int = 30,
    seconds: float = 1.0,
    codec: str = "libx264",
    form: str = "mp4",
    pixels: str = "yuv420p",
    tone: float | None = None,
    sound: str = "aac",
    metadata: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
    turned: int = 0,
    ratio: Fraction | None = None,
    times: Callable[[int], Fraction] | None = None,
    muxer: dict[str, str] | None = None,
    picture: Callable[[int, int, int], Pixels] = numbered,
) -> Path:
    """Write a film; ``tone`` is the amplitude of its sound (440 Hz), None for none; ``times`` when each picture is."""
    fast = {"preset": "ultrafast", "x265-params": "log-level=none"} if codec in ("libx264", "libx265") else {}
    with av.open(str(path), "w", format=form, options=muxer or {}) as container:
        container.metadata.update(metadata or {})
        stream: Any = container.add_stream(codec, rate=fps, options={**fast, **(options or {})})
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.codec_context.thread_count = 1
        if ratio:
            stream.codec_context.sample_aspect_ratio = ratio
        if times:
            stream.codec_context.time_base = Fraction(1, 90_000)
        if turned:
            stream.set_display_rotation(turned)
        heard: Any = container.add_stream(sound, rate=RATE, layout="stereo") if tone is not None else None
        for number in range(round(fps * seconds)):
            frame = VideoFrame.from_ndarray(picture(number, *size), format="rgb24").reformat(format=pixels)
            at = times(number) if times else Fraction(number, fps)
            frame.time_base = stream.codec_context.time_base or Fraction(1, fps)
            frame.pts = round(at / frame.time_base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if heard is not None:
            for block in _tone(tone or 0.0, seconds):
                container.mux(heard.encode(block))
            container.mux(heard.encode())
    return path


def _tone(amplitude: float, seconds: float) -> Iterator[AudioFrame]:
    line = amplitude * np.sin(2 * np.pi * 440 * np.arange(round(RATE * seconds)) / RATE)
    for start in range(0, len(line), 1024):
        part = np.repeat(line[None, start : start + 1024], 2, axis=0).astype(np.float32)
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(part), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        yield frame


def shown(path: Path) -> list[tuple[float, VideoFrame]]:
    """Every picture of a film of ours with its time in seconds."""
    with av.open(str(path)) as container:
        return [(float(frame.time or 0), frame) for frame in container.decode(video=0)]


def heard(path: Path) -> NDArray[np.float32]:
    """The whole sound of a film of ours, of shape (2, n), from its time 0."""
    with av.open(str(path)) as container:
        found = [(frame.time or 0.0, frame.to_ndarray()) for frame in container.decode(audio=0)]
    line = np.concatenate([samples for _, samples in found], axis=1)
    return line[:, max(0, round(-found[0][0] * RATE)) :]


def bar(frame: VideoFrame) -> float:
    """Where the middle of the white bar is, from the top, as a share of the height."""
    grey = frame.to_ndarray(format="gray").astype(int)
    rows = np.flatnonzero(grey.mean(axis=1) > 200)
    return float(rows.mean() / grey.shape[0]) if len(rows) else -1.0
