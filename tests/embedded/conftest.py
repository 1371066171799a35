"""Real clusters and real houses in short-lived folders."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from socialvideo.embedded.cluster import Cluster
from socialvideo.embedded.control import Server

ROOT = Path(__file__).resolve().parents[2]
HOUSE = Path(__file__).with_name("small_house.py")


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    """A data folder that initdb made once, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="house-"))
    cluster = Cluster(folder / "pg")
    cluster.initialise()
    yield cluster.folder
    shutil.rmtree(cluster.socket_folder(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def var() -> Iterator[Path]:
    """An empty folder; whatever still runs below it at the end is ended, and the socket folder removed."""
    folder = Path(tempfile.mkdtemp(prefix="house-"))
    # An unprivileged stand-in for root must be able to pass.
    folder.chmod(0o755)
    yield folder
    end_all_below(folder)
    shutil.rmtree(Cluster(folder / "pg").socket_folder(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(var: Path, made_once: Path) -> Iterator[Server]:
    """A durable server that is not started yet."""
    subprocess.run(["cp", "-R", made_once, var / "pg"], check=True)
    one = Server(Cluster(var / "pg"))
    yield one
    one.stop()


@pytest.fixture(scope="session")
def lent(made_once: Path) -> Path:
    """A data folder that one test after the other moves away and back; copying it each time takes longer."""
    folder = made_once.with_name("lent")
    subprocess.run(["cp", "-R", made_once, folder], check=True)
    return folder


@pytest.fixture
def house(var: Path, lent: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a small house in the given scenario; it says `ready` when it is."""
    lent.rename(var / "pg")
    with ExitStack() as opened:

        def start(scenario: str) -> subprocess.Popen[str]:
            begun = subprocess.Popen(
                [sys.executable, str(HOUSE), str(var), scenario],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            opened.enter_context(begun)
            opened.callback(begun.kill)
            return begun

        yield start
    end_all_below(var)
    (var / "pg").rename(lent)


def end_all_below(folder: Path) -> None:
    """Kill whatever still runs below a folder, as after a failed test."""
    for pid in processes_below(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: processes_below(folder) == [], 10)


def ready_line(begun: subprocess.Popen[str]) -> str:
    """Return the first line that a house writes."""
    assert begun.stdout is not None
    return begun.stdout.readline().strip()


def rows(server: Server, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in the default database and return its rows."""
    with psycopg.connect(server.cluster.url(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def processes_below(folder: Path) -> list[int]:
    """Return the processes that work in `folder`, write to a file in it, or name it in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            places = [str(link.readlink()) for link in (entry / "cwd", entry / "fd/1", entry / "fd/2")]
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            if str(folder) in words or any(f"{place}/".startswith(f"{folder}/") for place in places):
                found.append(int(entry.name))
    return found


def eventually(true: Callable[[], bool], within_s: float) -> bool:
    """Say whether a condition comes true in time."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
