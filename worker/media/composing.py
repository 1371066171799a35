"""New films out of stored ones, made in the child: trim, stitch, duet, another sound. Lineage is the caller's."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from worker.media import child
from worker.media.rules import Facts, Rejected, steady_fps

Kind = Literal["trim", "stitch", "duet", "sound"]
MOST_SIDE = 1080
MOST_STITCHED_MS = 5000
SLOWNESS, LEAST_SECONDS = 60, 60
OUT_BYTES = 1 << 30
# How many films each kind is made of.
SOURCES = {"trim": 1, "stitch": 2, "duet": 2, "sound": 2}


@dataclass(frozen=True)
class Part:
    """Which part of a film is used, in milliseconds (``end_ms`` None: to its end), and how loud, 1 being as it is."""

    start_ms: int = 0
    end_ms: int | None = None
    gain: float = 1.0


def compose(
    kind: Kind,
    sources: Sequence[Path],
    folder: Path,
    *,
    facts: Sequence[Facts],
    parts: Sequence[Part] = (),
    stacked: bool = False,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Path:
    """Write film.mp4 to ``folder`` and return it; its short side has at most 1080 pixels.

    - trim: the part of the only source.
    - stitch: the part of the first source, at most five seconds, then that of the second, whose size it has.
    - duet: both at once, side by side or ``stacked``, as long as the shorter; each has the size of the second.
    - sound: the pictures of the first, with the sound of the second from its ``start_ms`` on; the gain of the first
      is that of its own sound, 0 to be without.

    ``on_progress`` (0 to 1) is asked at least once a second of the film and of the clock: whatever it raises ends the
    child at once, leaves no file and goes on. Raises Rejected (``wrong_part``, or what is wrong with a source),
    child.MediaFailed, and ValueError for another number of sources.
    """
    used = list(parts) or [Part() for _ in sources]
    if len(sources) != SOURCES[kind] or len(facts) != len(sources) or len(used) != len(sources):
        raise ValueError(f"{kind} is made of {SOURCES[kind]} films")
    for part, fact in zip(used, facts, strict=True):
        _check(part, fact)
    if kind == "stitch":
        used[0] = _short(used[0], facts[0])
    with child.workshop(folder) as bench:
        arguments = _arguments(kind, facts, used, stacked=stacked)
        seconds = LEAST_SECONDS + SLOWNESS * sum(fact.duration_ms for fact in facts) / 1000
        work = child.Work("compose", arguments, sources, bench, seconds, OUT_BYTES)
        child.run(work, lambda word, share: on_progress(share))
        return (bench / "film.mp4").replace(folder / "film.mp4")


def _check(part: Part, facts: Facts) -> None:
    end = facts.duration_ms if part.end_ms is None else part.end_ms
    if not 0 <= part.start_ms < min(end, facts.duration_ms):
        raise Rejected("wrong_part", f"Choose a part that lies in the film, which lasts {facts.duration_ms} ms.")


def _short(part: Part, facts: Facts) -> Part:
    """Return the part that may be stitched: at most five seconds."""
    end = facts.duration_ms if part.end_ms is None else part.end_ms
    if end - part.start_ms > MOST_STITCHED_MS:
        raise Rejected("wrong_part", f"At most {MOST_STITCHED_MS // 1000} seconds of another film may come first.")
    return part


def _arguments(kind: Kind, facts: Sequence[Facts], parts: Sequence[Part], *, stacked: bool) -> dict[str, Any]:
    """Return what the child is told: the size of one film's place, the rate, and each part with its facts."""
    own = facts[0] if kind in ("trim", "sound") else facts[-1]
    width, height = own.width, own.height
    across, down = (1, 1) if kind != "duet" else ((1, 2) if stacked else (2, 1))
    scale = min(1.0, MOST_SIDE / min(width * across, height * down))
    return {
        "kind": kind,
        "width": max(2, int(width * scale) // 2 * 2),
        "height": max(2, int(height * scale) // 2 * 2),
        "fps": max(steady_fps(fact.fps) for fact in (facts[:1] if kind == "sound" else facts)),
        "stacked": stacked,
        "gains": [part.gain for part in parts],
        "parts": [
            {"facts": asdict(fact), "start_ms": part.start_ms, "end_ms": part.end_ms}
            for fact, part in zip(facts, parts, strict=True)
        ],
    }
