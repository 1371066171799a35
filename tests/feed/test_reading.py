"""Reading: the same bytes whether they lie in memory, have to be fetched, or come from elsewhere."""

import asyncio
import os
import random
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest

from feed import reading
from feed.ranges import Span
from feed.reading import Filed, Reader

FILM = random.Random(2).randbytes(10_000)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film"
    path.write_bytes(FILM)
    return path


def parts(file: IO[bytes], start: int, *sizes: int) -> list[bytes]:
    async def run() -> list[bytes]:
        reader = Reader(Filed(file, len(FILM)), Span(start, len(FILM), len(FILM)), 4096)
        await reader.begin()
        return [await reader.read(size) for size in sizes]

    return asyncio.run(run())


def test_a_film_is_read_on_from_its_start(film: Path) -> None:
    with film.open("rb") as file:
        assert parts(file, 100, 1000, 50, 9999) == [FILM[100:1100], FILM[1100:1150], FILM[1150:5246]]


def test_at_the_end_nothing_comes(film: Path) -> None:
    with film.open("rb") as file:
        assert parts(file, 9_990, 100, 100) == [FILM[9_990:], b""]


def test_what_lies_elsewhere_is_read_the_same() -> None:
    assert parts(BytesIO(FILM), 100, 1000, 50) == [FILM[100:1100], FILM[1100:1150]]


@pytest.mark.parametrize("error", [BlockingIOError, OSError])
def test_what_is_not_in_memory_is_fetched(film: Path, monkeypatch: pytest.MonkeyPatch, error: type[OSError]) -> None:
    def waits(*_: object) -> int:
        raise error

    monkeypatch.setattr(os, "preadv", waits)
    with film.open("rb") as file:
        assert parts(file, 100, 1000, 50) == [FILM[100:1100], FILM[1100:1150]]


def test_a_system_that_cannot_tell_reads_in_threads(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "NOWAIT", 0)
    monkeypatch.setattr(os, "preadv", None)
    with film.open("rb") as file:
        assert parts(file, 0, 10) == [FILM[:10]]
