"""Decide what a film is, by reading its index, all its packets, some of its pictures and all of its sound."""

from dataclasses import asdict
from io import BufferedReader
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from worker.media import boxes, sniff
from worker.media.inside import picture, sound
from worker.media.inside.source import Source, check_codec, picture_stream, pictures, sound_stream, sounds
from worker.media.rules import Facts, MediaRules, Rejected, usual_fps

LOOKED_AT = 5
TRUNCATED = "The end of the film is missing. Send it again; if it stays so, export it again first."
NO_FRAMES = "There is not a single picture in this film. Export it again, and send that file."


def inspect(sources: list[Source], folder: Path, arguments: dict[str, Any], say: object) -> dict[str, Any]:
    """Return the facts about the only source by the rules in ``arguments``; raises Rejected."""
    rules, source = MediaRules(**arguments["rules"]), sources[0]
    check_whole(source, rules)
    with source.opened() as container:
        if len(container.streams) > rules.max_streams:
            raise too_many(rules)
        _check_declared(container, rules)
        stream = picture_stream(container)
        check_codec(stream)
        check_size(stream.width, stream.height, rules)
        times = _times(container, stream, rules)
        codec, container_name = stream.codec_context.name, source.container
    width, height, zero = _looked_at(source, rules)
    measured = _heard(source, zero, round((times[-1] - times[0] + 1) * sound.RATE))
    fps = usual_fps(times)
    duration = round(1000 * (times[-1] - times[0] + 1 / fps)) if len(times) > 1 else 0
    facts = Facts(container_name, codec, width, height, fps, duration, *measured)
    if facts.duration_ms < rules.min_ms:
        raise Rejected("too_short", f"A film lasts at least {rules.min_ms / 1000:g} seconds.")
    return asdict(facts)


def check_whole(source: Source, rules: MediaRules) -> None:
    """Raise Rejected for what the outermost layers tell: truncated, too_many_streams, external_data, encrypted."""
    file = BufferedReader(source.file())
    if source.container == "matroska":
        if boxes.segment_is_cut_short(file.read(sniff.HEAD_BYTES), source.size):
            raise Rejected("truncated", TRUNCATED)
        return
    if boxes.is_cut_short(file, source.size):
        raise Rejected("truncated", TRUNCATED)
    # A demuxer takes minutes over thousands of them: counted before it sees the file.
    if boxes.count_tracks(file, source.size) > rules.max_streams:
        raise too_many(rules)
    if boxes.refers_elsewhere(file, source.size):
        raise Rejected(
            "external_data", "The film's pictures lie in another file. Export it as one self-contained film."
        )
    if boxes.is_encrypted(file, source.size):
        raise Rejected("encrypted", "The film is protected against copying. Send one that you made yourself.")


def check_size(width: int, height: int, rules: MediaRules) -> None:
    """Raise Rejected when pictures of this size are too large or too small to be taken."""
    if width * height > rules.max_pixels or max(width, height) > rules.max_side:
        raise Rejected(
            "too_large_pixels",
            f"The pictures measure {width} x {height}; at most {rules.max_side} on a side, {rules.max_pixels} in all.",
        )
    if 0 < min(width, height) < rules.min_side:
        raise Rejected("too_small_pixels", f"The pictures measure {width} x {height}; {rules.min_side} is the least.")


def _check_declared(container: InputContainer, rules: MediaRules) -> None:
    if (container.duration or 0) / av.time_base * 1000 > rules.max_ms + 1000:
        raise too_long(rules)


def too_long(rules: MediaRules) -> Rejected:
    """Return the refusal of a film that lasts too long."""
    return Rejected("too_long", f"A film may last {rules.max_ms // 1000} seconds; trim it and send it again.")


def _times(container: InputContainer, stream: VideoStream, rules: MediaRules) -> list[float]:
    """Return when each picture is shown, sorted, in seconds; raises Rejected for too many, too long, none."""
    most = rules.max_fps * rules.max_ms / 1000
    times: list[float] = []
    for packet in container.demux(stream):
        at = packet.pts if packet.pts is not None else packet.dts
        if at is not None and packet.size:
            times.append(float(at * packet.time_base))
        if len(times) > most:
            raise too_fast(rules)
    if not times:
        raise Rejected("no_frames", NO_FRAMES)
    times.sort()
    lasts = times[-1] - times[0]
    if lasts * 1000 > rules.max_ms + 500:
        raise too_long(rules)
    if len(times) > 2 and lasts > 0 and (len(times) - 1) / lasts > rules.max_fps:
        raise too_fast(rules)
    return times


def too_many(rules: MediaRules) -> Rejected:
    """Return the refusal of a film with too many tracks."""
    return Rejected("too_many_streams", f"A film may have {rules.max_streams} tracks; export it with fewer.")


def too_fast(rules: MediaRules) -> Rejected:
    """Return the refusal of a film with too many pictures a second."""
    return Rejected("frame_rate", f"A film may have {rules.max_fps:g} pictures a second; export it with 30 or 60.")


def _looked_at(source: Source, rules: MediaRules) -> tuple[int, int, float]:
    """Decode the first pictures; return their upright size in square pixels and the time of the first in seconds."""
    first: VideoFrame | None = None
    with source.opened() as container:
        stream = picture_stream(container)
        for number, frame in enumerate(pictures(container, stream)):
            check_size(frame.width, frame.height, rules)
            first = first or frame
            if number >= LOOKED_AT:
                break
        if first is None:
            raise Rejected("no_frames", NO_FRAMES)
        size = picture.stretch(first, stream.sample_aspect_ratio)
        check_size(*size, rules)
        return *size, first.time or 0.0


def _heard(source: Source, zero: float, count: int) -> tuple[bool, float | None, float | None]:
    """Return whether there is sound, how loud it is and its peak."""
    with source.opened() as container:
        stream = sound_stream(container)
        if stream is None:
            return False, None, None
        measured = sound.loudness(sound.line(sounds(container, stream), zero, count))
    return (True, *(measured or (None, None)))
