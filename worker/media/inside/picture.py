"""Pictures made even: at a constant rate, upright, in square pixels, 8-bit BT.709, in the size that is asked for."""

import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise

from av.filter import Graph
from av.sidedata.sidedata import SideData
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange, Colorspace

# What makes a picture upright, by its degrees against the clock and whether it is mirrored, as front cameras do it:
# so FFmpeg's own tool reads the display matrix (fftools/ffmpeg_filter.c).
TURNS = {
    (90, False): ["transpose=cclock"],
    (90, True): ["transpose=clock_flip"],
    (-90, False): ["transpose=clock"],
    (-90, True): ["transpose=cclock_flip"],
    (180, False): ["hflip", "vflip"],
    (180, True): ["hflip"],
    (0, True): ["vflip"],
}
# Bilinear in swscale averages over what it shrinks: half the work of bicubic, and no difference to be seen.
SCALER = "bilinear"
# From this short side on, pictures that do not say so are in BT.709, below in BT.601: so players take them.
HD_SIDE = 720
PLAIN = "yuv420p"
MOST_STRETCH = 4
# AVCOL_SPC_UNSPECIFIED: PyAV has no name for it.
UNSPECIFIED = 2
# AVCOL_TRC_SMPTE2084 (PQ) and AVCOL_TRC_ARIB_STD_B67 (HLG), as the scaler calls them; AVCOL_PRI_BT2020.
WIDE_TRANSFERS = {16: "smpte2084", 18: "arib-std-b67"}
BT2020 = 9


def turn(frame: VideoFrame) -> int:
    """Return by how many degrees against the clock ``frame`` is to be turned: 0, 90, -90 or 180."""
    degrees = round(frame.rotation / 90) * 90
    return 180 if degrees == -180 else degrees


def is_mirrored(frame: VideoFrame) -> bool:
    """Tell whether the display matrix turns left into right: whether its determinant is negative."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(matrix, SideData):
        return False
    a, b, _, c, d, *_ = struct.unpack("9i", bytes(matrix)[:36])
    return bool(a * d < b * c)


def stretch(frame: VideoFrame, ratio: Fraction | None) -> tuple[int, int]:
    """Return the size of ``frame`` in square pixels, upright; ``ratio`` is one pixel's width by its height."""
    width, height = frame.width, frame.height
    if ratio and Fraction(1, MOST_STRETCH) <= ratio <= MOST_STRETCH:
        width, height = (round(width * ratio), height) if ratio > 1 else (width, round(height / ratio))
    return (height, width) if turn(frame) in (90, -90) else (width, height)


def steady(frames: Iterable[tuple[float, VideoFrame]], fps: int, first: int, count: int) -> Iterator[VideoFrame]:
    """Yield the picture of each slot from ``first`` up to ``count`` at ``fps`` a second; ``frames`` come with times.

    A slot shows the last picture whose time, rounded, is not after it; slots before the first picture show that one.
    """
    slot = first
    shown: VideoFrame | None = None
    for seconds, frame in frames:
        place = round(seconds * fps)
        while shown is not None and slot < min(place, count):
            yield shown
            slot += 1
        shown = frame
        if slot >= count:
            return
    while shown is not None and slot < count:
        yield shown
        slot += 1


class Scaler:
    """Makes pictures of any size and form upright 8-bit BT.709 ones of one size: 4:2:0, or RGB.

    With a ``canvas`` they stand in the middle of a black picture of that size.
    """

    def __init__(self, width: int, height: int, pixels: str = PLAIN, canvas: tuple[int, int] | None = None) -> None:
        self.width, self.height, self.pixels, self.canvas = width, height, pixels, canvas
        self.form: tuple[object, ...] | None = None
        self.graph: Graph | None = None
        self.mirrored: bool | None = None

    def scaled(self, frame: VideoFrame) -> VideoFrame:
        """Return the picture as it is to be; ``frame`` itself where it is so already."""
        if self.mirrored is None:
            # Of the first picture alone: a look at side data keeps its picture in memory until the collector comes.
            self.mirrored = is_mirrored(frame)
        if self._is_so(frame):
            return frame
        form = (frame.width, frame.height, frame.format.name, turn(frame), frame.colorspace, frame.color_range)
        if self.graph is None or form != self.form:
            self.graph, self.form = self._graph(frame), form
        self.graph.vpush(frame)
        return self.graph.vpull()

    def _is_so(self, frame: VideoFrame) -> bool:
        """Tell whether a picture needs nothing done to it."""
        is_hd = frame.colorspace == UNSPECIFIED and min(frame.width, frame.height) >= HD_SIDE
        return (
            (frame.width, frame.height, frame.format.name) == (self.width, self.height, self.pixels)
            and not (self.canvas or turn(frame) or self.mirrored or is_wide(frame))
            and (frame.colorspace == Colorspace.ITU709 or is_hd)
            and frame.color_range in (ColorRange.MPEG, ColorRange.UNSPECIFIED)
        )

    def _graph(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        source = graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=frame.time_base or Fraction(1, 90_000),
        )
        steps = [graph.add(*step.split("=", 1)) for step in self._steps(frame)]
        for earlier, later in pairwise([source, *steps, graph.add("buffersink")]):
            earlier.link_to(later)
        graph.configure()
        return graph

    def _steps(self, frame: VideoFrame) -> list[str]:
        colours = "out_color_matrix=bt709:out_range=tv" if self.pixels == PLAIN else "out_range=pc"
        if frame.colorspace == UNSPECIFIED:
            colours += ":in_color_matrix=" + ("bt709" if min(frame.width, frame.height) >= HD_SIDE else "bt601")
        if is_wide(frame):
            # Brightness and colours beyond what BT.709 shows are brought into it, white staying white.
            transfer = WIDE_TRANSFERS.get(frame.color_trc)
            colours += f":in_transfer={transfer}" if transfer else ""
            colours += ":in_primaries=bt2020:out_transfer=bt709:out_primaries=bt709:intent=relative_colorimetric"
        size = f"scale={self.width}:{self.height}:flags={SCALER}:{colours}"
        pad = [f"pad={self.canvas[0]}:{self.canvas[1]}:(ow-iw)/2:(oh-ih)/2"] if self.canvas else []
        return [
            *TURNS.get((turn(frame), bool(self.mirrored)), []),
            size,
            *pad,
            f"format=pix_fmts={self.pixels}",
            "setsar=1",
        ]


def is_wide(frame: VideoFrame) -> bool:
    """Tell whether a picture has brightness or colours beyond BT.709."""
    return frame.color_trc in WIDE_TRANSFERS or frame.color_primaries == BT2020


def plain(frame: VideoFrame, slot: int, fps: int) -> VideoFrame:
    """Return ``frame`` ready for an encoder: at ``slot``, of no kind, so that the encoder alone chooses keyframes."""
    frame.pts, frame.time_base, frame.pict_type = slot, Fraction(1, fps), PictureType.NONE
    return frame
