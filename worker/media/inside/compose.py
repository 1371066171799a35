"""New films out of films: a part of one, one after another, two at once, one with the sound of another."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame

from worker.media.inside import sound
from worker.media.inside.film import Writer, encode_sound, plain_mp4
from worker.media.inside.picture import PLAIN, Scaler
from worker.media.inside.render import Wish, heard
from worker.media.inside.source import Source, picture_stream
from worker.media.rules import SOFTWARE_ENCODER, Rung

# What is made here is encoded once more for its renditions: fine enough that this does not show.
CRF, MAX_RATE = 18, 16_000_000
# Two sounds at once are louder than one.
MIXED = 0.7
Say = Callable[[dict[str, Any]], None]
Size = tuple[int, int]


class Scene:
    """One film's part in another: when it is wished and where it fits."""

    def __init__(self, wish: Wish, cell: Size) -> None:
        self.wish, self.cell = wish, cell
        scale = min(cell[0] / wish.facts.width, cell[1] / wish.facts.height)
        width, height = (max(2, round(length * scale / 2) * 2) for length in (wish.facts.width, wish.facts.height))
        self.scaler = Scaler(min(width, cell[0]), min(height, cell[1]), canvas=cell)

    def pictures(self, stack: ExitStack) -> Iterator[VideoFrame]:
        """Yield its pictures, each in the middle of its cell."""
        container = stack.enter_context(self.wish.source.opened())
        for frame in self.wish.pictures(container, picture_stream(container)):
            yield self.scaler.scaled(frame)


def compose(sources: list[Source], folder: Path, arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Write film.mp4 to ``folder`` as ``composing.compose`` describes it."""
    fps, cell = arguments["fps"], (arguments["width"], arguments["height"])
    parts = zip(sources, arguments["parts"], strict=True)
    scenes = [Scene(Wish(source, {"rungs": [], "encoder": "", "fps": fps, **part}), cell) for source, part in parts]
    with ExitStack() as stack:
        kind = arguments["kind"]
        count = sum(scene.wish.count for scene in scenes) if kind in ("trim", "stitch") else _least(kind, scenes)
        samples = _sound(kind, scenes, arguments["gains"], round(count * sound.RATE / fps))
        track = encode_sound(samples, folder / "sound.m4a")
        frames, size = _pictures(kind, scenes, stack, stacked=arguments["stacked"])
        writer = Writer(Rung("film", *size, MAX_RATE, mp4=True), folder, fps, track, SOFTWARE_ENCODER, CRF)
        for number, frame in enumerate(frames):
            if number == count:
                break
            writer.write(frame)
            if writer.frames % fps == 0:
                say({"progress": round(writer.frames / count, 4)})
    writer.close()
    plain_mp4(writer.path, folder / "film.mp4")
    return {"name": "film.mp4"}


def _least(kind: str, scenes: list[Scene]) -> int:
    """Return how many pictures there are: two at once end with the shorter, and a sound never lengthens a film."""
    return min(scene.wish.count for scene in scenes) if kind == "duet" else scenes[0].wish.count


def _pictures(kind: str, scenes: list[Scene], stack: ExitStack, *, stacked: bool) -> tuple[Iterator[VideoFrame], Size]:
    """Return the pictures of the new film, and their size."""
    width, height = scenes[0].cell
    if kind == "duet":
        pairs = zip(scenes[0].pictures(stack), scenes[1].pictures(stack), strict=False)
        joined = (_joined(one, other, stacked=stacked) for one, other in pairs)
        return joined, (width, 2 * height) if stacked else (2 * width, height)
    shown = scenes[:1] if kind == "sound" else scenes
    return chain.from_iterable(scene.pictures(stack) for scene in shown), (width, height)


def _joined(one: VideoFrame, other: VideoFrame, *, stacked: bool) -> VideoFrame:
    """Return two pictures of the same size as one: side by side, or the first above the second."""
    halves = zip(_planes(one), _planes(other), strict=True)
    whole = [np.concatenate(pair, axis=0 if stacked else 1) for pair in halves]
    height, width = whole[0].shape
    data = np.concatenate([plane.reshape(-1) for plane in whole]).reshape(height * 3 // 2, width)
    return VideoFrame.from_ndarray(data, format=PLAIN)


def _planes(frame: VideoFrame) -> list[Any]:
    """Return brightness and both colours of a 4:2:0 picture."""
    width, height = frame.width, frame.height
    data = frame.to_ndarray().reshape(-1)
    light, quarter = width * height, width * height // 4
    return [
        data[:light].reshape(height, width),
        data[light : light + quarter].reshape(height // 2, width // 2),
        data[light + quarter :].reshape(height // 2, width // 2),
    ]


def _sound(kind: str, scenes: list[Scene], gains: list[float], count: int) -> Iterator[sound.Samples]:
    """Yield ``count`` samples: those of the films one after another, or of both at once, each with its gain."""
    if kind in ("trim", "stitch"):
        for scene, gain in zip(scenes, gains, strict=True):
            for samples in heard(scene.wish, round(scene.wish.count * sound.RATE / scene.wish.fps)):
                yield samples * gain
        return
    one, other = (sound.blocks(heard(scene.wish, count)) for scene in scenes)
    for first, second in zip(one, other, strict=True):
        yield np.clip((first * gains[0] + second * gains[1]) * MIXED, -1, 1).astype(np.float32)
