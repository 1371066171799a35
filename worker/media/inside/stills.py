"""Pictures that stand for a film: a poster, a short moving preview, a sheet of small ones to find one's place by."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from math import ceil, sqrt
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.video.frame import VideoFrame
from PIL import Image, ImageStat, JpegImagePlugin, WebPImagePlugin

from socialvideo.lib.blurhash import blurhash
from worker.media.inside.picture import Scaler
from worker.media.inside.render import Wish
from worker.media.inside.source import Source, picture_stream, pictures, wind

POSTER_SIDE, PREVIEW_SIDE, TILE_SIDE = 720, 240, 120
POSTER_QUALITY, PREVIEW_QUALITY, SPRITE_QUALITY = 85, 60, 70
PREVIEW_SECONDS, PREVIEW_FPS = 3.0, 8
MOST_TILES, TILE_SECONDS = 60, 1.0
# A film often opens in black: without a wished moment the liveliest of these is the poster.
TRIED = (0.1, 0.25, 0.4, 0.6)
Say = Callable[[dict[str, Any]], None]
# Pillow would look for these when it first needs one; by then no file of Python's can be opened.
WRITERS = (JpegImagePlugin.JpegImageFile, WebPImagePlugin.WebPImageFile)
Image.preinit()


def stills(sources: list[Source], folder: Path, arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Write poster.jpg, preview.webp and sprite.jpg to ``folder``; return the BlurHash and the sprite's grid."""
    wish = Wish(sources[0], {"rungs": [], "encoder": "", "start_ms": 0, "end_ms": None, **arguments})
    seconds = wish.count / wish.fps
    cover = arguments["cover_ms"]
    moments = [seconds * share for share in TRIED] if cover is None else [min(cover / 1000, seconds)]
    candidates = list(_at(wish, moments, POSTER_SIDE))
    best = max(range(len(candidates)), key=lambda number: _lively(candidates[number]))
    candidates[best].save(folder / "poster.jpg", "JPEG", quality=POSTER_QUALITY, optimize=True)
    _preview(wish, moments[best], seconds, folder / "preview.webp")
    square = min(candidates[best].size)
    grid = _sprite(wish, seconds, folder / "sprite.jpg")
    return {"blurhash": blurhash(candidates[best].resize((square, square))), "grid": grid}


def _lively(image: Image.Image) -> float:
    """Return how far the brightnesses of a picture lie apart."""
    spread: float = ImageStat.Stat(image.convert("L")).stddev[0]
    return spread


def _preview(wish: Wish, start: float, seconds: float, target: Path) -> None:
    lasts = min(PREVIEW_SECONDS, seconds)
    start = max(0.0, min(start, seconds - lasts))
    count = max(1, round(lasts * PREVIEW_FPS))
    first, *others = _at(wish, [start + number / PREVIEW_FPS for number in range(count)], PREVIEW_SIDE)
    first.save(
        target,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=round(1000 / PREVIEW_FPS),
        loop=0,
        quality=PREVIEW_QUALITY,
        method=2,
    )


def _sprite(wish: Wish, seconds: float, target: Path) -> dict[str, int]:
    """Write the sheet, row by row; return its columns, rows, the size of a tile in pixels and the time of one in ms."""
    step = max(TILE_SECONDS, seconds / MOST_TILES)
    moments = [number * step for number in range(max(1, ceil(seconds / step - 0.01)))]
    columns = ceil(sqrt(len(moments)))
    rows = ceil(len(moments) / columns)
    sheet: Image.Image | None = None
    for number, tile in enumerate(_at(wish, moments, TILE_SIDE)):
        sheet = sheet or Image.new("RGB", (columns * tile.width, rows * tile.height))
        sheet.paste(tile, (number % columns * tile.width, number // columns * tile.height))
        size = tile.size
    assert sheet is not None
    sheet.save(target, "JPEG", quality=SPRITE_QUALITY, optimize=True)
    return {"columns": columns, "rows": rows, "width": size[0], "height": size[1], "step_ms": round(1000 * step)}


def _at(wish: Wish, moments: list[float], side: int) -> Iterator[Image.Image]:
    """Yield the picture shown at each of the sorted ``moments``, in seconds, its short side at most ``side``."""
    scale = min(1.0, side / min(wish.facts.width, wish.facts.height))
    scaler = Scaler(max(1, round(wish.facts.width * scale)), max(1, round(wish.facts.height * scale)), "rgb24")
    with wish.source.opened() as container:
        reel = Reel(wish, container)
        for moment in moments:
            yield Image.fromarray(scaler.scaled(reel.at(moment)).to_ndarray())


class Reel:
    """A film that is only wound forward, from one keyframe to another where that is shorter."""

    def __init__(self, wish: Wish, container: InputContainer) -> None:
        self.wish, self.container, self.stream = wish, container, picture_stream(container)
        self.entries = [slot / wish.fps for slot in wish.keyframes()[:-1]]
        self.frames = self._frames()
        self.shown = self.ahead = next(self.frames)

    def at(self, moment: float) -> VideoFrame:
        """Return the last picture that is not after ``moment``, in seconds; the first one before its time."""
        entry = bisect_right(self.entries, moment)
        if entry and self.entries[entry - 1] > self._time(self.shown):
            wind(self.container, self.stream, self.entries[entry - 1] + self.wish.zero)
            self.frames = self._frames()
            self.shown = self.ahead = next(self.frames, self.shown)
        while self._time(self.ahead) <= moment:
            self.shown = self.ahead
            following = next(self.frames, None)
            if following is None:
                break
            self.ahead = following
        return self.shown

    def _frames(self) -> Iterator[VideoFrame]:
        return (frame for frame in pictures(self.container, self.stream) if frame.time is not None)

    def _time(self, frame: VideoFrame) -> float:
        return (frame.time or 0.0) - self.wish.zero
