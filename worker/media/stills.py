"""The pictures that stand for a film: poster, moving preview, sprite and BlurHash, made in the child."""

from dataclasses import asdict, dataclass
from pathlib import Path

from worker.media import child
from worker.media.rules import Facts

# Every second of the film may cost this much: with few keyframes all of it is decoded, three times.
SLOWNESS, LEAST_SECONDS = 6, 30
OUT_BYTES = 64 << 20


@dataclass(frozen=True)
class Grid:
    """How ``sprite`` is laid out, row by row: a tile in pixels, and the milliseconds of film from one to the next."""

    columns: int
    rows: int
    width: int
    height: int
    step_ms: int


@dataclass(frozen=True)
class Stills:
    """``poster`` and ``sprite`` are JPEG, ``preview`` an animated WebP of at most three seconds; none has metadata."""

    poster: Path
    preview: Path
    sprite: Path
    sprite_grid: Grid
    blurhash: str


def stills(source: Path, folder: Path, *, facts: Facts, cover_ms: int | None = None) -> Stills:
    """Write the stills of ``source`` to ``folder``; the poster shows ``cover_ms``, or a lively moment.

    Give a rendition rather than the upload where there is one: its keyframes every two seconds make this quick.
    Raises rules.Rejected when the film is at fault, child.MediaFailed when we are.
    """
    seconds = LEAST_SECONDS + SLOWNESS * facts.duration_ms / 1000
    with child.workshop(folder) as bench:
        arguments = {"facts": asdict(facts), "cover_ms": cover_ms}
        said = child.run(child.Work("stills", arguments, [source], bench, seconds, OUT_BYTES))
        names = ("poster.jpg", "preview.webp", "sprite.jpg")
        poster, preview, sprite = ((bench / name).replace(folder / name) for name in names)
    return Stills(poster, preview, sprite, sprite_grid=Grid(**said["grid"]), blurhash=said["blurhash"])
