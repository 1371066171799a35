"""A house of real processes: stopped, crashed, killed, started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from socialvideo.embedded import logs
from socialvideo.embedded.errors import AlreadyRunning, ChildDied, NotReady
from socialvideo.embedded.supervisor import Process, Supervisor
from tests.embedded.conftest import eventually, processes_below, ready_line

House = Callable[[str], subprocess.Popen[str]]


def python(name: str, program: str, **more: object) -> Process:
    """Return a process that runs a short program."""
    return Process(name, [sys.executable, "-c", program], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("request_", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_request_stops_everything_and_ends_well(house: House, var: Path, request_: signal.Signals) -> None:
    begun = house("stubborn")
    assert ready_line(begun) == "ready"
    assert len(processes_below(var)) > 6
    begun.send_signal(request_)
    said, complained = begun.communicate(timeout=20)
    assert begun.returncode == 0, complained
    assert said.splitlines() == ["stubborn did not stop in 0.3 s and is killed", "stopped"]
    assert processes_below(var) == []
    assert "database system is shut down" in (var / "log" / "postgres.log").read_text()


def test_a_crash_of_any_process_stops_the_rest_and_says_why(house: House, var: Path) -> None:
    begun = house("crash")
    _, complained = begun.communicate(timeout=20)
    assert begun.returncode == 1
    assert "crashing ended with status 3" in complained
    assert complained.rstrip().endswith("the roof fell in")
    assert processes_below(var) == []


def test_a_killed_database_stops_the_rest_and_says_why(house: House, var: Path) -> None:
    begun = house("plain")
    assert ready_line(begun) == "ready"
    os.kill(int((var / "pg" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    _, complained = begun.communicate(timeout=20)
    assert begun.returncode == 1
    assert "postgres was ended by SIGKILL" in complained
    assert eventually(lambda: processes_below(var) == [], 10)


def test_a_killed_supervisor_leaves_nothing_behind(house: House, var: Path) -> None:
    begun = house("plain")
    assert ready_line(begun) == "ready"
    begun.kill()
    begun.wait()
    assert eventually(lambda: processes_below(var) == [], 10)
    assert "database system is shut down" in (var / "log" / "postgres.log").read_text()


def test_a_new_start_right_after_a_killed_supervisor_works(house: House, var: Path) -> None:
    first = house("plain")
    assert ready_line(first) == "ready"
    before = set(processes_below(var)) - {first.pid}
    first.kill()
    second = house("plain")
    assert ready_line(second) == "ready"
    assert before.isdisjoint(processes_below(var))
    second.terminate()
    assert second.wait(20) == 0
    assert processes_below(var) == []


@pytest.mark.parametrize("after_s", [0.1, 0.2, 0.3, 0.4, 0.6])
def test_a_kill_at_any_moment_of_the_start_leaves_nothing_behind(house: House, var: Path, after_s: float) -> None:
    begun = house("plain")
    time.sleep(after_s)
    begun.kill()
    begun.wait()
    assert eventually(lambda: processes_below(var) == [], 10)


def test_a_new_start_works_when_the_guardian_was_killed_too(house: House, var: Path) -> None:
    first = house("plain")
    assert ready_line(first) == "ready"
    postmaster = int((var / "pg" / "postmaster.pid").read_text().split()[0])
    for pid in set(processes_below(var)) - processes_of_postgres(var):
        os.kill(pid, signal.SIGKILL)
    first.wait()
    assert postmaster in processes_below(var)
    second = house("plain")
    assert ready_line(second) == "ready"
    assert postmaster not in processes_below(var)
    second.terminate()
    assert second.wait(20) == 0


def test_a_second_supervisor_is_refused_and_the_first_goes_on(house: House, var: Path) -> None:
    first = house("plain")
    assert ready_line(first) == "ready"
    second = house("plain")
    _, complained = second.communicate(timeout=20)
    assert second.returncode == 1
    assert f"in use by process {first.pid}" in complained
    assert first.poll() is None
    with pytest.raises(AlreadyRunning, match=str(first.pid)), Supervisor(var):
        pass
    first.terminate()
    assert first.wait(20) == 0


def test_an_error_in_the_block_stops_all_and_goes_on_its_way(var: Path) -> None:
    with pytest.raises(ZeroDivisionError), Supervisor(var) as house:
        house.start(python("idle", "import time; time.sleep(60)"))
        _ = 1 / 0
    assert processes_below(var) == []


def test_a_process_that_dies_before_it_is_ready_is_started_again_as_often_as_asked(var: Path) -> None:
    program = (
        "import sys, pathlib, time\nmark = pathlib.Path(sys.argv[1])\n"
        "if not mark.exists():\n    mark.touch()\n    sys.exit(1)\ntime.sleep(60)"
    )
    mark = var / "mark"
    command = [sys.executable, "-c", program, str(mark)]

    def settled() -> bool:
        time.sleep(0.3)
        return mark.exists()

    with Supervisor(var) as house:
        house.start(Process("second-try", command, ready=settled, attempts=2))
        mark.unlink()
        with pytest.raises(ChildDied, match="once ended with status 1"):
            house.start(Process("once", command, ready=lambda: False))
        house.check()


def test_a_process_that_is_never_ready_is_stopped_and_its_log_shown(var: Path) -> None:
    program = "import time\nprint('still thinking', flush=True)\ntime.sleep(60)"
    with Supervisor(var) as house:
        with pytest.raises(NotReady, match=r"thinker was not ready in 0\.5 s(.|\n)*still thinking"):
            house.start(python("thinker", program, ready=lambda: False, ready_timeout_s=0.5))
        assert str(var / "log" / "thinker.log") not in commands_below(var)
        house.check()


def test_a_command_that_does_not_exist_is_named(var: Path) -> None:
    with Supervisor(var) as house, pytest.raises(ChildDied, match="ghost could not be started"):
        house.start(Process("ghost", ["/no/such/program"]))


def test_a_one_shot_process_must_end_well(var: Path) -> None:
    with Supervisor(var) as house:
        house.run(python("good", "import os; print(os.environ['ROOM'])", env={"ROOM": "kitchen"}))
        with pytest.raises(ChildDied, match="bad ended with status 4"):
            house.run(python("bad", "raise SystemExit(4)"))
        house.check()
    assert (var / "log" / "good.log").read_text() == "kitchen\n"


def test_a_dead_guardian_is_noticed(var: Path) -> None:
    with Supervisor(var) as house:
        house.start(python("idle", "import time; time.sleep(60)"))
        house._guardian.process.kill()
        with pytest.raises(ChildDied, match="guardian"):
            house.wait()
    assert processes_below(var) == []


def test_the_first_started_stops_last(var: Path) -> None:
    program = (
        "import signal, sys, time\n"
        "def stop(*_):\n    open(sys.argv[1], 'a').write(sys.argv[2])\n    sys.exit()\n"
        "signal.signal(15, stop)\nopen(sys.argv[1] + sys.argv[2], 'w')\ntime.sleep(60)"
    )
    order = var / "order"
    with Supervisor(var) as house:
        for name in "abc":
            ready = Path(f"{order}{name}").exists
            house.start(Process(name, [sys.executable, "-c", program, str(order), name], ready=ready))
    assert order.read_text()[-1] == "a"
    assert sorted(order.read_text()) == ["a", "b", "c"]


def test_a_log_that_has_grown_too_large_is_set_aside_at_the_start(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "ROTATE_BYTES", 10)
    path = var / "x.log"
    path.write_text("a long story\n")
    fresh = logs.Log(path)
    with fresh.open() as file:
        file.write(b"\n".join(b"line %d" % number for number in range(40)))
    assert (var / "x.log.1").read_text() == "a long story\n"
    assert fresh.tail().split("\n") == [f"line {number}" for number in range(25, 40)]


def processes_of_postgres(var: Path) -> set[int]:
    """Return the processes that work inside the data folder."""
    here = str(var / "pg")
    return {pid for pid in processes_below(var) if str(Path(f"/proc/{pid}/cwd").readlink()) == here}


def commands_below(var: Path) -> str:
    """Return where the processes below `var` write to."""
    return " ".join(str(Path(f"/proc/{pid}/fd/1").readlink()) for pid in processes_below(var))
