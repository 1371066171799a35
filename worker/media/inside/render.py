"""Make the renditions of one film: the first size before the others, and every picture decoded as seldom as can be.

A film decoded once for all sizes is cheapest, but then all are ready together, at the end. Decoded once for the first
size and once for the rest it costs a tenth more. So: an opening of the film is decoded once for all sizes, as long as
the first will still be ready in good time; then the first is finished alone, and the rest go on where they stopped.
"""

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from worker.media.inside import sound
from worker.media.inside.film import Made, NoEncoder, Writer, encode_sound
from worker.media.inside.picture import Scaler, steady
from worker.media.inside.source import Source, picture_stream, pictures, sound_stream, sounds, wind
from worker.media.rules import FIRST_SHARE, Facts, Rejected, Rung, gain_db, steady_fps

# A film that begins later than this is sought, rather than read up to there.
SEEK_SECONDS = 0.5
Say = Callable[[dict[str, Any]], None]


class Wish:
    """What the arguments ask for, and the times that follow from it; times in seconds of the film."""

    def __init__(self, source: Source, arguments: dict[str, Any]) -> None:
        self.source = source
        self.facts = Facts(**arguments["facts"])
        self.rungs = [Rung(**rung) for rung in arguments["rungs"]]
        self.encoder: str = arguments["encoder"]
        self.fps: int = arguments.get("fps") or steady_fps(self.facts.fps)
        start, end = arguments["start_ms"], arguments["end_ms"]
        lasts = min(end if end is not None else self.facts.duration_ms, self.facts.duration_ms) - start
        self.count: int = max(1, round(lasts * self.fps / 1000))
        self.zero: float = first_time(source) + start / 1000

    def pictures(self, container: InputContainer, stream: VideoStream, first: int = 0) -> Iterator[VideoFrame]:
        """Yield the picture of each slot from ``first`` on."""
        begin = self.zero + first / self.fps
        if first or self.zero > SEEK_SECONDS:
            wind(container, stream, begin)
        timed = ((frame.time - self.zero, frame) for frame in pictures(container, stream) if frame.time is not None)
        return steady(timed, self.fps, first, self.count)

    def keyframes(self) -> list[int]:
        """Return the slots at which the film can be entered, sorted, and the end."""
        with self.source.opened() as container:
            packets = container.demux(picture_stream(container))
            times = [float(packet.pts * packet.time_base) for packet in packets if packet.is_keyframe and packet.pts]
        return [*sorted(slot for at in times if (slot := round((at - self.zero) * self.fps)) > 0), self.count]


class Opening:
    """Decides how far the film is decoded for all sizes at once, by what each part of the work has cost so far.

    Before ``measured`` pictures the costs say little: encoders look ahead, and the first picture is like no other.
    """

    def __init__(self, count: int, keyframes: list[int], measured: int) -> None:
        self.count, self.keyframes, self.measured = count, keyframes, measured
        self.one = self.rest = self.decoded = 0.0
        # What was done before the first picture, the sound among it, is part of the wait too.
        self.before = self.began = time.process_time()

    def spent(self) -> float:
        """Return the seconds of the processor since the last call."""
        before, self.began = self.began, time.process_time()
        return self.began - before

    def goes_on(self, slot: int) -> bool:
        """Tell whether the picture at ``slot`` is still for all sizes.

        Where the film can be entered it goes on only if it can go on to the next such place: what lies between is
        decoded twice.
        """
        if slot < self.measured:
            return True
        at = bisect_right(self.keyframes, slot)
        entered = at > 0 and self.keyframes[at - 1] == slot
        until = self.keyframes[at] if entered and at < len(self.keyframes) else slot
        first = self.before + self.count * (self.decoded + self.one) + until * self.rest
        whole = first + (self.count - until) * (self.decoded + self.rest)
        return first <= FIRST_SHARE * whole


def first_time(source: Source) -> float:
    """Return when the first picture of a film is shown, in seconds."""
    with source.opened() as container:
        first = next(pictures(container, picture_stream(container)), None)
    if first is None:
        raise Rejected("no_frames", "There is not a single picture in this film. Export it again, and send that file.")
    return first.time or 0.0


