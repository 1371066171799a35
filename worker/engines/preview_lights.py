"""Makers of the lights of a backdrop: veils, beams, stars, bokeh, motes and snow."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from worker.engines.preview_ground import Site, arch, strip_width
from worker.engines.preview_layers import RGB, Drift, Spark, Sparks, mix, soft_noise, to_image


def curtain(site: Site, colour: RGB, top: float, height: float, strength: float) -> Drift:
    """Return a veil of light, streaked upwards, that sways and breathes: aurora or nebula."""
    sway = 26 * site.unit
    width, rows = strip_width(site, sway), round(site.height * height)
    streaks = soft_noise(site.rng, width, rows, (26 * site.unit, 260 * site.unit), 3)
    cloud = soft_noise(site.rng, width, rows, (170 * site.unit, 120 * site.unit), 3)
    fade = arch(rows) ** 1.5
    mask = np.clip((cloud - 0.30) * 1.8, 0, 1) * (0.45 + 0.55 * streaks) * fade * np.float32(strength * 255)
    veil = Image.new("RGB", (site.width, rows), colour)
    return Drift(veil, to_image(mask), round(site.height * top), sway, site.between(0, 1), breath=0.45)


def beams(site: Site, count: int, strength: float, sway: float) -> Drift:
    """Return shafts of light that fan out from above."""
    sway *= site.unit
    width = strip_width(site, sway)
    rows = np.linspace(0, 1, site.height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :] / np.float32(width)
    total = np.zeros((site.height, width), dtype=np.float32)
    for index in range(count):
        start, lean = (index + site.between(0.2, 0.8)) / count, site.between(-0.35, 0.35)
        spread = 0.03 + 0.15 * rows
        total += np.exp(-(((columns - start - lean * rows) / spread) ** 2)) * np.float32(site.between(0.5, 1.0))
    mask = np.clip(total, 0, 1) * (1 - rows) ** 1.2 * np.float32(255 * strength)
    return Drift(
        Image.new("RGB", (site.width, site.height), site.palette.light),
        to_image(mask),
        0,
        sway,
        site.between(0, 1),
        0.35,
    )


def stars(site: Site, count: int, until: float) -> Sparks:
    """Return twinkling stars above ``until`` of the height."""
    sparks = []
    for _ in range(count):
        x, y, size = site.between(0, site.width), site.between(0, site.height * until), site.between(0.55, 1.35) ** 2
        tint = mix((255, 255, 255), site.palette.light, site.between(0, 0.5))
        turns = int(site.rng.integers(1, 3))
        sparks.append(Spark(x, y, 0, 0, round(size, 1) * site.unit, tint, 0.9, site.between(0, 1), turns=turns))
    return Sparks(sparks)


def bokeh(site: Site, count: int, rows: tuple[float, float], strength: float) -> Sparks:
    """Return large soft discs of coloured light between two shares of the height, drifting slowly."""
    tints: Sequence[RGB] = (
        site.palette.light,
        site.palette.sky[-1],
        mix(site.palette.light, site.palette.sky[-2], 0.5),
    )
    sparks = []
    for _ in range(count):
        radius = float(site.rng.choice([5, 8, 12, 17])) * site.unit
        x, y = site.between(0, site.width), site.between(rows[0], rows[1]) * site.height
        dx, dy = site.between(-16, 16) * site.unit, site.between(-22, -4) * site.unit
        tint = tints[int(site.rng.integers(len(tints)))]
        level = strength * site.between(0.25, 0.62)
        sparks.append(Spark(x, y, dx, dy, radius, tint, level, site.between(0, 1), disc=True))
    return Sparks(sparks)


def rising(site: Site, count: int, colour: RGB) -> Sparks:
    """Return small glowing motes that wander upwards over the lower two thirds."""
    sparks = []
    for _ in range(count):
        x, y = site.between(0, site.width), site.between(0.35, 1.0) * site.height
        dx, dy = site.between(-20, 20) * site.unit, site.between(-60, -20) * site.unit
        radius = float(site.rng.choice([1.6, 2.4, 3.6])) * site.unit
        sparks.append(Spark(x, y, dx, dy, radius, colour, 0.85, site.between(0, 1), wobble=5 * site.unit))
    return Sparks(sparks)


def snowfall(site: Site, count: int) -> Sparks:
    """Return snow: small slow flakes far off, large quick ones near."""
    sparks = []
    for _ in range(count):
        near = site.between(0, 1) ** 2
        radius = float(np.round((1.3 + 4.2 * near) * 2) / 2) * site.unit
        x, y = site.between(-20 * site.unit, site.width), site.between(-0.2, 0.95) * site.height
        dx, dy = site.between(4, 30) * site.unit, (70 + 190 * near) * site.unit
        level = 0.9 - 0.35 * near
        sparks.append(Spark(x, y, dx, dy, radius, (255, 255, 255), level, site.between(0, 1), wobble=6 * site.unit))
    return Sparks(sparks)
