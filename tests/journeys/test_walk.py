"""The walk, as ``make demo`` does it, over real HTTP against the real processes."""

import os
import subprocess
import sys

import pytest

from tests.journeys.running import PASSWORD, Running

pytestmark = pytest.mark.journey


def walk(running: Running) -> subprocess.Popen[str]:
    """Begin the walk against the running house."""
    environment = {**os.environ, "DEMO_PASSWORD": PASSWORD, "VAR": str(running.house.var)}
    command = [sys.executable, "-m", "demo.walk", running.house.api_url]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_every_step_of_the_walk_holds_also_after_a_walk_that_was_killed(running: Running) -> None:
    with walk(running) as first:
        assert first.stdout
        next(line for line in first.stdout if "published" in line)
        first.kill()

    with walk(running) as again:
        told, _ = again.communicate(timeout=180)

    assert again.returncode == 0, told
    assert "Every step held" in told
    assert "cancelled_consent" in told
    assert (running.house.var / "demo" / "video.mp4").read_bytes()[4:8] == b"ftyp"


def test_the_walk_fails_loudly_when_a_step_does_not_hold(running: Running) -> None:
    running.kill("api")
    try:
        with walk(running) as broken:
            told, _ = broken.communicate(timeout=60)
    finally:
        running.start("api")
    assert broken.returncode == 1
    assert "does not hold" in told
