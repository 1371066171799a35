"""Compositions: each kind by what is seen and heard in it, bounds on parts, and an end when the caller says so."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.worker import clips
from worker.media.composing import Part, compose
from worker.media.inspecting import inspect
from worker.media.rules import Facts, Rejected


def grey(level: int) -> object:
    """A film of one brightness."""
    return lambda number, width, height: np.full((height, width, 3), level, np.uint8)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A dark one with sound of two seconds, and a bright upright one of one second without."""
    folder = tmp_path_factory.mktemp("films")
    dark = clips.film(folder / "dark.mp4", size=(160, 128), seconds=2, tone=0.2, picture=grey(60))  # type: ignore[arg-type]
    bright = clips.film(folder / "bright.mp4", size=(128, 160), seconds=1, picture=grey(200))  # type: ignore[arg-type]
    return dark, bright


@cache
def facts_of(source: Path) -> Facts:
    """What a film is, found out once."""
    return inspect(source)


def made(kind: str, sources: tuple[Path, ...], folder: Path, **wishes: object) -> Path:
    """Compose from the sources with their facts."""
    facts = [facts_of(source) for source in sources]
    return compose(kind, sources, folder, facts=facts, **wishes)  # type: ignore[arg-type]


def levels(film: Path) -> list[int]:
    """The brightness of the middle of every picture."""
    frames = [frame.to_ndarray(format="gray") for _, frame in clips.shown(film)]
    return [int(frame[frame.shape[0] // 2, frame.shape[1] // 2]) for frame in frames]


def test_a_trim_is_the_part(films: tuple[Path, Path], tmp_path: Path) -> None:
    facts = inspect(made("trim", films[:1], tmp_path, parts=[Part(500, 1500)]))
    assert (facts.duration_ms, facts.width, facts.height, facts.has_audio) == (1000, 160, 128, True)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_stitch_is_one_and_then_the_other_in_the_size_of_the_second(films: tuple[Path, Path], tmp_path: Path) -> None:
    film = made("stitch", films, tmp_path, parts=[Part(0, 1000), Part()])
    facts, seen = inspect(film), levels(film)
    assert (facts.duration_ms, facts.width, facts.height) == (2000, 128, 160)
    assert max(seen[:30]) < 100 < 150 < min(seen[30:])
    sound = np.abs(clips.heard(film)[0])
    assert sound[:40_000].max() > 0.1 > 0.01 > sound[52_000:].max()


@pytest.mark.parametrize(("stacked", "size"), [(False, (256, 160)), (True, (128, 320))])
def test_a_duet_shows_both_at_once(
    films: tuple[Path, Path], tmp_path: Path, stacked: bool, size: tuple[int, int]
) -> None:
    film = made("duet", films, tmp_path, stacked=stacked)
    frames = [frame for _, frame in clips.shown(film)]
    assert ((frames[0].width, frames[0].height), len(frames)) == (size, 30)
    first, second = np.array_split(frames[10].to_ndarray(format="gray"), 2, axis=0 if stacked else 1)
    assert abs(int(first[80, 64]) - int(second[80, 64])) > 80
    assert np.abs(clips.heard(film)).max() > 0.05


def test_another_sound_replaces_or_joins(films: tuple[Path, Path], tmp_path: Path) -> None:
    film = made("sound", films[::-1], tmp_path, parts=[Part(gain=0), Part(start_ms=500)])
    facts = inspect(film)
    assert (facts.duration_ms, facts.has_audio, min(levels(film)) > 150) == (1000, True, True)
    assert np.abs(clips.heard(film)).max() > 0.05


@pytest.mark.parametrize("part", [Part(2000), Part(500, 500), Part(-1), Part(900, 100)])
def test_a_part_that_is_not_in_the_film_is_refused(films: tuple[Path, Path], tmp_path: Path, part: Part) -> None:
    with pytest.raises(Rejected) as rejected:
        made("trim", films[:1], tmp_path, parts=[part])
    assert rejected.value.code == "wrong_part"
    assert list(tmp_path.iterdir()) == []


def test_more_than_five_seconds_of_another_film_are_refused(tmp_path: Path) -> None:
    film = clips.film(tmp_path / "a.mp4", size=(64, 64), fps=5, seconds=6)
    with pytest.raises(Rejected) as rejected:
        made("stitch", (film, film), tmp_path)
    assert rejected.value.code == "wrong_part"


def test_whatever_the_caller_raises_ends_it_at_once_and_leaves_no_file(
    films: tuple[Path, Path], tmp_path: Path
) -> None:
    class Withdrawn(Exception):
        pass

    def ask(share: float) -> None:
        asked.append(share)
        raise Withdrawn

    asked: list[float] = []
    with pytest.raises(Withdrawn):
        made("duet", films, tmp_path, on_progress=ask)
    assert len(asked) == 1
    assert list(tmp_path.iterdir()) == []
