"""The boxes of an MP4 (ISO/IEC 14496-12), read just deep enough to find fragments, codecs and what is missing."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

HEADER, LONG_HEADER = 8, 16
TRACKS = (b"moov", b"trak")
REFERENCES = (b"mdia", b"minf", b"dinf", b"dref")
SAMPLES = (b"mdia", b"minf", b"stbl", b"stsd")
MOST_BOXES = 10_000
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


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
    begun = [box.offset for box in boxes(file, 0, size) if box.kind == b"moof"]
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


def is_cut_short(file: BinaryIO, size: int) -> bool:
    """Tell whether an MP4 of ``size`` bytes says that it is longer, or lacks the index that belongs to it."""
    found = list(islice(boxes(file, 0, size), MOST_BOXES))
    return not any(box.kind == b"moov" for box in found) or found[-1].end > size


def segment_is_cut_short(head: bytes, size: int) -> bool:
    """Tell whether a Matroska file of ``size`` bytes that begins with ``head`` says that it is longer (RFC 8794)."""
    if not head.startswith(EBML):
        return False
    length, header = _vint(head, len(EBML))
    place = len(EBML) + header + length
    if head[place : place + len(SEGMENT)] != SEGMENT:
        return False
    length, header = _vint(head, place + len(SEGMENT))
    is_unknown = length == (1 << 7 * header) - 1
    return not is_unknown and place + len(SEGMENT) + header + length > size


def count_tracks(file: BinaryIO, size: int) -> int:
    """Return how many tracks the index of an MP4 has, MOST_BOXES at most."""
    return sum(1 for _ in islice(inside(file, Box(b"", 0, size, 0), TRACKS, size), MOST_BOXES))


def refers_elsewhere(file: BinaryIO, size: int) -> bool:
    """Tell whether a track of an MP4 has its data in another file."""
    for entry in _entries(file, size, REFERENCES):
        file.seek(entry.offset + entry.header)
        flags = file.read(4)
        if len(flags) == 4 and not flags[3] & 1:
            return True
    return False


def is_encrypted(file: BinaryIO, size: int) -> bool:
    """Tell whether a track of an MP4 is encrypted (ISO/IEC 23001-7)."""
    return any(entry.kind in (b"encv", b"enca", b"drms", b"drmi") for entry in _entries(file, size, SAMPLES))


def _entries(file: BinaryIO, size: int, path: tuple[bytes, ...]) -> Iterator[Box]:
    """Yield the entries of the tables at ``path`` below each track: a table has a version and a count before them."""
    whole = Box(b"", 0, size, 0)
    for track in islice(inside(file, whole, TRACKS, size), MOST_BOXES):
        for table in islice(inside(file, track, path, size), MOST_BOXES):
            yield from islice(boxes(file, table.offset + table.header + 8, min(table.end, size)), MOST_BOXES)


def _vint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at ``at`` that EBML wrote in a variable number of bytes, and how many those are."""
    first = data[at] if at < len(data) else 0
    length = 9 - first.bit_length() if first else 8
    return int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1), length
