"""A tiny process that ends what a killed supervisor left behind.

The supervisor may be ended with SIGKILL, and the kernel's parent-death signal is lost through `unshare`. So it keeps
a pipe to this process: when the pipe ends without `bye`, every process group named on it is ended. The guardian also
inherits a file lock, so the next supervisor can wait until it has finished.

Lines on the pipe: `add <slot> <group> <signal>`, `del <slot>`, `bye`. The supervisor chooses the slot, because it never
learns the group of a child whose command could not be executed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from socialvideo.embedded.console import say

# Their sum stays below the ten seconds that the next supervisor waits.
PATIENCE_S = 5.0
LAST_PATIENCE_S = 4.0
POLL_S = 0.02
PACKAGE_ROOT = Path(__file__).resolve().parents[2]

# Slot to (process group, stop signal).
Groups = dict[int, tuple[int, int]]


class Guardian:
    """The supervisor's end of the pipe."""

    def __init__(self, log: Path, lock: int) -> None:
        """Start the guardian in a session of its own; it inherits the descriptor `lock` and writes to `log`."""
        search = os.pathsep.join(filter(None, (str(PACKAGE_ROOT), os.environ.get("PYTHONPATH"))))
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "socialvideo.embedded.guardian"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": search},
                pass_fds=(lock,),
                start_new_session=True,
            )
        assert self.process.stdin is not None
        self._pipe = self.process.stdin

    def enrol_myself(self, slot: int, stop_signal: int) -> None:
        """Name the calling process's own group; runs in a new child before its exec, so no kill falls between."""
        self._tell(f"add {slot} {os.getpid()} {stop_signal}")

    def forget(self, slot: int) -> None:
        """Take back the group of a slot once it has ended, before its number is used again."""
        with contextlib.suppress(BrokenPipeError):
            self._tell(f"del {slot}")

    def __enter__(self) -> "Guardian":
        """Return the guardian itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send the guardian away: nothing is left to end."""
        with contextlib.suppress(BrokenPipeError):
            self._tell("bye")
        self._pipe.close()
        self.process.wait()

    def _tell(self, line: str) -> None:
        """Write one line past Python's buffer: a short write to a pipe is whole, also from a forked child."""
        os.write(self._pipe.fileno(), f"{line}\n".encode())


def listen(lines: Iterable[str], groups: Groups) -> bool:
    """Keep `groups` (in order of start) as told; return whether `bye` came before the end."""
    for line in lines:
        match line.split():
            case ["add", slot, group, stop_signal]:
                groups[int(slot)] = (int(group), int(stop_signal))
            case ["del", slot]:
                groups.pop(int(slot), None)
            case ["bye"]:
                return True
    return False


def clean_up(groups: Groups) -> None:
    """End all groups: the first started (the database) last, when the others no longer need it."""
    first, *others = groups.values()
    _end(others[::-1], PATIENCE_S)
    _end([first], LAST_PATIENCE_S)


def _end(groups: list[tuple[int, int]], patience_s: float) -> None:
    """Ask each group's leader to stop, and kill what is left after `patience_s` seconds or without a leader."""
    for group, stop_signal in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(group, stop_signal)
    deadline = time.monotonic() + patience_s
    waiting = [group for group, _ in groups]
    while waiting and time.monotonic() < deadline:
        time.sleep(POLL_S)
        for group in [each for each in waiting if not _leader_lives(each)]:
            _kill_group(group)
            waiting.remove(group)
    for group in waiting:
        _kill_group(group)


def _leader_lives(group: int) -> bool:
    """Say whether the leader of a group still runs; a dead one that nobody has collected yet does not."""
    try:
        os.kill(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    try:
        state = Path(f"/proc/{group}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return not Path("/proc/self/stat").exists()
    return state != "Z"


def _kill_group(group: int) -> None:
    """Kill every process of a group that still lives."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def main() -> None:
    """Listen until the pipe ends; then end what is left, unless the supervisor said `bye`."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: Groups = {}
    if listen(sys.stdin, groups) or not groups:
        return
    say(f"the supervisor was killed: ending {len(groups)} process groups it left")
    clean_up(groups)
    say("done")


if __name__ == "__main__":
    main()
