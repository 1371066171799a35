"""The preview engine: an honest stand-in that animates the enrolled portraits and needs no weights.

The portraits float on photo cards over a scene grown from the SHA-256 of prompt and seed, under a PREVIEW label.
Nothing is generated: the result says so in every frame. Equal scenes give byte-equal frames, and every clip loops.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from PIL import Image

from worker.engines.base import Clip, EngineFailed, Frame, OnStep, Scene
from worker.engines.preview_cards import Card, places, unit_of
from worker.engines.preview_lettering import lettering
from worker.engines.preview_scenes import Backdrop

SMALLEST_SIDE = 32


class PreviewEngine:
    """Renders previews. Holds no state, so one may serve many scenes at once."""

    name: ClassVar[str] = "preview"
    is_preview: ClassVar[bool] = True

    def render(self, scene: Scene, on_step: OnStep) -> Clip:
        """Return the clip of ``scene``; work is done, and ``on_step`` called, only as its frames are asked for.

        Raises EngineFailed at once: ``no_portraits``, ``bad_size`` (a side odd or under 32 pixels), ``no_frames``.
        """
        total = round(scene.fps * scene.seconds)
        if not scene.portraits:
            raise EngineFailed("no_portraits", "A preview needs the portrait of at least one enrolled person.")
        if min(scene.width, scene.height) < SMALLEST_SIDE or scene.width % 2 or scene.height % 2:
            raise EngineFailed("bad_size", f"Both sides must be even and at least {SMALLEST_SIDE} pixels.")
        if total < 1:
            raise EngineFailed("no_frames", "The wished length is shorter than one frame.")
        return Clip(_frames(scene, total, on_step), scene.width, scene.height, scene.fps)


def _frames(scene: Scene, total: int, on_step: OnStep) -> Iterator[Frame]:
    on_step(0, total)
    size = (scene.width, scene.height)
    backdrop = Backdrop(scene.prompt, scene.seed, *size)
    hung = places(len(scene.portraits), *size)
    cards = [Card(portrait, place, unit_of(*size)) for portrait, place in zip(scene.portraits, hung, strict=True)]
    signs = lettering(scene.prompt, *size)
    for index in range(total):
        if index:
            on_step(index, total)
        phase = index / total
        frame = backdrop.small_at(phase).resize(size, Image.Resampling.BILINEAR)
        for card in cards:
            card.paint(frame, phase)
        for sign in signs:
            sign.paint(frame)
        yield np.array(frame, dtype=np.uint8)
