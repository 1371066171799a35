"""Makers of single backdrop layers: sky, sun, clouds, ridges, trees, towers, water and lights."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from worker.engines.preview_layers import (
    RGB,
    Drift,
    Plane,
    Still,
    Water,
    gradient,
    mix,
    soft_noise,
    to_image,
)

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Palette:
    """The colours of one time of day: the sky from zenith to horizon, the nearest ground, and the light."""

    sky: tuple[RGB, ...]
    dark: RGB
    light: RGB


@dataclass(frozen=True)
class Site:
    """Where a motif is built: the canvas in pixels, its colours and its source of chance."""

    width: int
    height: int
    palette: Palette
    rng: np.random.Generator

    @property
    def unit(self) -> float:
        """Return how many canvas pixels one pixel of the reference canvas (360 by 640) is."""
        return self.height / 640

    def between(self, low: float, high: float) -> float:
        """Draw a number from ``low`` to ``high``."""
        return float(self.rng.uniform(low, high))

    def ground(self, depth: float) -> RGB:
        """Return the colour of ground at ``depth``: 0 melts into the horizon, 1 is nearest."""
        return mix(self.palette.sky[-2], self.palette.dark, depth)


def sky(site: Site, until: float) -> Pixels:
    """Return the sky's pixels: zenith at the top, horizon colour at ``until`` of the height and below."""
    reach = max(2, round(site.height * until))
    pixels = np.empty((site.height, site.width, 3), dtype=np.float32)
    pixels[:reach] = gradient(site.palette.sky, site.width, reach)
    pixels[reach:] = pixels[reach - 1]
    haze = soft_noise(site.rng, site.width, site.height, (site.width / 1.5, site.height / 4), 2)
    pixels *= (0.93 + 0.14 * haze)[..., None]
    return pixels


def distance_from(site: Site, x: float, y: float) -> Plane:
    """Return every pixel's distance, in canvas heights, from a point given in shares of width and height."""
    rows = np.arange(site.height, dtype=np.float32)[:, None] - np.float32(y * site.height)
    columns = np.arange(site.width, dtype=np.float32)[None, :] - np.float32(x * site.width)
    return np.asarray(np.hypot(rows, columns) / np.float32(site.height), dtype=np.float32)


def screen(pixels: Pixels, colour: RGB, share: Plane) -> None:
    """Move ``pixels`` towards ``colour`` by ``share`` (0 to 1) in place."""
    pixels += (np.array(colour, dtype=np.float32) - pixels) * share[..., None]


def sun(site: Site, pixels: Pixels, x: float, y: float, radius: float, halo: float) -> None:
    """Paint a disc and its wide glow onto a sky; lengths are shares of the canvas height."""
    distance = distance_from(site, x, y)
    screen(pixels, site.palette.light, 0.62 * np.exp(-distance / np.float32(halo * 0.45)))
    edge = np.clip((np.float32(radius) - distance) * np.float32(site.height / 1.6) + 0.5, 0, 1)
    screen(pixels, mix(site.palette.light, (255, 255, 255), 0.55), 0.95 * edge)


def planet(site: Site, pixels: Pixels, x: float, y: float, radius: float) -> None:
    """Paint a banded planet, lit from the upper left, with an atmosphere that thins outwards."""
    distance = distance_from(site, x, y)
    rows = np.arange(site.height, dtype=np.float32)[:, None] / site.height - np.float32(y)
    columns = (np.arange(site.width, dtype=np.float32)[None, :] - np.float32(x * site.width)) / site.height
    lit = np.clip(0.55 - (rows * 0.8 + columns * 0.6) / np.float32(radius) * 0.75, 0.04, 1)
    bands = soft_noise(site.rng, site.width, site.height, (site.width, 14 * site.unit), 3)
    body = np.array(mix(site.palette.light, site.palette.sky[-1], 0.35), dtype=np.float32)
    inside = np.clip((np.float32(radius) - distance) * np.float32(site.height / 1.6) + 0.5, 0, 1)
    screen(
        pixels,
        site.palette.light,
        0.55 * np.exp(-np.abs(distance - np.float32(radius)) / 0.022) * np.clip(lit * 1.4, 0, 1),
    )
    pixels += (body * ((0.55 + 0.6 * bands) * lit)[..., None] - pixels) * inside[..., None]


