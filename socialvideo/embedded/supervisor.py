"""Run named processes as one: started in order, stopped together, never left behind."""

import contextlib
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType

from socialvideo.embedded import locks
from socialvideo.embedded.console import say
from socialvideo.embedded.errors import AlreadyRunning, ChildDied, NotReady
from socialvideo.embedded.guardian import Guardian
from socialvideo.embedded.logs import Log

POLL_S = 0.05
RETRY_PAUSE_S = 0.5
CLEAN_UP_WAIT_S = 10.0
STOP_REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Process:
    """What to run: `env` is added to this process's own environment; times are in seconds.

    `stop_signal` goes to the process alone (Celery's warm shutdown hangs when its pool gets it too); what is left of
    its group is killed afterwards. `attempts` is how often to start it when it dies before it is ready.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready_timeout_s: float = 60.0
    stop_timeout_s: float = 10.0
    attempts: int = 1


class Stopped(BaseException):
    """Somebody asked the supervisor to stop; leaving the `with` block swallows it."""


@dataclass
class _Child:
    """A process that was started, and where its output goes."""

    process: Process
    popen: subprocess.Popen[bytes]
    log: Log
    slot: int
    asked: bool = False

    def ask_to_stop(self) -> None:
        """Send the stop signal once; Celery takes a second one for an order to drop everything."""
        if self.popen.poll() is None and not self.asked:
            self.popen.send_signal(self.process.stop_signal)
            self.asked = True

    def obituary(self) -> ChildDied:
        """Say how it ended, with the last lines it wrote."""
        status = self.popen.returncode
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        return ChildDied(f"{self.process.name} {how}; the end of {self.log.path}:\n{self.log.tail()}")


class Supervisor:
    """The house of processes that share one `var` folder; use it as a context manager.

    Only for the main thread. SIGINT, SIGTERM and SIGHUP are noted, and obeyed at the next `start`, `run`, `check` or
    `wait`, which then leaves by way of the end of the block. At that end, whatever its reason, all processes are
    stopped: the first one last, for the others stand on it.
    """

    def __init__(self, var: Path) -> None:
        """Prepare a supervisor of the processes under `var`; nothing is made before the block is entered."""
        self.var = var.resolve()
        self._children: list[_Child] = []
        self._resources = contextlib.ExitStack()
        self._guardian: Guardian
        self._slots = itertools.count()
        self._stop_asked = False

    def __enter__(self) -> "Supervisor":
        """Take the var folder; raises AlreadyRunning when another supervisor, or its guardian, still has it."""
        logs = self.var / "log"
        logs.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as taken:
            lock = self._take("lock", 0.0, "is in use by process {}; stop it first")
            taken.callback(os.close, lock)
            locks.sign(lock)
            cleaning = self._take("guardian.lock", CLEAN_UP_WAIT_S, "is still being cleaned up after a killed run")
            try:
                self._guardian = taken.enter_context(Guardian(logs / "guardian.log", cleaning))
            finally:
                os.close(cleaning)
            taken.enter_context(_on_stop_request(self._note_stop))
            self._resources = taken.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Stop all processes, the first started last, and give the var folder back."""
        with self._resources:
            # All but the first may stop at the same time; the first is what the others stand on.
            for child in self._children[1:]:
                child.ask_to_stop()
            while self._children:
                self._end(self._children.pop())
        return kind is Stopped

    def start(self, process: Process) -> int:
        """Start `process`, wait until it is ready, and return its process id.

        Raises ChildDied when it, or one started before it, dies meanwhile; NotReady after its `ready_timeout_s`.
        """
        for attempt in range(process.attempts):
            if attempt:
                time.sleep(RETRY_PAUSE_S)
            child = self._spawn(process)
            if self._became_ready(child):
                self._children.append(child)
                return child.popen.pid
        raise child.obituary()

    def run(self, process: Process) -> None:
        """Run `process` to its end, without a time limit; raises ChildDied unless its exit status is 0."""
        child = self._spawn(process)
        with self._ended_on_error(child):
            while child.popen.poll() is None:
                self.check()
                time.sleep(POLL_S)
        self._end(child)
        if child.popen.returncode != 0:
            raise child.obituary()

    def check(self) -> None:
        """Raise ChildDied when a process has died, Stopped when a stop was asked for."""
        for child in self._children:
            if child.popen.poll() is not None:
                raise child.obituary()
        if self._guardian.process.poll() is not None:
            raise ChildDied(f"the guardian ended; see {self.var / 'log' / 'guardian.log'}")
        if self._stop_asked:
            raise Stopped

    def wait(self) -> None:
        """Return when a stop is asked for; raises ChildDied as soon as a process dies."""
        with contextlib.suppress(Stopped):
            while True:
                self.check()
                time.sleep(POLL_S)

    def _take(self, name: str, wait_s: float, refusal: str) -> int:
        """Lock a file of the var folder, or refuse."""
        path = self.var / name
        descriptor = locks.take(path, wait_s)
        if descriptor is None:
            raise AlreadyRunning(f"{self.var} {refusal.format(locks.signature(path))}")
        return descriptor

    def _spawn(self, process: Process) -> _Child:
        """Start a process in a session of its own, known to the guardian from its first moment."""
        self.check()
        log = Log(self.var / "log" / f"{process.name}.log")
        slot = next(self._slots)
        try:
            with log.open() as output:
                popen = subprocess.Popen(
                    process.command,
                    env={**os.environ, **process.env},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=lambda: self._guardian.enrol_myself(slot, process.stop_signal),
                )
        except OSError as error:
            self._guardian.forget(slot)
            raise ChildDied(f"{process.name} could not be started: {error}") from error
        return _Child(process, popen, log, slot)

    def _became_ready(self, child: _Child) -> bool:
        """Wait for readiness; False when the process died before it, NotReady when its time is over."""
        process = child.process
        deadline = time.monotonic() + process.ready_timeout_s
        with self._ended_on_error(child):
            while child.popen.poll() is None:
                self.check()
                # The second look: it may have died while somebody else answered in its place.
                if (process.ready is None or process.ready()) and child.popen.poll() is None:
                    return True
                if time.monotonic() >= deadline:
                    late = f"{process.name} was not ready in {process.ready_timeout_s:g} s"
                    raise NotReady(f"{late}; the end of {child.log.path}:\n{child.log.tail()}")
                time.sleep(POLL_S)
        self._end(child)
        return False

    @contextlib.contextmanager
    def _ended_on_error(self, child: _Child) -> Iterator[None]:
        """End a process that is not yet one of the children when the block fails."""
        with contextlib.ExitStack() as on_error:
            on_error.callback(self._end, child)
            yield
            on_error.pop_all()

    def _end(self, child: _Child) -> None:
        """Ask a process to stop, and kill its whole group when it has gone or its time is over."""
        if child.popen.poll() is None:
            child.ask_to_stop()
            try:
                child.popen.wait(child.process.stop_timeout_s)
            except subprocess.TimeoutExpired:
                say(f"{child.process.name} did not stop in {child.process.stop_timeout_s:g} s and is killed")
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.popen.pid, signal.SIGKILL)
        child.popen.wait()
        self._guardian.forget(child.slot)

    def _note_stop(self, number: int, frame: FrameType | None) -> None:
        """Handle a stop request: only a note, so no start is ever interrupted half-way."""
        self._stop_asked = True


@contextlib.contextmanager
def _on_stop_request(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have `handler` called on each stop request during the block."""
    # An ignored SIGHUP is nohup's wish.
    wanted = [each for each in STOP_REQUESTS if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in wanted}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
