"""The words on a preview: the caption, the PREVIEW label and the line that says what this is not.

Set in the scalable face that ships inside Pillow (Aileron, mostly basic Latin; needs a Pillow built with FreeType).
"""

import unicodedata
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from worker.engines.preview_cards import unit_of

LABEL = "PREVIEW"
HONEST = "made by the preview engine · not AI-generated footage"
AMBER = (255, 190, 74)
SIZES = (52, 46, 40, 35, 30)
MOST_LINES = 4
UNKNOWN = "\uffff"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def face(size: float) -> Font:
    """Return the built-in face at ``size`` pixels, at least 6 so that it can still be drawn."""
    return ImageFont.load_default(size=max(6.0, size))


def readable(text: str, font: Font) -> str:
    """Return ``text`` with what the face cannot draw replaced (é by e) or left out; empty when too little is left."""
    unknown = bytes(font.getmask(UNKNOWN))
    kept: list[str] = []
    lost = 0
    for sign in " ".join(text.split()):
        plain = [part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part)]
        best = [sign] if drawable(sign, font, unknown) else [part for part in plain if drawable(part, font, unknown)]
        lost += not best and sign.isalnum()
        kept += best
    said = " ".join("".join(kept).split())
    return said if lost <= sum(sign.isalnum() for sign in said) else ""


def drawable(sign: str, font: Font, unknown: bytes) -> bool:
    """Say whether the face has its own shape for ``sign``."""
    return sign == " " or (sign.isprintable() and bytes(font.getmask(sign)) not in (b"", unknown))


def wrap(text: str, font: Font, width: float) -> list[str]:
    """Break ``text`` into lines at most ``width`` pixels long, within a word only when the word alone is too long."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and font.getlength(f"{line} {word}") <= width:
            line = f"{line} {word}"
            continue
        lines += [line] if line else []
        while font.getlength(word) > width and len(word) > 1:
            cut = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or font.getlength(word[:n]) <= width)
            lines.append(word[:cut])
            word = word[cut:]
        line = word
    return [*lines, line] if line else lines


def balance(text: str, font: Font, width: float, count: int) -> list[str]:
    """Wrap ``text`` into ``count`` lines as even as they come, so that no last word stands alone."""
    low, high = 0.0, width
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (low, middle) if len(wrap(text, font, middle)) <= count else (middle, high)
    return wrap(text, font, high)


def caption(text: str, unit: float, width: float) -> tuple[list[str], Font]:
    """Return the caption's lines and face: as large as fits four lines, the smallest cut short with an ellipsis."""
    font = face(SIZES[0] * unit)
    said = readable(text, font)
    lines: list[str] = []
    for size in SIZES:
        font = face(size * unit)
        lines = wrap(said, font, width)
        if len(lines) <= (MOST_LINES if size != SIZES[0] else MOST_LINES - 1):
            return balance(said, font, width, len(lines)), font
    last = lines[MOST_LINES - 1]
    while last and font.getlength(f"{last}…") > width:
        last = last[:-1]
    return [*lines[: MOST_LINES - 1], f"{last.rstrip()}…"], font


@dataclass(frozen=True)
class Sign:
    """A piece of lettering ready to be laid on: its colours, its mask and its upper left corner in pixels."""

    colour: Image.Image
    mask: Image.Image
    corner: tuple[int, int]

    def paint(self, frame: Image.Image) -> None:
        """Lay the sign onto ``frame``."""
        frame.paste(self.colour, self.corner, self.mask)


def cut(sheet: Image.Image, top: int, bottom: int) -> Sign:
    """Return the rows of an RGBA ``sheet`` from ``top`` to ``bottom`` as a sign."""
    strip = sheet.crop((0, top, sheet.width, bottom))
    return Sign(strip.convert("RGB"), strip.getchannel("A"), (0, top))


def lettering(text: str, width: int, height: int) -> list[Sign]:
    """Return every sign of a frame: the label above, the caption and the honest line below."""
    unit = unit_of(width, height)
    sheet = Image.new("RGBA", (width, height))
    scrim(sheet)
    label_bottom = label(sheet, unit)
    line = face(21 * unit)
    foot = height - 52 * unit
    write(sheet, [HONEST], line, foot, unit, (255, 255, 255, 215))
    lines, font = caption(text, unit, min(width - 96 * unit, 760 * unit))
    write(sheet, lines, font, foot - 46 * unit, unit, (255, 255, 255, 255))
    return [cut(sheet, 0, label_bottom), cut(sheet, round(height * 0.55), height)]


def scrim(sheet: Image.Image) -> None:
    """Darken the lower part of ``sheet`` softly, so that white letters read on any backdrop."""
    rise = np.clip((np.arange(sheet.height) / sheet.height - 0.58) / 0.36, 0, 1)
    alpha = (rise * rise * (3 - 2 * rise) * 172).astype(np.uint8)
    shade = np.zeros((sheet.height, sheet.width, 4), dtype=np.uint8)
    shade[..., :3], shade[..., 3] = (6, 6, 20), alpha[:, None]
    sheet.paste(Image.fromarray(shade))


def label(sheet: Image.Image, unit: float) -> int:
    """Draw the PREVIEW label at the upper left of ``sheet`` and return the row below it."""
    font = face(27 * unit)
    gap = 3.5 * unit
    wide = sum(font.getlength(letter) + gap for letter in LABEL) - gap
    left, top, tall = 36 * unit, 40 * unit, 56 * unit
    right = left + 62 * unit + wide + 4 * unit
    fine = 4
    box = (round(right + 4), round(top + tall + 4))
    pill = Image.new("RGBA", (box[0] * fine, box[1] * fine), (10, 10, 24, 0))
    pen = ImageDraw.Draw(pill)
    edges = [left * fine, top * fine, right * fine, (top + tall) * fine]
    pen.rounded_rectangle(
        edges, tall / 2 * fine, fill=(10, 10, 24, 176), outline=(255, 255, 255, 90), width=round(1.5 * unit * fine)
    )
    x, y, dot = (left + 27 * unit) * fine, (top + tall / 2) * fine, 7 * unit * fine
    pen.ellipse([x - dot, y - dot, x + dot, y + dot], fill=(*AMBER, 255))
    sheet.alpha_composite(pill.resize(box, Image.Resampling.BOX))
    pen = ImageDraw.Draw(sheet)
    at = left + 46 * unit
    for letter in LABEL:
        pen.text(
            (at, top + tall / 2), letter, font=font, fill=(255, 255, 255, 255), anchor="lm", stroke_width=0.45 * unit
        )
        at += font.getlength(letter) + gap
    return box[1]


def write(
    sheet: Image.Image, lines: list[str], font: Font, bottom: float, unit: float, ink: tuple[int, int, int, int]
) -> None:
    """Set centred ``lines`` whose last baseline is at row ``bottom``, over a soft shadow of their own."""
    step = font.getbbox("Ágy")[3] * 1.08
    spots = [(sheet.width / 2, bottom - step * (len(lines) - 1 - index), text) for index, text in enumerate(lines)]
    under, over = Image.new("RGBA", sheet.size, (4, 4, 16, 0)), Image.new("RGBA", sheet.size, (*ink[:3], 0))
    for x, y, text in spots:
        ImageDraw.Draw(under).text(
            (x, y + 2 * unit), text, font=font, fill=(4, 4, 16, 210), anchor="ms", stroke_width=unit
        )
        ImageDraw.Draw(over).text((x, y), text, font=font, fill=ink, anchor="ms")
    sheet.alpha_composite(under.filter(ImageFilter.GaussianBlur(max(0.5, 5 * unit))))
    sheet.alpha_composite(over)
