"""Safe decoding of uploaded pictures, and the few shapes they are stored in.

An upload is decoded by a child process with bounded memory, time and files (``image_child.py``), because a picture is
the one thing strangers send us that native code parses. What comes out is plain RGB, upright, without metadata.
"""

import io
import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from PIL import Image

CHILD = Path(__file__).with_name("image_child.py")
WALL_SECONDS = 10.0
HEAD_BYTES = 4096


@dataclass(frozen=True)
class PictureRules:
    """What an upload may be: bytes of the file, pixels in all, pixels on the longest and on the shortest side."""

    max_bytes: int = 12 * 1024 * 1024
    max_pixels: int = 25_000_000
    max_side: int = 8192
    min_side: int = 64


DEFAULT_RULES = PictureRules()


class PictureRejected(Exception):
    """The upload is not a picture we take.

    ``code`` is stable: not_an_image, picture_truncated, picture_too_large_pixels, picture_too_large_bytes,
    picture_too_small, picture_animated. ``detail`` is a sentence for the person who sent it.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def open_picture(data: bytes, *, rules: PictureRules = DEFAULT_RULES) -> Image.Image:
    """Return the first and only frame of a JPEG, PNG or WEBP as upright RGB without metadata.

    Raises PictureRejected when the file is at fault, RuntimeError when the child itself cannot run.
    """
    if len(data) > rules.max_bytes:
        raise PictureRejected("picture_too_large_bytes", f"A picture may be at most {rules.max_bytes} bytes.")
    status, output, complaint = _run(data, rules)
    head, found, pixels = output.partition(b"\n")
    if status < 0:
        raise PictureRejected("not_an_image", "The picture could not be decoded within our limits of time and memory.")
    if status or not found:
        raise RuntimeError(f"the picture decoder failed with status {status}: {complaint}")
    said = json.loads(head)
    if "code" in said:
        raise PictureRejected(said["code"], said["detail"])
    if len(pixels) != 3 * said["width"] * said["height"]:
        raise RuntimeError("the picture decoder gave back another number of pixels than it declared")
    return Image.frombytes("RGB", (said["width"], said["height"]), pixels)


def _run(data: bytes, rules: PictureRules) -> tuple[int, bytes, str]:
    """Run the child on ``data``; return its exit status (negative: killed by that signal), output and error text."""
    limits = [str(limit) for limit in (rules.max_pixels, rules.max_side, rules.min_side)]
    with tempfile.TemporaryFile() as source:
        source.write(data)
        source.seek(0)
        with subprocess.Popen(
            [sys.executable, "-I", "-B", str(CHILD), *limits],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},
        ) as child:
            return _listen(child, HEAD_BYTES + 3 * rules.max_pixels)


def _listen(child: subprocess.Popen[bytes], most: int) -> tuple[int, bytes, str]:
    """Collect at most ``most`` bytes from the child, killing it when it says more or takes too long."""
    alarm = threading.Timer(WALL_SECONDS, child.kill)
    alarm.start()
    try:
        output = _read(child.stdout, most)
        if len(output) == most:
            child.kill()
        complaint = _read(child.stderr, HEAD_BYTES).decode(errors="replace")
        return child.wait(), output, complaint
    finally:
        alarm.cancel()
        child.kill()


def _read(pipe: IO[bytes] | None, most: int) -> bytes:
    return pipe.read(most) if pipe else b""


@dataclass(frozen=True)
class Square:
    """A part of an upright picture, in its pixels: ``x`` and ``y`` of the corner at the top left, and the side."""

    x: int
    y: int
    size: int

    def lies_in(self, image: Image.Image) -> bool:
        """Tell whether all of it is in the picture."""
        inside = self.x + self.size <= image.width and self.y + self.size <= image.height
        return inside and min(self.x, self.y) >= 0 and self.size > 0


def middle(image: Image.Image) -> Square:
    """Return the largest square in the middle of ``image``."""
    size = min(image.size)
    return Square((image.width - size) // 2, (image.height - size) // 2, size)


def cut(image: Image.Image, part: Square, most: int) -> Image.Image:
    """Return ``part`` of ``image``, shrunk to a side of ``most`` pixels, never enlarged."""
    side = min(part.size, most)
    box = (part.x, part.y, part.x + part.size, part.y + part.size)
    return image.resize((side, side), Image.Resampling.LANCZOS, box=box)


def fit(image: Image.Image, max_side: int) -> Image.Image:
    """Return ``image`` shrunk, never enlarged, so that its longest side is at most ``max_side`` pixels."""
    scale = max_side / max(image.size)
    if scale >= 1:
        return image.copy()
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def to_webp(image: Image.Image, quality: int = 82) -> bytes:
    """Return ``image`` as WEBP without metadata; ``quality`` from 1 to 100."""
    return _saved(_bare(image), "WEBP", quality)


def to_jpeg(image: Image.Image, quality: int = 88) -> bytes:
    """Return ``image`` as JPEG without metadata; ``quality`` from 1 to 95."""
    return _saved(_bare(image), "JPEG", quality)


def _bare(image: Image.Image) -> Image.Image:
    """Return RGB pixels only: Pillow would carry an image's EXIF, profile and comment over into the file."""
    pixels = image.convert("RGB")
    return Image.frombytes("RGB", pixels.size, pixels.tobytes())


def _saved(image: Image.Image, kind: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, quality=quality)
    return buffer.getvalue()
