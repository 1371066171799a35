"""The whole system in its own processes, for tests that start, kill and restart parts of it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg

from socialvideo.embedded.cluster import Cluster
from socialvideo.embedded.control import Server
from socialvideo.embedded.ports import free_port
from socialvideo.embedded.processes import House
from socialvideo.embedded.supervisor import Process

PASSWORD = "demo-password-of-the-tests"
SMALL = {
    "VIDEO_WIDTH": "360",
    "VIDEO_HEIGHT": "640",
    "VIDEO_SECONDS": "2",
    "RATE_LIMIT_FACTOR": "10000",
    "JOB_LEASE_SECONDS": "3",
    "SWEEP_SECONDS": "1",
    "DISCOVERY_INTAKE_SECONDS": "1",
    "DISCOVERY_MATCH_SECONDS": "1",
    # Pushes go to services of the tests' own; summaries are looked for often.
    "PUSH_SENDER": "accounts.notices.senders.web",
    "PUSH_LOOPBACK": "1",
    "SUMMARY_SECONDS": "5",
    # Telephones of the tests fall silent sooner.
    "UPLOAD_STALL_SECONDS": "2",
    # The console writes the codes of contact discovery at this level, whatever the tests themselves log.
    "LOG_LEVEL": "INFO",
    "DEMO_PASSWORD": PASSWORD,
}


class Running:
    """A house whose processes are named, and can each be killed and started again."""

    def __init__(self, var: Path, python: str = sys.executable, more: dict[str, str] | None = None) -> None:
        shutil.rmtree(var, ignore_errors=True)
        var.mkdir(parents=True)
        self.house = House(var, free_port(), free_port(), free_port())
        self.python = python
        # Where the pages of a web client are, when a test opens some.
        self.page_port = free_port()
        self.more = {**SMALL, "WEB_ORIGINS": f"http://127.0.0.1:{self.page_port}", **(more or {})}
        self.server = Server(Cluster(var / "pg", fast=True))
        self.popens: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def parts(self) -> dict[str, Process]:
        """Everything that stays up, by name."""
        house = self.house
        workers = (house.generation(), house.media(), house.worker())
        made = (house.signer(), *workers, house.api(), house.stream())
        return {process.name: process for process in made}

    def begin(self) -> "Running":
        """Start everything."""
        self.server.prepare()
        self.server.start()
        self.server.wait_ready()
        self.server.ensure_database()
        for once in (self.house.prepare(), self.house.moderator(PASSWORD[:16])):
            assert self._popen(once).wait(60) == 0, f"{once.name} failed; see {self.house.var / 'log'}"
        for name in self.parts:
            self.start(name)
        return self

    def start(self, name: str) -> None:
        """Start one part and wait until it is ready."""
        process = self.parts[name]
        self.popens[name] = self._popen(process)
        if process.ready:
            wait_until(process.ready, 60)

    def another(self, name: str) -> House:
        """Start one more api or stream, on a port of its own; return where it listens."""
        house = replace(self.house, api_port=free_port(), stream_port=free_port())
        process: Process = getattr(house, name)()
        self.popens[f"another {name}"] = self._popen(process)
        assert process.ready
        wait_until(process.ready, 60)
        return house

    def kill(self, name: str) -> None:
        """Kill -9 one part with all its children."""
        os.killpg(self.popens[name].pid, signal.SIGKILL)
        self.popens[name].wait()

    def end(self) -> None:
        """Stop everything."""
        for popen in self.popens.values():
            if popen.poll() is None:
                os.killpg(popen.pid, signal.SIGKILL)
                popen.wait()
        self.server.stop()

    def query(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the system's own database."""
        with psycopg.connect(self.server.cluster.url(), autocommit=True) as connection:
            return connection.execute(statement, values).fetchall()

    def _popen(self, process: Process) -> subprocess.Popen[bytes]:
        logs = self.house.var / "log"
        logs.mkdir(exist_ok=True)
        environment = {**os.environ, **process.env, **self.more, "DJANGO_SETTINGS_MODULE": "socialvideo.settings"}
        environment["DATABASE_URL"] = self.server.cluster.url()
        command = [self.python, *process.command[1:]]
        with (logs / f"{process.name}.log").open("ab") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    """Return when ``true`` is; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.05)
