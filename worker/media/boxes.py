"""The boxes of an MP4 (ISO/IEC 14496-12), read just deep enough to find fragments, codecs and what is missing."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

HEADER, LONG_HEADER = 8, 16


@dataclass(frozen=True)
class Box:
    """One box: its kind, where it begins, how long it is with its header, and how long the header is."""

    kind: bytes
    offset: int
    length: int
    header: int

    @property
    def end(self) -> int:
        """The place just behind it."""
        return self.offset + self.length


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two places; the last one may reach beyond ``end`` when the file is cut short."""
    while start + HEADER <= end:
        file.seek(start)
        head = file.read(LONG_HEADER)
        if len(head) < HEADER:
            return
        length, header = int.from_bytes(head[:4], "big"), HEADER
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), LONG_HEADER
        elif length == 0:
            length = end - start
        if length < header:
            return
        yield Box(head[4:8], start, length, header)
        start += length


def inside(file: BinaryIO, box: Box, path: tuple[bytes, ...], end: int) -> Iterator[Box]:
    """Yield every box at the end of ``path`` below ``box``."""
    for child in boxes(file, box.offset + box.header, min(box.end, end)):
        if child.kind == path[0]:
            if len(path) == 1:
                yield child
            else:
                yield from inside(file, child, path[1:], end)


def fragments(file: BinaryIO, size: int) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """Return (offset, length) of the initialisation and of each fragment of a fragmented MP4 of ``size`` bytes.

    Raises ValueError when it is none.
    """
    begun: list[int] = []
    for box in boxes(file, 0, size):
        if box.kind == b"moof":
            begun.append(box.offset)
        elif box.kind == b"mfra":
            size = box.offset
    if not begun:
        raise ValueError("the file holds no fragment")
    ends = [*begun[1:], size]
    return (0, begun[0]), [(offset, end - offset) for offset, end in zip(begun, ends, strict=True)]


def avc_codec(file: BinaryIO, init: tuple[int, int]) -> str:
    """Return the RFC 6381 name of the H.264 in an initialisation, as ``avc1.64001f``; raises ValueError."""
    file.seek(init[0])
    data = file.read(init[1])
    at = data.find(b"avcC")
    if at < 0:
        raise ValueError("the initialisation holds no H.264")
    profile, compatible, level = struct.unpack_from("BBB", data, at + 5)
    return f"avc1.{profile:02x}{compatible:02x}{level:02x}"
