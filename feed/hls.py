"""Playlists of HTTP Live Streaming (RFC 8216, and the second edition's draft), pure: what is offered, and its parts.

One fragmented MP4 a rung: its media playlist names byte ranges of that one file (EXT-X-MAP, EXT-X-BYTERANGE).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

KIND = "application/vnd.apple.mpegurl"
# EXT-X-MAP in a playlist that is not of I-frames alone needs version 6; fragmented MP4 is understood from 7 on.
VERSION = 7
# Players that cannot measure yet begin with what stands first: the best of what most telephones' networks carry.
FIRST_BITS = 2_000_000
GROUP = "subtitles"

Segment = tuple[int, int, float]
"""Offset and length in bytes of its file, and seconds."""


@dataclass(frozen=True)
class Variant:
    """One rung as the master playlist offers it; ``bandwidth`` is that of its heaviest segment, in bits a second."""

    address: str
    bandwidth: int
    average: int
    codecs: str
    width: int
    height: int
    fps: int


@dataclass(frozen=True)
class Track:
    """Subtitles in one language (RFC 5646)."""

    address: str
    language: str
    label: str


def master(variants: Iterable[Variant], tracks: Sequence[Track]) -> str:
    """Return the master playlist."""
    lines = [*_head(), "#EXT-X-INDEPENDENT-SEGMENTS"]
    names = _names(tracks)
    lines += [_media(track, name) for track, name in zip(tracks, names, strict=True)]
    for one in sorted(variants, key=lambda one: (one.bandwidth > FIRST_BITS, -one.bandwidth)):
        lines += [_stream(one, bool(tracks)), one.address]
    return _text(lines)


def media(segments: Sequence[Segment], address: str) -> str:
    """Return the media playlist of one file, of which the first segment is the initialisation."""
    initial, *played = segments
    lines = [*_opening(seconds for _, _, seconds in played), "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines.append(f'#EXT-X-MAP:URI="{address}",BYTERANGE="{initial[1]}@{initial[0]}"')
    for offset, length, seconds in played:
        lines += [f"#EXTINF:{seconds:.6f},", f"#EXT-X-BYTERANGE:{length}@{offset}", address]
    return _text([*lines, "#EXT-X-ENDLIST"])


def track(address: str, seconds: float) -> str:
    """Return the media playlist of subtitles that lie in one WebVTT file."""
    return _text([*_opening([seconds]), f"#EXTINF:{seconds:.6f},", address, "#EXT-X-ENDLIST"])


def average(segments: Sequence[Segment]) -> int:
    """Return the mean bits a second of what is played."""
    played = segments[1:]
    seconds = sum(seconds for _, _, seconds in played)
    return round(sum(length for _, length, _ in played) * 8 / seconds) if seconds else 0


def _head() -> list[str]:
    return ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}"]


def _opening(seconds: Iterable[float]) -> list[str]:
    longest = max(1, math.ceil(max(seconds, default=1)))
    return [*_head(), f"#EXT-X-TARGETDURATION:{longest}", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-MEDIA-SEQUENCE:0"]


def _stream(one: Variant, subtitled: bool) -> str:
    named = {
        "BANDWIDTH": max(one.bandwidth, one.average),
        "AVERAGE-BANDWIDTH": one.average,
        "CODECS": f'"{one.codecs}"',
        "RESOLUTION": f"{one.width}x{one.height}",
        "FRAME-RATE": f"{one.fps:.3f}",
    }
    named |= {"SUBTITLES": f'"{GROUP}"'} if subtitled else {}
    return "#EXT-X-STREAM-INF:" + ",".join(f"{name}={value}" for name, value in named.items())


def _media(track: Track, name: str) -> str:
    shown = f'NAME="{name}",LANGUAGE="{track.language}",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO'
    return f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{GROUP}",{shown},URI="{track.address}"'


def _names(tracks: Sequence[Track]) -> list[str]:
    """Return a name a track, each different in its group; nothing in it ends the quotation."""
    names = ["".join(one for one in track.label if one.isprintable() and one != '"').strip() for track in tracks]
    return [
        name if name and names.count(name) == 1 else f"{name} ({track.language})".strip()
        for name, track in zip(names, tracks, strict=True)
    ]


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
