"""Moving parts of a preview backdrop: skies, drifting silhouettes, water and sparks of light.

Every layer paints itself onto one RGB canvas for a ``phase`` from 0 (first frame) to 1 (the loop closes). All motion is
periodic in the phase, so a clip loops without a jump. Lengths are pixels of the canvas, colours are RGB from 0 to 255.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RGB = tuple[int, int, int]
Plane = NDArray[np.float32]
"""One value a pixel, shape (height, width)."""

TURN = 2 * math.pi
SUBPIXELS = 4


class Layer(Protocol):
    """Anything that can draw itself onto the canvas at a phase."""

    def paint(self, canvas: Image.Image, phase: float) -> None:
        """Draw onto ``canvas`` in place, as it looks at ``phase``."""
        ...


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """Return the colour that lies ``share`` (0 to 1) of the way from ``first`` to ``second``."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def grow(values: Plane, width: int, height: int) -> Plane:
    """Return ``values`` smoothly enlarged to (height, width)."""
    image = Image.fromarray(values, mode=None).resize((width, height), Image.Resampling.BICUBIC)
    return np.array(image, dtype=np.float32)


def soft_noise(rng: np.random.Generator, width: int, height: int, cell: tuple[float, float], octaves: int = 3) -> Plane:
    """Return cloudy noise from 0 to 1, shape (height, width), with blobs about ``cell`` (wide, high) pixels large."""
    total = np.zeros((height, width), dtype=np.float32)
    for octave in range(octaves):
        columns = max(2, round(width / cell[0] * 2**octave) + 1)
        rows = max(2, round(height / cell[1] * 2**octave) + 1)
        total += grow(rng.random((rows, columns), dtype=np.float32), width, height) / 2**octave
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


def gradient(stops: Sequence[RGB], width: int, height: int) -> Plane:
    """Return a vertical blend through ``stops`` as float32, shape (height, width, 3)."""
    at = np.linspace(0, len(stops) - 1, height)
    columns = [np.interp(at, range(len(stops)), [stop[channel] for stop in stops]) for channel in range(3)]
    column = np.stack(columns, axis=-1).astype(np.float32)
    return np.repeat(column[:, None, :], width, axis=1)


