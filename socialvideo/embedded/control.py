"""Start, stop and ask an embedded PostgreSQL server: the half of the cluster that needs the driver."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg import errors, sql

from socialvideo.embedded.cluster import DATABASE, PORT, Cluster
from socialvideo.embedded.errors import ClusterError
from socialvideo.embedded.logs import Log
from socialvideo.embedded.supervisor import Process

MAINTENANCE_DATABASE = "postgres"
PROC = Path("/proc")
POLL_S = 0.02
RETRY_PAUSE_S = 0.5
# The children of a killed postmaster hold its shared memory for some seconds; until then a new one dies at once.
ATTEMPTS = 12
FAST_STOP_S = 30.0
IMMEDIATE_STOP_S = 5.0
CONNECT_TIMEOUT_S = 5


class Server:
    """The running side of one cluster; whoever starts or reaps it holds the supervisor's lock, or owns the folder."""

    def __init__(self, cluster: Cluster) -> None:
        """Control the server of `cluster`; nothing is started."""
        self.cluster = cluster
        self._popen: subprocess.Popen[bytes] | None = None
        self._log: Log | None = None
        self._launches = 0

    def prepare(self) -> None:
        """End what a killed run left and make the data folder when missing; raises ClusterError."""
        self.reap()
        self.cluster.initialise()

    def process(self) -> Process:
        """Return the server for a supervisor, after `prepare`; it starts and stops as the `postgres` of the house."""
        return Process(
            name="postgres",
            command=self.cluster.command(),
            ready=self.ready,
            stop_signal=signal.SIGINT,
            stop_timeout_s=FAST_STOP_S,
            attempts=ATTEMPTS,
        )

    def start(self) -> None:
        """Start the server as a child of this process, logging beside the data folder; `wait_ready` comes next."""
        if self.is_running():
            raise ClusterError(f"a server already runs on {self.cluster.folder}; reap() ends one that was left behind")
        self.cluster.initialise()
        data = self.cluster.cluster_folder()
        self._log = Log(data.with_name(f"{data.name}.log"))
        self._launches = 0
        self._launch()

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Wait until the server accepts connections, starting it again when it dies for lack of its shared memory.

        Raises ClusterError after `timeout_s` seconds or too many tries.
        """
        deadline = time.monotonic() + timeout_s
        while not self.ready():
            if time.monotonic() >= deadline:
                raise ClusterError(f"PostgreSQL was not ready in {timeout_s:g} s{self._evidence()}")
            if self._popen and self._popen.poll() is not None:
                if self._launches >= ATTEMPTS:
                    raise ClusterError(f"PostgreSQL ended with status {self._popen.returncode}{self._evidence()}")
                time.sleep(RETRY_PAUSE_S)
                self._launch()
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop the server that `start` started: fast, then immediate, then killed. Without one, do nothing."""
        popen, self._popen = self._popen, None
        if popen is not None:
            _stop(popen.send_signal, lambda: popen.poll() is None)

    def ready(self) -> bool:
        """Say whether the server accepts connections now."""
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def is_running(self) -> bool:
        """Say whether a postmaster of this data folder lives, whoever started it."""
        return self._postmaster() is not None

    def reap(self) -> None:
        """End a postmaster that outlived its supervisor, and the backends of one that was killed.

        Never call it for a server that somebody still uses.
        """
        postmaster = self._postmaster()
        if postmaster is not None:
            _stop(_killer(postmaster), lambda: self._postmaster() == postmaster)
        for orphan in self._processes():
            _killer(orphan)(signal.SIGKILL)
        if _until(lambda: not any(self._processes()), IMMEDIATE_STOP_S) and _has_proc():
            # A process with a dead postmaster's number (a container starts again at 1) would stop a new one for ever.
            (self.cluster.cluster_folder() / "postmaster.pid").unlink(missing_ok=True)
            (self.cluster.socket_folder() / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def ensure_database(self, name: str = DATABASE) -> None:
        """Make the database `name` unless it is there; two callers at once are fine."""
        with self._connect() as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                with contextlib.suppress(errors.DuplicateDatabase, errors.UniqueViolation):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Connect to the database that is always there."""
        url = self.cluster.url(MAINTENANCE_DATABASE)
        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S)

    def _launch(self) -> None:
        """Start the server once."""
        assert self._log is not None
        self._launches += 1
        with self._log.open() as output:
            self._popen = subprocess.Popen(
                self.cluster.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _evidence(self) -> str:
        """Return the end of the log for an error message."""
        return f"; the end of {self._log.path}:\n{self._log.tail()}" if self._log else ""

    def _postmaster(self) -> int | None:
        """Return the id in postmaster.pid when that process lives and really serves this data folder."""
        try:
            pid = int((self.cluster.cluster_folder() / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        # Numbers are used again: never signal one that is not proved to be ours.
        proved = pid in self._processes() if _has_proc() else self._serves_this_folder()
        return pid if proved else None

    def _processes(self) -> Iterator[int]:
        """Yield the live processes of this data folder: each postgres works inside it. Nothing without /proc."""
        data = str(self.cluster.cluster_folder())
        for entry in PROC.glob("[0-9]*"):
            with contextlib.suppress(OSError):
                program = (entry / "exe").readlink().name
                if program.startswith("postgres") and str((entry / "cwd").readlink()) == data:
                    yield int(entry.name)

    def _serves_this_folder(self) -> bool:
        """Ask the server on our socket which data folder is its own."""
        try:
            with self._connect() as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(str(row[0])).resolve() == self.cluster.cluster_folder()


def _has_proc() -> bool:
    """Say whether this system shows its processes as files."""
    return (PROC / "self" / "exe").exists()


def _killer(pid: int) -> Callable[[signal.Signals], None]:
    """Return a function that sends a signal to `pid`, if it still lives."""

    def send(number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    return send


def _stop(send: Callable[[signal.Signals], None], lives: Callable[[], bool]) -> None:
    """Stop a postmaster by PostgreSQL's own steps: fast, immediate, and at last by force."""
    steps = ((signal.SIGINT, FAST_STOP_S), (signal.SIGQUIT, IMMEDIATE_STOP_S), (signal.SIGKILL, IMMEDIATE_STOP_S))
    for number, patience_s in steps:
        send(number)
        if _until(lambda: not lives(), patience_s):
            return


def _until(true: Callable[[], bool], timeout_s: float) -> bool:
    """Wait for a condition; say whether it came within `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True
