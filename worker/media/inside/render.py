"""Make the renditions of one film: the first size before the others, every picture decoded as few times as can be."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from worker.media.inside import sound
from worker.media.inside.film import Made, Writer, encode_sound
from worker.media.inside.picture import Scaler, steady
from worker.media.inside.source import Source, picture_stream, pictures, sound_stream, sounds
from worker.media.rules import Facts, Rejected, Rung, gain_db, steady_fps

Say = Callable[[dict[str, Any]], None]


class Wish:
    """What the arguments ask for, and the times that follow from it; times in seconds of the film."""

    def __init__(self, source: Source, arguments: dict[str, Any]) -> None:
        self.source = source
        self.facts = Facts(**arguments["facts"])
        self.rungs = [Rung(**rung) for rung in arguments["rungs"]]
        self.encoder: str = arguments["encoder"]
        self.fps = steady_fps(self.facts.fps)
        start, end = arguments["start_ms"], arguments["end_ms"]
        lasts = min(end if end is not None else self.facts.duration_ms, self.facts.duration_ms) - start
        self.count = max(1, round(lasts * self.fps / 1000))
        self.zero = first_time(source) + start / 1000

    def pictures(self, container: InputContainer, stream: VideoStream, first: int = 0) -> Iterator[VideoFrame]:
        """Yield the picture of each slot from ``first`` on."""
        begin = self.zero + first / self.fps
        if begin > self.zero or self.zero > 0.5:
            container.seek(max(0, int(begin / stream.time_base)), stream=stream, backward=True)
        timed = ((frame.time - self.zero, frame) for frame in pictures(container, stream) if frame.time is not None)
        return steady(timed, self.fps, first, self.count)


def first_time(source: Source) -> float:
    """Return when the first picture of a film is shown, in seconds."""
    with source.opened() as container:
        first = next(pictures(container, picture_stream(container)), None)
    if first is None:
        raise Rejected("no_frames", "There is not a single picture in this film. Export it again, and send that file.")
    return first.time or 0.0


def render(sources: list[Source], folder: Path, arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Write every size of ``arguments`` to ``folder``, and say ``ready`` with the facts about each one."""
    wish = Wish(sources[0], arguments)
    track = sound_track(wish, folder)
    made = [*_made(wish, wish.rungs[:1], track, folder, say), *_made(wish, wish.rungs[1:], track, folder, say)]
    if track:
        track.unlink()
    return {"made": [asdict(one) for one in made]}


def sound_track(wish: Wish, folder: Path) -> Path | None:
    """Encode the sound of the film once, made as loud as all others; None when it has none."""
    with wish.source.opened() as container:
        stream = sound_stream(container)
        if stream is None:
            return None
        count = round(wish.count * sound.RATE / wish.fps)
        if wish.zero > 0.5:
            container.seek(max(0, int((wish.zero - 0.1) / stream.time_base)), stream=stream, backward=True)
        samples = sound.line(sounds(container, stream), wish.zero, count)
        return encode_sound(samples, 10 ** (gain_db(wish.facts) / 20), folder / "sound.m4a")


def _made(wish: Wish, rungs: Sequence[Rung], track: Path | None, folder: Path, say: Say) -> Iterator[Made]:
    """Decode the film once and write ``rungs``."""
    if not rungs:
        return
    writers = [Writer(rung, folder, wish.fps, track, wish.encoder) for rung in rungs]
    scalers = [Scaler(rung.width, rung.height) for rung in rungs]
    with wish.source.opened() as container:
        for frame in wish.pictures(container, picture_stream(container)):
            for writer, scaler in zip(writers, scalers, strict=True):
                writer.write(scaler.scaled(frame))
            if writers[0].frames % wish.fps == 0:
                say({"progress": writers[0].frames / wish.count})
    for writer in writers:
        writer.close()
        made = writer.made(folder)
        say({"ready": asdict(made)})
        yield made