def plain(pixels: Pixels) -> Still:
    """Return finished sky pixels as the bottom layer."""
    return Still(to_image(pixels))


def strip_width(site: Site, sway: float) -> int:
    """Return how wide a strip must be to sway that far without showing its end."""
    return site.width + 2 * math.ceil(sway)


def arch(rows: int) -> Plane:
    """Return a column that rises from 0 to 1 in the middle and falls back to 0."""
    return np.asarray(np.sin(np.linspace(0, math.pi, rows))[:, None].clip(0, 1), dtype=np.float32)


def clouds(site: Site, top: float, height: float, strength: float) -> Drift:
    """Return long soft clouds in the colour of the light."""
    sway = 10 * site.unit
    width, rows = strip_width(site, sway), round(site.height * height)
    noise = soft_noise(site.rng, width, rows, (150 * site.unit, 34 * site.unit), 4)
    fade = arch(rows) ** 0.8
    mask = np.clip((noise - 0.46) * 2.6, 0, 1) ** 1.3 * fade * np.float32(strength * 255)
    colour = Image.new("RGB", (site.width, rows), mix(site.palette.light, (255, 255, 255), 0.25))
    return Drift(colour, to_image(mask), round(site.height * top), sway, site.between(0, 1))


def waves_of(site: Site, width: int, wavelength: float, count: int = 5) -> Plane:
    """Return a smooth profile of ``width`` values from -1 to 1 made of ``count`` sines that get shorter and weaker."""
    at = np.arange(width, dtype=np.float32)
    total = np.zeros(width, dtype=np.float32)
    for octave in range(count):
        period = wavelength * site.between(0.8, 1.25) / 1.9**octave
        total += np.sin(2 * math.pi * (at / np.float32(period) + np.float32(site.between(0, 1)))) / np.float32(
            2.1**octave
        )
    return np.asarray(total / np.abs(total).max(), dtype=np.float32)


def ridge(site: Site, profile: Plane, depth: float, sway: float) -> Drift:
    """Return ground below ``profile`` (canvas rows, one a column), lighter at its foot where mist lies."""
    top = max(0, math.floor(float(profile.min())) - 1)
    rows = np.arange(top, site.height, dtype=np.float32)[:, None]
    # On a slope a row lies nearer to the edge than it stands above it: without this steep flanks show steps.
    slant = np.hypot(1, np.gradient(profile)).astype(np.float32)
    mask = np.clip((rows - profile[None, :]) / slant[None, :] + 0.5, 0, 1) * 255
    near, mist = site.ground(depth), mix(site.ground(depth), site.palette.sky[-1], 0.34 * (1.15 - depth))
    colour = gradient((mix(near, site.palette.light, 0.10), near, mist), site.width, mask.shape[0])
    return Drift(to_image(colour), Image.fromarray(mask.astype(np.uint8)), top, sway, 0.0)


def hills(site: Site, base: float, swing: float, depth: float, sway: float, peaked: bool = False) -> Drift:
    """Return rolling hills, or for ``peaked`` mountains, around ``base`` of the height."""
    sway *= site.unit
    width = strip_width(site, sway)
    shape = waves_of(site, width, (420 if peaked else 320) * site.unit, 6 if peaked else 3)
    if peaked:
        shape = np.asarray(np.abs(shape) * 2 - 1, dtype=np.float32)
        shape += waves_of(site, width, 40 * site.unit, 4) * np.float32(0.10)
    return ridge(site, np.asarray((base + swing * shape) * site.height, dtype=np.float32), depth, sway)


