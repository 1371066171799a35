"""BlurHash: a picture as 36 characters, which a client turns into a blur while the picture loads.

The format is github.com/woltapp/blurhash: a few cosines of the picture in linear light, in base 83. These lines stand
here because the kept packages either bring a C extension or ask for pixels as nested lists; the tests hold them to what
the package ``blurhash`` 1.1.5 gave.
"""

from math import copysign, cos, pi, sqrt

from PIL.Image import Image, Resampling

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
SIDE, WIDE, HIGH = 32, 4, 4
LINEAR = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in range(256)]
COSINES = [[cos(pi * wave * place / SIDE) for place in range(SIDE)] for wave in range(max(WIDE, HIGH))]
Light = tuple[float, float, float]


def blurhash(image: Image) -> str:
    """Return the BlurHash of a square RGB image, in WIDE x HIGH parts."""
    pixels = image.resize((SIDE, SIDE), Resampling.BOX).tobytes()
    parts = [_part(pixels, across, down) for down in range(HIGH) for across in range(WIDE)]
    mean, waves = parts[0], parts[1:]
    most = max(abs(value) for part in waves for value in part)
    scale = max(0, min(82, int(most * 166 - 0.5)))
    highest = (scale + 1) / 166
    head = _base83((WIDE - 1) + (HIGH - 1) * 9, 1) + _base83(scale, 1) + _base83(_colour(mean), 4)
    return head + "".join(_base83(_wave(part, highest), 2) for part in waves)


def _part(pixels: bytes, across: int, down: int) -> Light:
    """Return how much of one wave is in each colour."""
    scale = (1 if across == down == 0 else 2) / SIDE**2
    totals = [0.0, 0.0, 0.0]
    for y, height in enumerate(COSINES[down]):
        for channel in range(3):
            row = pixels[y * SIDE * 3 + channel : (y + 1) * SIDE * 3 : 3]
            totals[channel] += height * sum(w * LINEAR[c] for w, c in zip(COSINES[across], row, strict=True))
    red, green, blue = (total * scale for total in totals)
    return red, green, blue


def _colour(light: Light) -> int:
    red, green, blue = (_srgb(value) for value in light)
    return (red << 16) + (green << 8) + blue


def _srgb(value: float) -> int:
    kept = max(0.0, min(1.0, value))
    return int((kept * 12.92 if kept <= 0.0031308 else 1.055 * kept ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _wave(light: Light, highest: float) -> int:
    """Return the three colours of a wave, each in 19 steps on a scale of square roots."""
    red, green, blue = (max(0, min(18, int(_root(value / highest) * 9 + 9.5))) for value in light)
    return red * 19 * 19 + green * 19 + blue


def _root(value: float) -> float:
    return copysign(sqrt(abs(value)), value)


def _base83(number: int, length: int) -> str:
    return "".join(ALPHABET[number // 83**place % 83] for place in reversed(range(length)))
