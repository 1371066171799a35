"""One running house for all journeys."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import people
from demo.people import Cast
from tests.journeys.newcomers import Newcomers
from tests.journeys.running import PASSWORD, Running

FOLDER = Path(__file__).resolve().parents[2] / "var" / f"test{os.environ.get('VAR_TEST', '')}"


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The real processes: PostgreSQL, broker, API, stream server, two Celery workers."""
    made = Running(FOLDER / "house")
    try:
        yield made.begin()
    finally:
        made.end()


@pytest.fixture
def cast(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """The four people, signed up and logged in."""
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    gathered = people.gather(running.house.api_url, running.house.var / "mail")
    yield gathered
    gathered.close()


@pytest.fixture
def newcomers(running: Running) -> Iterator[Newcomers]:
    """People who come to the running house."""
    made = Newcomers(running)
    yield made
    for caller in made.callers:
        caller.pool.clear()
