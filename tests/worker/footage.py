"""Clips to upload: real films, encoded for the test, small or large."""

import hashlib
import io
from functools import cache

import av
import numpy as np


@cache
def clip(*, seconds: float = 0.5, width: int = 96, height: int = 160, rate: int = 10, size_bytes: int = 0) -> bytes:
    """Return an MP4 with a moving picture; with ``size_bytes`` it is grown to that size by a box that players skip."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "30"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        ramp = np.linspace(0, 255, width, dtype=np.uint8)
        for number in range(max(1, round(seconds * rate))):
            row = np.roll(ramp, 7 * number)
            picture = np.repeat(np.stack([row, row[::-1], np.full_like(row, 90)], axis=-1)[None], height, axis=0)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())
    content = file.getvalue()
    grown = size_bytes - len(content)
    if grown > 8:
        content += grown.to_bytes(4, "big") + b"free" + _noise(grown - 8)
    return content


def _noise(length: int) -> bytes:
    """Bytes that no two places share, so that a part in the wrong place is noticed."""
    return np.random.default_rng(7).bytes(length)


def sha256(content: bytes) -> str:
    """The digest to declare."""
    return hashlib.sha256(content).hexdigest()
