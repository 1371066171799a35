"""The framed photo cards of a preview: each portrait floats, turns and nods on its own card.

The card turns as a plane in perspective. Inside it the picture moves a little against its own depth (a soft hill around
the middle stands for the head), so that the person seems to look around. No face is detected and none is needed.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

TURN = 2 * math.pi
RATIO = 1.22
EYE = 1900.0
CELLS = 14
BORDER_COLOUR = (252, 250, 246)
REFERENCE = (720, 1280)
# Both masks ride in one plane, so that a frame turns it only once: these tables take them apart again.
OUTER = [min(255, 2 * value) for value in range(256)]
INNER = [max(0, 2 * value - 255) for value in range(256)]

Matrix = NDArray[np.float64]
Box = tuple[int, int, int, int]
Quad = tuple[float, ...]


@dataclass(frozen=True)
class Place:
    """Where a card hangs: its middle and width in pixels, its tilt in degrees, its share of the loop to start at."""

    x: float
    y: float
    width: float
    tilt: float
    offset: float


def places(count: int, width: int, height: int) -> list[Place]:
    """Return a place for each of ``count`` cards, back to front: alone, staggered, in a triangle, or in two columns."""
    unit = unit_of(width, height)
    if count == 1:
        spots = [(0.0, 0.385, 500.0, -1.5)]
    elif count == 2:
        spots = [(-116.0, 0.295, 372.0, -4.0), (118.0, 0.505, 372.0, 3.5)]
    elif count == 3:
        spots = [(-160.0, 0.262, 304.0, -4.0), (160.0, 0.312, 304.0, 3.5), (0.0, 0.555, 304.0, -1.5)]
    else:
        rows = math.ceil(count / 2)
        wide = min(290.0, 800 / rows / RATIO - 20)
        middle = [0.12 + 0.58 * (row + 0.5) / rows for row in range(rows)]
        spots = [((index % 2 - 0.5) * (wide + 34), middle[index // 2], wide, 0.0) for index in range(count)]
    return [
        Place(width / 2 + x * unit, y * height, wide * unit, tilt, index * 0.37)
        for index, (x, y, wide, tilt) in enumerate(spots)
    ]


def unit_of(width: int, height: int) -> float:
    """Return how many pixels of the frame one pixel of the reference frame (720 wide, 1280 high) is."""
    return min(width / REFERENCE[0], height / REFERENCE[1])


class Card:
    """One portrait on its card, with everything that does not move prepared once."""

    def __init__(self, portrait: Image.Image, place: Place, unit: float) -> None:
        """Crop the portrait to the card, most of the spare room cut off below, and draw mask, gloss and shadow."""
        self._place, self._unit = place, unit
        self._size = (place.width, place.width * RATIO)
        self._border = max(1.0, 9 * unit)
        inner = [side - 2 * self._border for side in self._size]
        crop = (max(8, round(inner[0] * 1.3)), max(8, round(inner[1] * 1.3)))
        self._photo = ImageOps.fit(portrait.convert("RGB"), crop, Image.Resampling.LANCZOS, centering=(0.5, 0.3))
        self._margin = 6
        self._plate = rounded(self._size, self._border, 34 * unit, self._margin)
        self._shadow = shadow(self._size, unit, place.tilt)
        self._gloss = gloss(round(place.width))

    def paint(self, frame: Image.Image, phase: float) -> None:
        """Draw the card with its shadow onto ``frame`` as it hangs at ``phase``."""
        place, unit, swing = self._place, self._unit, TURN * (phase + self._place.offset)
        middle = (place.x + 7 * unit * math.sin(TURN * phase), place.y + 10 * unit * math.sin(swing + 0.8))
        corners = turned(self._size, 8.0 * math.sin(swing), 4.0 * math.sin(swing + 1.9), place.tilt, EYE * unit)
        corners += np.array(middle)
        self._drop_shadow(frame, middle)
        left, top = (math.floor(value) - 3 for value in corners.min(axis=0))
        right, bottom = (math.ceil(value) + 3 for value in corners.max(axis=0))
        size = (right - left, bottom - top)
        to_card = homography(corners - (left, top), self._size)
        outer, inner = self._mask(size, to_card)
        frame.paste(BORDER_COLOUR, (left, top, right, bottom), outer)
        frame.paste(self._picture(size, to_card, phase), (left, top), inner)
        self._shine(frame, (left, top, right, bottom), inner, phase)

    def _drop_shadow(self, frame: Image.Image, middle: tuple[float, float]) -> None:
        left = round(middle[0] - self._shadow.width / 2)
        top = round(middle[1] + 20 * self._unit - self._shadow.height / 2)
        frame.paste((4, 4, 16), (left, top, left + self._shadow.width, top + self._shadow.height), self._shadow)

    def _mask(self, size: tuple[int, int], to_card: Matrix) -> tuple[Image.Image, Image.Image]:
        shifted = np.array([[1, 0, self._margin], [0, 1, self._margin], [0, 0, 1]]) @ to_card
        data = tuple(float(value) for value in (shifted / shifted[2, 2]).ravel()[:8])
        plate = self._plate.transform(size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR)
        return plate.point(OUTER), plate.point(INNER)

    def _picture(self, size: tuple[int, int], to_card: Matrix, phase: float) -> Image.Image:
        swing = TURN * (phase + self._place.offset)
        columns, rows = np.linspace(0, size[0], CELLS + 1).round(), np.linspace(0, size[1], CELLS + 1).round()
        x, y = np.meshgrid(columns, rows)
        card = to_card @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        u = (card[0] / card[2] - self._border) / (self._size[0] - 2 * self._border)
        v = (card[1] / card[2] - self._border) / (self._size[1] - 2 * self._border)
        zoom = 1.09 - 0.05 * math.cos(TURN * phase)
        depth = np.exp(-((u - 0.5) ** 2 / 0.10 + (v - 0.36) ** 2 / 0.12)) - 0.35
        u = 0.5 + (u - 0.5) / zoom - 0.022 * math.sin(swing + 0.4) * depth
        v = 0.22 + (v - 0.22) / zoom - 0.014 * math.sin(2 * swing + 1.9) * depth
        at_x = (u.clip(0.002, 0.998) * self._photo.width).reshape(x.shape)
        at_y = (v.clip(0.002, 0.998) * self._photo.height).reshape(x.shape)
        picture = self._photo.transform(
            size, Image.Transform.MESH, mesh(columns, rows, at_x, at_y), Image.Resampling.BILINEAR
        )
        gain = 1 + 0.045 * math.sin(swing + 2.4)
        return picture.point([min(255, round(value * gain)) for value in range(256)] * 3)

    def _shine(self, frame: Image.Image, box: Box, inner: Image.Image, phase: float) -> None:
        travel = (phase + self._place.offset) % 1.0
        start = round((self._gloss.width - inner.width) * (1 - travel))
        band = self._gloss.crop((start, 0, start + inner.width, inner.height))
        frame.paste((255, 255, 255), box, ImageChops.multiply(band, inner))


def turned(size: tuple[float, float], yaw: float, pitch: float, roll: float, eye: float) -> Matrix:
    """Return a card's corners (clockwise from top left, relative to its middle) after turning it, angles in degrees."""
    half = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [size[0] / 2, size[1] / 2, 0]
    a, b, c = math.radians(roll), math.radians(pitch), math.radians(yaw)
    about_z = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, math.cos(b), -math.sin(b)], [0, math.sin(b), math.cos(b)]])
    about_y = np.array([[math.cos(c), 0, math.sin(c)], [0, 1, 0], [-math.sin(c), 0, math.cos(c)]])
    points = half @ (about_y @ about_x @ about_z).T
    flat: Matrix = points[:, :2] * (eye / (eye + points[:, 2:]))
    return flat


