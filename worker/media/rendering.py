"""The renditions of a film: H.264 and AAC in fragmented MP4 for HLS, and faststart MP4, made in the child."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from worker.media import child
from worker.media.rules import SOFTWARE_ENCODER, Facts, Rung

log = logging.getLogger(__name__)

# Seconds of the processor for a second of film in all sizes, on a slow machine; and for the shortest film.
SLOWNESS, LEAST_SECONDS = 40, 60
# Far above what any size at its highest rate can come to.
OUT_BYTES = 1 << 30


@dataclass(frozen=True)
class Edit:
    """Which part of the film is wanted, in milliseconds from its beginning; ``end_ms`` None for all that follows."""

    start_ms: int = 0
    end_ms: int | None = None


WHOLE = Edit()


@dataclass(frozen=True)
class Rendered:
    """One finished size. ``init`` is (offset, length) in ``hls``, a segment (offset, length, seconds).

    ``bandwidth`` is the highest of any segment in bits a second and ``codecs`` as RFC 6381 writes it, both for HLS
    (RFC 8216). ``size_bytes`` and ``sha256`` are of ``hls``; ``mp4`` holds the very same packets, index first.
    """

    rung: Rung
    hls: Path
    mp4: Path | None
    width: int
    height: int
    fps: int
    frames: int
    duration_ms: int
    size_bytes: int
    sha256: str
    mp4_size_bytes: int | None
    mp4_sha256: str | None
    bandwidth: int
    codecs: str
    init: tuple[int, int]
    segments: tuple[tuple[int, int, float], ...]


def render(
    source: Path,
    folder: Path,
    rungs: Sequence[Rung],
    *,
    facts: Facts,
    on_progress: Callable[[float], None] = lambda share: None,
    on_ready: Callable[[Rendered], None] = lambda rendered: None,
    edit: Edit = WHOLE,
    encoder: str = SOFTWARE_ENCODER,
) -> list[Rendered]:
    """Write ``source`` to ``folder`` in every size of ``rungs``, ``rungs[0]`` before the others, and return them.

    ``on_ready`` gets each size when its files are whole and in place. ``on_progress`` (0 to 1) is asked at least once a
    second of the film and of the clock; whatever either raises ends the child at once, removes what is unfinished and
    goes on to the caller. Where ``encoder`` (a value of rules.ENCODERS) cannot be opened, the log says so once and
    software makes the film in another child, with all its bounds.

    Raises rules.Rejected when the film is at fault, child.MediaFailed when we are.
    """
    done: list[Rendered] = []
    with child.workshop(folder) as bench:

        def heard(kind: str, said: Any) -> None:
            if kind == "progress":
                on_progress(said)
            else:
                done.append(_placed(said, rungs, bench, folder))
                on_ready(done[-1])

        said = child.run(_work(source, bench, rungs, facts, edit, encoder), heard)
        if "without" in said:
            _say_without(encoder)
            child.run(_work(source, bench, rungs, facts, edit, SOFTWARE_ENCODER), heard)
    return done


@cache
def _say_without(encoder: str) -> None:
    """Tell the operator once in the life of this process."""
    log.warning("the encoder %s cannot be opened here: films are encoded in software", encoder)


def _work(source: Path, bench: Path, rungs: Sequence[Rung], facts: Facts, edit: Edit, encoder: str) -> child.Work:
    arguments = {
        "facts": asdict(facts),
        "rungs": [asdict(rung) for rung in rungs],
        "start_ms": edit.start_ms,
        "end_ms": edit.end_ms,
        "encoder": encoder,
    }
    seconds = LEAST_SECONDS + SLOWNESS * facts.duration_ms / 1000
    hardware = encoder != SOFTWARE_ENCODER
    return child.Work("render", arguments, [source], bench, seconds, OUT_BYTES, hardware)


def _placed(said: dict[str, Any], rungs: Sequence[Rung], bench: Path, folder: Path) -> Rendered:
    """Move the finished files out of the child's folder and return the facts about them."""
    rung = next(rung for rung in rungs if rung.name == said["name"])
    hls = (bench / said["hls"]).replace(folder / said["hls"])
    mp4 = (bench / said["mp4"]).replace(folder / said["mp4"]) if said["mp4"] else None
    kept = {key: value for key, value in said.items() if key not in ("name", "hls", "mp4", "init", "segments")}
    return Rendered(
        rung=rung,
        hls=hls,
        mp4=mp4,
        duration_ms=round(1000 * said["frames"] / said["fps"]),
        init=(said["init"][0], said["init"][1]),
        segments=tuple((offset, length, seconds) for offset, length, seconds in said["segments"]),
        **kept,
    )
