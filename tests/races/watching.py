"""A real Celery worker on the tests' database, in its own process, and the message broker before it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from celery import Celery
from django.db import connection
from kombu import pools
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from socialvideo import settings as product
from socialvideo.lib import broker, queue
from tests.settings import CLUSTER

DATABASE = CLUSTER.url("test_socialvideo")
SMALL = {"VIDEO_WIDTH": "64", "VIDEO_HEIGHT": "112", "VIDEO_SECONDS": "1", "VIDEO_FPS": "24"}
HASTY = {"JOB_LEASE_SECONDS": "2", "SWEEP_SECONDS": "1", "DATABASE_POOL": "2"}
TABLE = """CREATE TABLE race_step
    (id bigserial PRIMARY KEY, job uuid, pid int, backend int, phase text, ended boolean)"""
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass(frozen=True)
class Step:
    """A phase of a job that a process began, and whether its ground had ended by then."""

    pid: int
    phase: str
    ended: bool


class OneAtATime:
    """Sends tasks one after the other: threads that declare a queue of pgmq at once undo each other's trigger."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        self.lock = threading.Lock()

    def send_task(self, *args: Any, **kwargs: Any) -> None:
        """Send a task."""
        with self.lock:
            self.app.send_task(*args, **kwargs)


class Worker:
    """The worker, and what it wrote down."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self.popen = popen

    def steps(self, job_id: UUID) -> list[Step]:
        """Return what was done about a job, in order."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pid, phase, ended FROM race_step WHERE job = %s ORDER BY id", [job_id])
            return [Step(*row) for row in cursor.fetchall()]

    def shared_connections(self) -> list[int]:
        """Return the database connections on which more than one process worked."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT backend FROM race_step GROUP BY backend HAVING count(DISTINCT pid) > 1")
            return [backend for (backend,) in cursor.fetchall()]

    def kill_child(self, pid: int) -> bool:
        """Kill -9 one of its processes; False if it is gone."""
        try:
            if os.getsid(pid) != self.popen.pid:
                return False
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def finish(self) -> None:
        """Let it end what it does, and stop it."""
        self.popen.terminate()
        self.popen.wait(60)


@contextmanager
def worker(patch: pytest.MonkeyPatch, children: int) -> Iterator[Worker]:
    """Start a worker with so many children, and send it what this process sends."""
    log = Path(os.environ["VAR"], "worker.log")
    with _broker(patch), _table(), log.open("ab") as out:
        command = [sys.executable, "-m", "celery", "-A", "socialvideo", "worker", "-Q", "default,media,generation"]
        command += ["-c", str(children), "--beat", "-l", "INFO", *QUIET]
        settings = {"DJANGO_SETTINGS_MODULE": "tests.races.watched_settings", "DATABASE_URL": DATABASE}
        environment = {**os.environ, **SMALL, **HASTY, **settings}
        popen = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
        try:
            yield Worker(popen)
        finally:
            if popen.poll() is None:
                os.killpg(popen.pid, signal.SIGKILL)
                popen.wait()


@contextmanager
def _broker(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Send through the real broker, in the tests' database."""
    patch.setattr("django.conf.settings.DATABASE_URL", DATABASE)
    broker.install()
    options = product.CELERY["broker_transport_options"]
    assert isinstance(options, dict)
    options = {**options, "conn_string": make_conninfo("", **conninfo_to_dict(DATABASE))}
    app = Celery("races", set_as_current=False)
    app.conf.update({**product.CELERY, "broker_transport_options": options})
    patch.setattr(queue, "app", OneAtATime(app))
    try:
        yield
    finally:
        # This app's pools alone: the product's own app keeps sending.
        there = app.connection_for_write()
        for pool in (pools.producers, pools.connections):
            pool[there].force_close_all()
            del pool[there]
        app.close()
        with psycopg.connect(DATABASE, autocommit=True) as there_too:
            there_too.execute("DROP SCHEMA pgmq CASCADE")


@contextmanager
def _table() -> Iterator[None]:
    with psycopg.connect(DATABASE, autocommit=True) as apart:
        apart.execute(TABLE)
        try:
            yield
        finally:
            apart.execute("DROP TABLE race_step")


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    """Return when ``true`` is; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.01)
