"""Chooses and builds the backdrop of a preview: words of the prompt pick the motif, a hash settles the rest.

Nothing here claims to understand the prompt: it looks for plain words (sea, city, snow …) and otherwise lets the
SHA-256 of prompt and seed choose, so that equal scenes look equal everywhere.
"""

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from worker.engines.preview_ground import Palette, Site
from worker.engines.preview_layers import Layer
from worker.engines.preview_motifs import city, desert, forest, meadow, night, sea, snow, space, stage

Motif = Callable[[Site], list[Layer]]

MOTIFS: dict[str, Motif] = {
    "sea": sea,
    "night": night,
    "city": city,
    "forest": forest,
    "snow": snow,
    "desert": desert,
    "space": space,
    "meadow": meadow,
    "stage": stage,
}


def words(text: str) -> frozenset[str]:
    """Return the words of ``text``, in lower case."""
    return frozenset(re.findall(r"\w+", text.casefold()))


WORDS: dict[str, frozenset[str]] = {
    "sea": words("sea ocean beach wave waves surf surfing sail sailing boat ship island swim swimming lake coast"),
    "night": words("night midnight aurora northern stars starry moon moonlight campfire camping firefly dream"),
    "city": words("city street streets skyline downtown tokyo york paris london rooftop neon taxi urban cafe"),
    "forest": words("forest wood woods tree trees jungle hike hiking trail rain rainforest fairy river"),
    "snow": words("snow snowy winter ski skiing snowboard ice christmas mountain mountains frozen alps"),
    "desert": words("desert dune dunes sand sahara camel canyon cactus pyramid egypt mars western cowboy"),
    "space": words("space galaxy planet astronaut rocket orbit nebula cosmic universe alien spaceship"),
    "meadow": words("meadow field garden flower flowers spring summer picnic park hill hills farm sunny dog"),
    "stage": words("stage dance dancing sing singing concert party disco band guitar birthday music club"),
}

WARM = words("sunset sunrise dawn dusk evening golden warm autumn summer sunny fire")
COOL = words("night midnight moon moonlight cold blue rain storm dark morning misty neon")

PALETTES: dict[str, tuple[Palette, Palette]] = {
    "sea": (
        Palette(((43, 27, 82), (140, 58, 107), (242, 118, 106), (255, 208, 138)), (28, 33, 78), (255, 226, 176)),
        Palette(((11, 52, 96), (32, 116, 160), (122, 203, 214), (232, 247, 228)), (5, 50, 78), (240, 255, 250)),
    ),
    "night": (
        Palette(((8, 8, 32), (24, 22, 66), (62, 44, 104), (126, 84, 132)), (10, 10, 30), (168, 124, 255)),
        Palette(((4, 8, 24), (10, 26, 58), (24, 58, 96), (62, 112, 134)), (5, 14, 26), (94, 242, 176)),
    ),
    "city": (
        Palette(((30, 20, 72), (88, 44, 118), (204, 90, 122), (255, 178, 124)), (20, 14, 46), (255, 206, 128)),
        Palette(((6, 10, 30), (16, 32, 76), (38, 72, 132), (98, 142, 196)), (7, 12, 32), (255, 214, 142)),
    ),
    "forest": (
        Palette(((38, 84, 86), (96, 146, 122), (188, 208, 158), (252, 240, 196)), (10, 40, 38), (255, 244, 190)),
        Palette(((14, 30, 62), (42, 80, 112), (116, 164, 180), (214, 230, 222)), (8, 26, 42), (214, 255, 200)),
    ),
    "snow": (
        Palette(((58, 50, 112), (134, 112, 178), (226, 168, 190), (255, 226, 212)), (64, 72, 128), (255, 250, 248)),
        Palette(((36, 74, 132), (92, 146, 204), (170, 208, 238), (232, 244, 252)), (54, 96, 152), (255, 255, 255)),
    ),
    "desert": (
        Palette(((58, 40, 110), (178, 78, 116), (246, 146, 92), (255, 216, 146)), (92, 32, 50), (255, 236, 186)),
        Palette(((14, 20, 58), (64, 60, 124), (172, 108, 142), (244, 186, 146)), (44, 26, 66), (255, 240, 214)),
    ),
    "space": (
        Palette(((6, 4, 20), (24, 12, 52), (52, 22, 86), (88, 34, 98)), (8, 4, 22), (255, 142, 190)),
        Palette(((3, 8, 24), (8, 30, 58), (14, 62, 88), (24, 96, 112)), (3, 10, 24), (120, 224, 255)),
    ),
    "meadow": (
        Palette(((66, 54, 122), (176, 98, 142), (244, 164, 118), (255, 226, 164)), (52, 40, 74), (255, 232, 166)),
        Palette(((44, 112, 188), (116, 180, 228), (206, 232, 240), (255, 246, 214)), (24, 92, 74), (255, 250, 214)),
    ),
    "stage": (
        Palette(((16, 6, 38), (52, 14, 84), (130, 28, 120), (226, 74, 134)), (14, 5, 32), (255, 168, 210)),
        Palette(((5, 10, 36), (14, 40, 98), (32, 96, 186), (84, 196, 226)), (4, 10, 34), (150, 226, 255)),
    ),
}


@dataclass(frozen=True)
class Choice:
    """What was decided about a backdrop: its motif, its colours and the number all its details grow from."""

    motif: str
    palette: Palette
    root: int


def choose(prompt: str, seed: int) -> Choice:
    """Return the motif and palette for a prompt: by its words where they say something, by its hash where not."""
    digest = hashlib.sha256(f"{seed}\n{prompt}".encode()).digest()
    said = re.findall(r"\w+", prompt.casefold())
    hits = [name for word in said for name, known in WORDS.items() if word in known]
    names = sorted(MOTIFS)
    # "A city at midnight" is a city: night only counts where nothing else was named.
    hits = [name for name in hits if name != "night"] or hits
    motif = max(dict.fromkeys(hits), key=hits.count) if hits else names[digest[0] % len(names)]
    warmth = sum(word in WARM for word in said) - sum(word in COOL for word in said)
    cool = digest[1] % 2 if warmth == 0 else int(warmth < 0)
    return Choice(motif=motif, palette=PALETTES[motif][cool], root=int.from_bytes(digest[2:18], "big"))


class Backdrop:
    """An animated scene behind the cards, painted small and enlarged: it reads as out of focus."""

    def __init__(self, prompt: str, seed: int, width: int, height: int) -> None:
        """Paint every still part once; ``width`` and ``height`` are the pixels of the finished frame."""
        self.size = (width, height)
        small = (math.ceil(width / 2), math.ceil(height / 2))
        choice = choose(prompt, seed)
        site = Site(small[0], small[1], choice.palette, np.random.default_rng(choice.root))
        self.motif = choice.motif
        self._layers = MOTIFS[choice.motif](site)
        self._canvas = Image.new("RGB", small)

    def small_at(self, phase: float) -> Image.Image:
        """Return the scene at ``phase`` (0 to 1), half as large as the frame; the next call paints over it."""
        for layer in self._layers:
            layer.paint(self._canvas, phase)
        return self._canvas
