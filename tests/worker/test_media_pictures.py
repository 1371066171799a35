"""Pictures by themselves: mirrored ones come upright, and those brighter than a screen keep their white."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame

from tests.worker import clips
from worker.media.inside.picture import Scaler

ONE = 1 << 16
# A display matrix (a, b, c, d of ISO/IEC 14496-12 §8.3.2: x' = ax + cy, y' = bx + dy), and what it does to an array.
MIRRORS: dict[str, tuple[tuple[int, int, int, int], Callable[[clips.Pixels], clips.Pixels]]] = {
    "left and right": ((-ONE, 0, 0, ONE), np.fliplr),
    "top and bottom": ((ONE, 0, 0, -ONE), np.flipud),
    "along one diagonal": ((0, ONE, ONE, 0), np.transpose),
    "along the other": ((0, -ONE, -ONE, 0), lambda grey: np.transpose(np.flipud(np.fliplr(grey)))),
    "nothing, only upside down": ((-ONE, 0, 0, -ONE), lambda grey: np.flipud(np.fliplr(grey))),
}


@pytest.mark.parametrize("name", MIRRORS)
def test_a_mirrored_picture_comes_as_it_is_meant_to_be_seen(tmp_path: Path, name: str) -> None:
    matrix, seen = MIRRORS[name]
    film = shown_by(clips.film(tmp_path / "a.mp4", size=(96, 64), seconds=0.1), matrix)
    frame = clips.shown(film)[0][1]
    meant = seen(frame.to_ndarray(format="gray"))
    height, width = meant.shape
    upright = Scaler(width, height).scaled(frame).to_ndarray(format="gray")
    assert np.abs(upright.astype(int) - meant).mean() < 6


def shown_by(film: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write a display matrix into the track header of an MP4."""
    data = bytearray(film.read_bytes())
    a, b, c, d = matrix
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    film.write_bytes(data)
    return film


# The scaler's tables for a picture beyond BT.709 take seconds to make, however small it is.
@pytest.mark.skipif(os.environ.get("PROOFS") != "full", reason="takes half a minute: PROOFS=full")
@pytest.mark.parametrize(
    ("transfer", "white"), [(16, 0.58), (18, 0.75)], ids=["PQ, 203 candela", "HLG, 75 % (ITU-R BT.2408)"]
)
def test_the_white_of_a_picture_brighter_than_the_screen_stays_white_and_black_black(
    transfer: int, white: float
) -> None:
    assert (wide(transfer, white) > 245).all()
    assert (wide(transfer, 0.0) < 5).all()
    assert ((wide(transfer, 0.38) > 100) & (wide(transfer, 0.38) < 120)).all()


def wide(transfer: int, signal: float) -> clips.Pixels:
    """A grey BT.2020 picture of ten bits at a share of the full signal, as it is shown in RGB."""
    frame = VideoFrame(64, 64, "yuv420p10le")
    for number, plane in enumerate(frame.planes):
        level = 512 if number else round(64 + 876 * signal)
        plane.update(np.full((plane.height, plane.line_size // 2), level, np.uint16).tobytes())
    frame.color_trc, frame.color_primaries, frame.colorspace, frame.color_range = transfer, 9, 9, 1  # type: ignore[assignment]
    frame.pts = 0
    return Scaler(64, 64, "rgb24").scaled(frame).to_ndarray()