def homography(corners: Matrix, size: tuple[float, float]) -> Matrix:
    """Return the 3 by 3 map from four corners in the frame to the card's own pixels, (0, 0) to ``size``."""
    rows, targets = [], []
    for (x, y), (u, v) in zip(corners, ((0, 0), (size[0], 0), size, (0, size[1])), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        targets += [u, v]
    solved = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(targets, dtype=np.float64))
    return np.append(solved, 1.0).reshape(3, 3)


def mesh(columns: Matrix, rows: Matrix, at_x: Matrix, at_y: Matrix) -> list[tuple[Box, Quad]]:
    """Return Pillow's MESH data: for every cell of the grid its box and the four points of the picture it shows."""
    cells: list[tuple[Box, Quad]] = []
    xs, ys = columns.astype(int).tolist(), rows.astype(int).tolist()
    u, v = at_x.tolist(), at_y.tolist()
    for j in range(len(ys) - 1):
        for i in range(len(xs) - 1):
            quad = (
                u[j][i],
                v[j][i],
                u[j + 1][i],
                v[j + 1][i],
                u[j + 1][i + 1],
                v[j + 1][i + 1],
                u[j][i + 1],
                v[j][i + 1],
            )
            cells.append(((xs[i], ys[j], xs[i + 1], ys[j + 1]), quad))
    return cells


def rounded(size: tuple[float, float], border: float, radius: float, margin: int) -> Image.Image:
    """Return the card's shape with ``margin`` empty pixels around: 255 the photo, 128 its border, 0 outside."""
    fine = 4
    whole = (round(size[0]) + 2 * margin, round(size[1]) + 2 * margin)
    planes = []
    for inset in (border, 0.0):
        plane = Image.new("L", (whole[0] * fine, whole[1] * fine))
        low, right, bottom = margin + inset, margin + size[0] - inset, margin + size[1] - inset
        box = [low * fine, low * fine, right * fine - 1, bottom * fine - 1]
        ImageDraw.Draw(plane).rounded_rectangle(box, max(1.0, radius - inset) * fine, fill=255)
        planes.append(plane.resize(whole, Image.Resampling.BOX))
    return Image.blend(planes[0], planes[1], 0.5)


def shadow(size: tuple[float, float], unit: float, tilt: float) -> Image.Image:
    """Return the card's soft shadow as a mask, with room around for its blur."""
    blur = max(1.0, 26 * unit)
    room = math.ceil(3 * blur)
    plane = Image.new("L", (round(size[0]) + 2 * room, round(size[1]) + 2 * room))
    box = [room, room, room + size[0], room + size[1]]
    ImageDraw.Draw(plane).rounded_rectangle(box, 34 * unit, fill=150)
    return plane.rotate(-tilt, Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(blur))


def gloss(width: int) -> Image.Image:
    """Return a slanted band of faint light, wide enough to sweep across a card of ``width``."""
    span, height = round(width * 4.5), round(width * RATIO * 1.3)
    x = np.arange(span, dtype=np.float32)[None, :] - np.arange(height, dtype=np.float32)[:, None] * np.float32(-0.45)
    centre = np.float32(span / 2 + height * 0.225)
    band = np.exp(-(((x - centre) / np.float32(width * 0.22)) ** 2)) * 46
    return Image.fromarray(band.astype(np.uint8))