def render(sources: list[Source], folder: Path, arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Write every size of ``arguments`` to ``folder``, and say ``ready`` with the facts about each one.

    Return the names of those that were made; none, and nothing said, where the encoder cannot be opened (``without``).
    """
    wish = Wish(sources[0], arguments)
    track = sound_track(wish, folder)
    try:
        ladder = Ladder(wish, folder, track, say)
    except NoEncoder:
        return {"made": [], "without": wish.encoder}
    ladder.make()
    if track:
        track.unlink()
    return {"made": [one.name for one in ladder.made]}


def sound_track(wish: Wish, folder: Path) -> Path | None:
    """Encode the sound of the film once, made as loud as all others; None when it has none."""
    count = round(wish.count * sound.RATE / wish.fps)
    return encode_sound(heard(wish, count), folder / "sound.m4a") if wish.facts.has_audio else None


def heard(wish: Wish, count: int) -> Iterator[sound.Samples]:
    """Yield the first ``count`` samples of what is wished, made as loud as all others; silence where there are none."""
    gain = 10 ** (gain_db(wish.facts) / 20)
    with wish.source.opened() as container:
        stream = sound_stream(container)
        if stream is None:
            yield from sound.silence(count)
            return
        if wish.zero > SEEK_SECONDS:
            wind(container, stream, wish.zero - SEEK_SECONDS)
        for samples in sound.line(sounds(container, stream), wish.zero, count):
            yield samples * gain


class Ladder:
    """The sizes of one film in the making."""

    def __init__(self, wish: Wish, folder: Path, track: Path | None, say: Say) -> None:
        self.wish, self.folder, self.say = wish, folder, say
        # Largest first: each smaller one is made from the one before, which is less work than from the film itself.
        rest = sorted(wish.rungs[1:], key=lambda rung: -rung.width)
        self.first, *self.rest = [
            (Scaler(rung.width, rung.height), Writer(rung, folder, wish.fps, track, wish.encoder))
            for rung in (wish.rungs[0], *rest)
        ]
        self.made: list[Made] = []
        self.work = wish.count * sum(rung.width * rung.height for rung in wish.rungs)

    def make(self) -> None:
        """Write all sizes."""
        split = self._open()
        self._finish([self.first])
        if not self.rest:
            return
        for frame in self._pictures(split):
            self._write_rest(frame)
            self._tell(self.rest[0][1])
        self._finish(self.rest)

    def _open(self) -> int:
        """Write the first size whole, and the beginning of the rest; return the slot at which the rest go on."""
        opening = Opening(self.wish.count, self.wish.keyframes() if self.rest else [], self.wish.fps)
        split, open_still = 0, bool(self.rest)
        opening.spent()
        for slot, frame in enumerate(self._pictures(0)):
            open_still = open_still and opening.goes_on(slot)
            if open_still:
                split = slot + 1
                opening.decoded += (opening.spent() - opening.decoded) / split
            scaler, writer = self.first
            writer.write(scaler.scaled(frame))
            self._tell(writer)
            if open_still:
                opening.one += (opening.spent() - opening.one) / split
                self._write_rest(frame)
                opening.rest += (opening.spent() - opening.rest) / split
        return split

    def _pictures(self, first: int) -> Iterator[VideoFrame]:
        with self.wish.source.opened() as container:
            yield from self.wish.pictures(container, picture_stream(container), first)

    def _write_rest(self, frame: VideoFrame) -> None:
        for scaler, writer in self.rest:
            frame = scaler.scaled(frame)
            writer.write(frame)

    def _tell(self, writer: Writer) -> None:
        """Say how far the work is, once a second of what ``writer`` writes."""
        if writer.frames % self.wish.fps == 0:
            done = sum(one.frames * one.rung.width * one.rung.height for _, one in (self.first, *self.rest))
            self.say({"progress": round(min(1.0, done / self.work), 4)})

    def _finish(self, sizes: Sequence[tuple[Scaler, Writer]]) -> None:
        for _, writer in sizes:
            writer.close()
            self.made.append(writer.made(self.folder))
            self.say({"ready": asdict(self.made[-1])})
