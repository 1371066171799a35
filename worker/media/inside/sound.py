"""Sound made even: 48 kHz stereo in one unbroken line from the first picture on; measured; made louder or softer."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import log10

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.filter import Graph
from numpy.typing import NDArray

RATE = 48_000
LAYOUT, FORMAT = "stereo", "fltp"
BLOCK, SILENT_BLOCK = 1024, 48_000
# Distances below this are left: they are the rounding of times, not holes.
HOLE = int(0.04 * RATE)
# The meter's gate: what it gives when nothing at all was loud enough to be counted.
GATE_LUFS = -70.0
Samples = NDArray[np.float32]


def line(frames: Iterable[AudioFrame], zero: float, count: int) -> Iterator[Samples]:
    """Yield ``count`` samples in arrays of shape (2, n), beginning at the time ``zero`` of the film, in seconds.

    What lies before is dropped, holes become silence, what overlaps is cut off, and the end is filled up with silence.
    """
    place = 0
    for at, found in _resampled(frames, zero):
        if at - place > HOLE:
            yield from silence(min(at, count) - place)
            place = min(at, count)
        late = place - at
        rest = found[:, late:] if late > HOLE or (late > 0 and place == 0) else found
        rest = rest[:, : count - place]
        if rest.shape[1]:
            yield rest
            place += rest.shape[1]
        if place >= count:
            return
    yield from silence(count - place)


def silence(count: int) -> Iterator[Samples]:
    """Yield ``count`` samples of silence, a second at a time."""
    for start in range(0, count, SILENT_BLOCK):
        yield np.zeros((2, min(SILENT_BLOCK, count - start)), np.float32)


def blocks(samples: Iterable[Samples], size: int = BLOCK) -> Iterator[Samples]:
    """Yield the same samples in arrays of exactly ``size``, the last one shorter."""
    kept = np.zeros((2, 0), np.float32)
    for more in samples:
        kept = np.concatenate([kept, more], axis=1)
        whole = kept.shape[1] // size * size
        for start in range(0, whole, size):
            yield kept[:, start : start + size]
        kept = kept[:, whole:]
    if kept.shape[1]:
        yield kept


def framed(samples: Iterable[Samples]) -> Iterator[AudioFrame]:
    """Yield the samples as frames, one after the other from the beginning."""
    at = 0
    for block in samples:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format=FORMAT, layout=LAYOUT)
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        at += block.shape[1]
        yield frame


def loudness(samples: Iterable[Samples]) -> tuple[float, float] | None:
    """Return LUFS over the whole and the highest true peak in dBTP, None where all is silence (EBU R 128)."""
    graph = Graph()
    source = graph.add_abuffer(format=FORMAT, sample_rate=RATE, layout=LAYOUT, time_base=Fraction(1, RATE))
    meter = graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    told: dict[str, str] = {}
    for frame in framed(blocks(samples, RATE // 10)):
        graph.push(frame)
        told = _last(graph) or told
    graph.push(None)
    told = _last(graph) or told
    integrated, peak = float(told.get("lavfi.r128.I", GATE_LUFS)), float(told.get("lavfi.r128.true_peak", 0))
    return (integrated, 20 * log10(peak)) if integrated > GATE_LUFS and peak > 0 else None


def _last(graph: Graph) -> dict[str, str]:
    """Return what the last frame out of the meter tells."""
    told: dict[str, str] = {}
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return told
        told = dict(frame.metadata) or told


def _resampled(frames: Iterable[AudioFrame], zero: float) -> Iterator[tuple[int, Samples]]:
    """Yield each block as 48 kHz stereo with the sample at which it belongs."""
    form, resampler, at = None, AudioResampler(format=FORMAT, layout=LAYOUT, rate=RATE), 0
    for frame in frames:
        if (frame.format.name, frame.layout.name, frame.sample_rate) != form:
            form = (frame.format.name, frame.layout.name, frame.sample_rate)
            resampler = AudioResampler(format=FORMAT, layout=LAYOUT, rate=RATE)
        if frame.time is not None:
            at = round((frame.time - zero) * RATE)
        for block in resampler.resample(frame):
            found = block.to_ndarray().astype(np.float32, copy=False)
            yield at, found
            at += found.shape[1]