def conifers(site: Site, base: float, tall: float, depth: float, sway: float) -> Drift:
    """Return a row of firs up to ``tall`` of the height, standing on ground at ``base``."""
    sway *= site.unit
    fine = 3
    width = strip_width(site, sway)
    at = np.arange(width * fine, dtype=np.float32) / fine
    ground = (base + 0.015 * waves_of(site, width * fine, 300 * site.unit * fine, 2)) * site.height
    profile = ground.copy()
    x = 0.0
    while x < width:
        size = tall * site.height * site.between(0.45, 1.0)
        away = np.abs(at - np.float32(x))
        # Branches: the slope of the cone is broken by a saw tooth that widens towards the ground.
        tooth = size * 0.10 * (1 - np.mod(away / np.float32(size * 0.036), 1))
        profile = np.minimum(
            profile, ground - np.clip(size - away / np.float32(0.21) + tooth * (away > size * 0.01), 0, size)
        )
        x += size * site.between(0.16, 0.42)
    drift = ridge(site, np.asarray(profile, dtype=np.float32), depth, sway)
    mask = drift.mask.resize((width, drift.mask.height), Image.Resampling.BOX)
    return replace(drift, mask=mask)


def skyline(site: Site, base: float, swing: float, depth: float, sway: float) -> Drift:
    """Return a row of towers whose roofs lie around ``base`` of the height, some windows lit."""
    sway *= site.unit
    width, unit = strip_width(site, sway), site.unit
    top = max(0, math.floor((base - swing) * site.height))
    size = (width, site.height - top)
    mask = Image.new("L", size)
    wall = gradient(
        (site.ground(depth), site.ground(depth), mix(site.ground(depth), site.palette.sky[-1], 0.25)), *size
    )
    colour = to_image(wall)
    x = -site.between(0, 20) * unit
    while x < width:
        wide = site.between(20, 52) * unit * (0.7 + 0.5 * depth)
        roof = (site.between(base - swing, base + swing * 0.6)) * site.height - top
        tower = (round(x), round(roof), round(x + wide), size[1])
        ImageDraw.Draw(mask).rectangle(tower, fill=255)
        if site.between(0, 1) < 0.3:
            middle = round(x + wide / 2)
            ImageDraw.Draw(mask).rectangle((middle, round(roof - 16 * unit), middle, round(roof)), fill=200)
        windows(site, colour, tower, depth)
        x += wide
    return Drift(colour, mask, top, sway, 0.0)


def windows(site: Site, colour: Image.Image, tower: tuple[int, int, int, int], depth: float) -> None:
    """Light some windows of one tower, fewer and fainter the farther it stands."""
    pane, gap = (
        max(1, round(2.2 * site.unit * (0.6 + depth * 0.7))),
        max(2, round(6.5 * site.unit * (0.6 + depth * 0.6))),
    )
    pen = ImageDraw.Draw(colour)
    lit = site.between(0.18, 0.5)
    for y in range(tower[1] + gap, tower[3], gap + pane):
        for x in range(tower[0] + gap, tower[2] - gap + 1, gap):
            if site.between(0, 1) < lit:
                glow = mix(site.ground(depth), site.palette.light, site.between(0.3, 0.95) * (0.35 + 0.6 * depth))
                pen.rectangle((x, y, x + pane - 1, y + pane), fill=glow)


def water(site: Site, horizon: float, x: float) -> Water:
    """Return the sea below ``horizon``, with the light's path falling from ``x`` of the width."""
    top = round(site.height * horizon)
    rows = site.height - top
    base = gradient(
        (
            mix(site.palette.sky[-1], site.palette.dark, 0.22),
            mix(site.palette.sky[-2], site.palette.dark, 0.62),
            site.palette.dark,
        ),
        site.width,
        rows,
    )
    down = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    columns = np.arange(site.width, dtype=np.float32)[None, :] / np.float32(site.width)
    dashes = soft_noise(site.rng, site.width, rows, (46 * site.unit, 5 * site.unit), 2)
    bend = soft_noise(site.rng, site.width, rows, (120 * site.unit, 60 * site.unit), 2)
    roll = np.asarray(7 * np.log(0.06 + down) + 0.9 * bend, dtype=np.float32)
    spread = 0.07 + 0.30 * down
    path = np.exp(-(((columns - np.float32(x)) / spread) ** 2)) * (1 - 0.55 * down)
    return Water(base, roll, dashes * np.float32(4), np.asarray(path, dtype=np.float32), site.palette.light, top)
