"""The folders in which runs render: gone with the run, and with the next one if the process was killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from worker import scratch

HOLD = """
import fcntl, os, sys
os.mkdir(sys.argv[1])
open(sys.argv[1] + "/video.mp4.part", "w").close()
fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def renders(tmp_path: Path, settings: Settings) -> Path:
    """Where the folders lie."""
    settings.VAR = tmp_path
    return tmp_path / "renders"


@pytest.fixture
def other(renders: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that renders."""
    scratch.root()
    command = [sys.executable, "-c", HOLD, str(renders / "theirs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_is_ones_own_and_gone_afterwards(renders: Path) -> None:
    with scratch.folder() as mine:
        assert (renders.stat().st_mode & 0o777, mine.stat().st_mode & 0o777) == (0o700, 0o700)
        (mine / "video.mp4").write_bytes(b"a face")
        assert scratch.clear() == 0
    assert list(renders.iterdir()) == []


def test_a_folder_goes_whatever_is_raised(renders: Path) -> None:
    with pytest.raises(KeyboardInterrupt), scratch.folder():
        raise KeyboardInterrupt
    assert list(renders.iterdir()) == []


def test_the_folder_of_a_process_that_lives_is_left_alone(renders: Path, other: subprocess.Popen[str]) -> None:
    assert (scratch.clear(), (renders / "theirs" / "video.mp4.part").exists()) == (0, True)


def test_the_folder_of_a_killed_process_is_removed(renders: Path, other: subprocess.Popen[str]) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert (scratch.clear(), list(renders.iterdir())) == (1, [])