def to_image(values: NDArray[np.float32]) -> Image.Image:
    """Return float values (0 to 255) as an 8-bit image, ordered-dithered so that slow gradients show no bands."""
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], dtype=np.float32) / 16
    tiled = np.tile(bayer, (values.shape[0] // 4 + 1, values.shape[1] // 4 + 1))[: values.shape[0], : values.shape[1]]
    dither = tiled[..., None] if values.ndim == 3 else tiled
    return Image.fromarray(np.clip(values + dither, 0, 255).astype(np.uint8))


@dataclass(frozen=True)
class Still:
    """A full picture that does not move: the bottom of the pile."""

    picture: Image.Image

    def paint(self, canvas: Image.Image, phase: float) -> None:
        """Cover ``canvas`` with the picture."""
        canvas.paste(self.picture)


@dataclass(frozen=True)
class Drift:
    """A strip seen through a mask that sways sideways, at sub-pixel steps, by ``sway`` pixels each way.

    ``mask`` is as wide as the canvas plus twice the rounded-up sway, and so is ``colour`` if its details are to sway
    along; a ``colour`` as wide as the canvas stays put. ``top`` is the row where both start. ``breath`` from 0 to 1
    lets the mask fade in and out as it sways.
    """

    colour: Image.Image
    mask: Image.Image
    top: int
    sway: float
    offset: float = 0.0
    breath: float = 0.0

    def paint(self, canvas: Image.Image, phase: float) -> None:
        """Lay the strip over ``canvas`` where it has swayed to."""
        size = (canvas.width, self.mask.height)
        left = math.ceil(self.sway) + self.sway * math.sin(TURN * (phase + self.offset))
        box = (left, 0.0, left + canvas.width, float(self.mask.height))
        mask = self.mask.resize(size, Image.Resampling.BILINEAR, box=box)
        if self.breath:
            level = 1 - self.breath * (0.5 - 0.5 * math.cos(TURN * (phase + self.offset)))
            mask = mask.point([round(value * level) for value in range(256)])
        colour = self.colour
        if colour.width != canvas.width:
            colour = colour.resize(size, Image.Resampling.BILINEAR, box=box)
        canvas.paste(colour, (0, self.top), mask)


@dataclass(frozen=True)
class Water:
    """A sea from ``top`` down: swell that rolls nearer and a path of glitter under the light."""

    base: NDArray[np.float32]
    roll: Plane
    shimmer: Plane
    path: Plane
    light: RGB
    top: int

    def paint(self, canvas: Image.Image, phase: float) -> None:
        """Cover ``canvas`` from ``top`` to its bottom with water."""
        swell = np.sin(np.float32(TURN) * (self.roll - np.float32(2 * phase)))
        glint = np.sin(np.float32(TURN) * (self.shimmer + np.float32(phase)))
        shine = np.clip(glint * 1.6 - 0.7, 0, 1) * self.path + np.clip(swell, 0, 1) * 0.09
        colour = np.array(self.light, dtype=np.float32)
        water = self.base * (1 + 0.07 * swell)[..., None]
        water += (colour - water) * np.clip(shine, 0, 1)[..., None]
        canvas.paste(Image.fromarray(np.clip(water, 0, 255).astype(np.uint8)), (0, self.top))


@dataclass(frozen=True)
class Spark:
    """One light: born at (x, y), gone after (dx, dy) and one loop, brightest half way."""

    x: float
    y: float
    dx: float
    dy: float
    radius: float
    colour: RGB
    strength: float
    offset: float
    disc: bool = False
    wobble: float = 0.0
    turns: int = 1


@dataclass
class Sparks:
    """Many lights screened over the canvas, so that they brighten it and never clip."""

    sparks: Sequence[Spark]
    stamps: dict[tuple[float, bool, int, int], Plane] = field(default_factory=dict)

    def paint(self, canvas: Image.Image, phase: float) -> None:
        """Add every light to ``canvas``."""
        pixels = np.array(canvas, dtype=np.float32)
        for spark in self.sparks:
            self._add(pixels, spark, (spark.turns * phase + spark.offset) % 1.0)
        canvas.paste(Image.fromarray((pixels + 0.5).astype(np.uint8)))

    def _add(self, pixels: NDArray[np.float32], spark: Spark, life: float) -> None:
        x = spark.x + spark.dx * life + spark.wobble * math.sin(TURN * life)
        y = spark.y + spark.dy * life
        step_x, step_y = math.floor(x * SUBPIXELS), math.floor(y * SUBPIXELS)
        stamp = self._stamp(spark.radius, spark.disc, step_x % SUBPIXELS, step_y % SUBPIXELS)
        reach = stamp.shape[0] // 2
        left, top = step_x // SUBPIXELS - reach, step_y // SUBPIXELS - reach
        height, width = pixels.shape[:2]
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + 2 * reach + 1, width), min(top + 2 * reach + 1, height)
        if x0 >= x1 or y0 >= y1:
            return
        light = stamp[y0 - top : y1 - top, x0 - left : x1 - left] * np.float32(
            spark.strength * math.sin(math.pi * life) ** 2
        )
        area = pixels[y0:y1, x0:x1]
        area += np.maximum(np.array(spark.colour, dtype=np.float32) - area, 0) * light[..., None]

    def _stamp(self, radius: float, disc: bool, shift_x: int, shift_y: int) -> Plane:
        key = (radius, disc, shift_x, shift_y)
        if key not in self.stamps:
            self.stamps[key] = stamp(radius, disc, shift_x / SUBPIXELS, shift_y / SUBPIXELS)
        return self.stamps[key]


def stamp(radius: float, disc: bool, shift_x: float = 0.0, shift_y: float = 0.0) -> Plane:
    """Return a light from 0 to 1: a soft glow, or for ``disc`` an out-of-focus disc with a faintly brighter rim."""
    reach = math.ceil(radius * (1.3 if disc else 2.6)) + 1
    at = np.arange(-reach, reach + 1, dtype=np.float32)
    distance = np.hypot(at[None, :] - np.float32(shift_x), at[:, None] - np.float32(shift_y))
    if not disc:
        return np.asarray(np.exp(-((distance / np.float32(radius)) ** 2) * 1.4), dtype=np.float32)
    edge = np.float32(max(1.2, radius * 0.16))
    inside = np.clip((np.float32(radius) - distance) / edge + 0.5, 0, 1)
    rim = np.clip(distance / np.float32(radius), 0, 1) ** 4
    return np.asarray(inside * (0.72 + 0.28 * rim), dtype=np.float32)
