"""The nine motifs of a preview backdrop, each a pile of layers from the sky down to the lights in front.

A motif is a function of a ``Site``. It draws all its chances from ``site.rng``, in a fixed order, and nothing else, so
that equal sites give equal piles. Shares are of the canvas height, lengths named ``unit`` scale with the canvas.
"""

from worker.engines.preview_ground import Site, clouds, conifers, hills, plain, planet, sky, skyline, sun, water
from worker.engines.preview_layers import Layer, mix
from worker.engines.preview_lights import beams, bokeh, curtain, rising, snowfall, stars


def sea(site: Site) -> list[Layer]:
    """A low sun over rolling water."""
    x = site.between(0.10, 0.16) if site.between(0, 1) < 0.5 else site.between(0.84, 0.90)
    picture = sky(site, until=0.66)
    sun(site, picture, x, 0.60, 0.050, halo=0.30)
    return [
        plain(picture),
        clouds(site, 0.02, 0.50, 0.60),
        water(site, 0.655, x),
        bokeh(site, 16, (0.55, 1.0), 0.5),
    ]


def night(site: Site) -> list[Layer]:
    """Stars and a slow aurora over dark ridges, with fireflies."""
    picture = sky(site, until=0.86)
    light = site.palette.light
    return [
        plain(picture),
        stars(site, 110, 0.62),
        curtain(site, light, 0.02, 0.56, 0.75),
        curtain(site, mix(light, (120, 130, 255), 0.6), 0.10, 0.50, 0.55),
        hills(site, 0.66, 0.07, 0.30, 5),
        hills(site, 0.76, 0.06, 0.70, 9),
        conifers(site, 0.90, 0.10, 1.0, 14),
        rising(site, 22, (255, 226, 150)),
    ]


def city(site: Site) -> list[Layer]:
    """Three rows of lit towers, with the lights of the street out of focus."""
    picture = sky(site, until=0.84)
    sun(site, picture, site.between(0.6, 0.86), 0.10, 0.032, halo=0.16)
    return [
        plain(picture),
        stars(site, 30, 0.30),
        clouds(site, 0.05, 0.45, 0.35),
        skyline(site, 0.46, 0.18, 0.30, 4),
        skyline(site, 0.60, 0.16, 0.62, 8),
        skyline(site, 0.74, 0.12, 0.92, 13),
        bokeh(site, 34, (0.70, 1.02), 0.85),
    ]


def forest(site: Site) -> list[Layer]:
    """Rows of conifers in mist, with motes in the light."""
    picture = sky(site, until=0.80)
    sun(site, picture, site.between(0.6, 0.84), 0.14, 0.05, halo=0.42)
    return [
        plain(picture),
        beams(site, 4, 0.22, 8),
        conifers(site, 0.50, 0.20, 0.22, 4),
        clouds(site, 0.46, 0.24, 0.45),
        conifers(site, 0.64, 0.22, 0.50, 8),
        clouds(site, 0.62, 0.22, 0.38),
        conifers(site, 0.82, 0.24, 0.90, 14),
        rising(site, 30, site.palette.light),
    ]


def snow(site: Site) -> list[Layer]:
    """Pale peaks and firs under falling snow."""
    picture = sky(site, until=0.74)
    sun(site, picture, site.between(0.6, 0.86), 0.13, 0.034, halo=0.26)
    return [
        plain(picture),
        hills(site, 0.54, 0.10, 0.18, 3, peaked=True),
        hills(site, 0.66, 0.08, 0.34, 6, peaked=True),
        conifers(site, 0.78, 0.10, 0.62, 9),
        hills(site, 0.82, 0.05, 0.92, 13),
        snowfall(site, 90),
    ]


def desert(site: Site) -> list[Layer]:
    """A large sun behind long dunes, with dust in the air."""
    x = site.between(0.6, 0.84)
    picture = sky(site, until=0.72)
    sun(site, picture, x, 0.15, 0.070, halo=0.34)
    return [
        plain(picture),
        stars(site, 24, 0.22),
        clouds(site, 0.12, 0.36, 0.30),
        hills(site, 0.58, 0.05, 0.22, 3),
        hills(site, 0.67, 0.06, 0.42, 6),
        hills(site, 0.77, 0.06, 0.66, 9),
        hills(site, 0.89, 0.05, 0.95, 14),
        rising(site, 24, site.palette.light),
    ]


def space(site: Site) -> list[Layer]:
    """A planet among nebulae and stars."""
    picture = sky(site, until=1.0)
    planet(site, picture, site.between(0.15, 0.85), 0.86, 0.20)
    light = site.palette.light
    return [
        plain(picture),
        curtain(site, light, 0.0, 0.74, 0.50),
        curtain(site, mix(light, (120, 110, 255), 0.7), 0.08, 0.84, 0.55),
        stars(site, 190, 0.96),
        bokeh(site, 10, (0.0, 1.0), 0.35),
    ]


def meadow(site: Site) -> list[Layer]:
    """Soft hills under drifting clouds, with seeds in the wind."""
    picture = sky(site, until=0.72)
    sun(site, picture, site.between(0.6, 0.86), 0.12, 0.044, halo=0.34)
    return [
        plain(picture),
        clouds(site, 0.04, 0.40, 0.85),
        hills(site, 0.56, 0.06, 0.25, 4),
        hills(site, 0.66, 0.07, 0.48, 7),
        hills(site, 0.77, 0.06, 0.72, 10),
        hills(site, 0.88, 0.05, 0.96, 14),
        rising(site, 34, site.palette.light),
        bokeh(site, 12, (0.6, 1.0), 0.4),
    ]


def stage(site: Site) -> list[Layer]:
    """Beams of coloured light over a dark floor, with lights out of focus."""
    return [
        plain(sky(site, until=1.0)),
        beams(site, 6, 0.5, 26),
        beams(site, 5, 0.4, 34),
        hills(site, 0.86, 0.006, 1.0, 6),
        bokeh(site, 46, (0.0, 1.0), 0.75),
    ]
