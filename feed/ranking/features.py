"""THE feature function: training and serving call the same, on the same shapes.

A row is ``COLUMNS`` float32: the learned ones first (``LEARNED``), then the wishes, which no model learns from. The
logged row is all that a score depends on.
"""

import numpy as np

from feed.ranking.log import Floats, Ints
from feed.ranking.model import Model
from feed.ranking.types import Viewer, Wishes

LEARNED: tuple[str, ...] = ()
WISHED = ("steer", "mood", "ai")
COLUMNS: tuple[str, ...] = (*LEARNED, *WISHED)


def rows(model: Model, viewer: Viewer, posts: Ints, now: float, wishes: Wishes | None = None) -> Floats:
    """The features of these posts for this viewer at ``now``: (len(posts), len(COLUMNS)). No row depends on another."""
    raise NotImplementedError


def packed(row: Floats) -> bytes:
    """A row as it is logged: little-endian float32."""
    return np.ascontiguousarray(row, dtype="<f4").tobytes()


def unpacked(logged: bytes) -> Floats:
    """The row that ``packed`` wrote."""
    return np.frombuffer(logged, dtype="<f4").astype(np.float32)
