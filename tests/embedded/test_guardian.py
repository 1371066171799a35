"""What the guardian is told, and what it does when the telling ends."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from socialvideo.embedded import guardian
from tests.embedded.conftest import eventually, processes_below
from tests.embedded.small_house import STUBBORN


def test_groups_are_kept_in_the_order_of_their_start_until_they_are_taken_back() -> None:
    groups: guardian.Groups = {}
    assert not guardian.listen(["add 0 100 2\n", "add 1 101 15\n", "add 2 102 15\n", "del 1\n", "del 9\n"], groups)
    assert groups == {0: (100, 2), 2: (102, 15)}


def test_a_bye_ends_the_listening() -> None:
    groups: guardian.Groups = {}
    assert guardian.listen(["add 0 100 2\n", "bye\n", "add 1 101 15\n"], groups)
    assert groups == {0: (100, 2)}


def test_a_group_that_will_not_stop_is_killed_with_all_its_children(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian, "PATIENCE_S", 0.3)
    polite = subprocess.Popen(["sleep", "60"], start_new_session=True)
    mark = var / "mark"
    stubborn = subprocess.Popen([sys.executable, "-c", STUBBORN, str(mark)], cwd=var, start_new_session=True)
    assert eventually(mark.exists, 10)
    assert len(processes_below(var)) == 2
    guardian.clean_up({0: (polite.pid, signal.SIGUSR1), 1: (stubborn.pid, signal.SIGTERM)})
    assert (polite.wait(), stubborn.wait()) == (-signal.SIGUSR1, -signal.SIGKILL)
    assert eventually(lambda: processes_below(var) == [], 5)


def test_a_polite_group_is_not_waited_for_longer_than_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian, "LAST_PATIENCE_S", 60.0)
    # Nobody collects this child before the end: a dead leader must count as gone all the same.
    polite = subprocess.Popen(["sleep", "60"], start_new_session=True)
    guardian.clean_up({0: (polite.pid, signal.SIGTERM)})
    assert polite.wait() == -signal.SIGTERM
