"""What runs beside PostgreSQL, each in its own process: API, streams, workers, and the signer of contact discovery."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from socialvideo.embedded.ports import answers
from socialvideo.embedded.supervisor import Process

# Most of them may read parts of uploads, which wait for the network (UPLOAD_PARTS_AT_ONCE).
API_THREADS = "16"


@dataclass(frozen=True)
class House:
    """Where everything listens and lives."""

    var: Path
    api_port: int
    stream_port: int
    signer_port: int

    @property
    def api_url(self) -> str:
        """The address of the API server."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def stream_url(self) -> str:
        """The address of the stream server."""
        return f"http://127.0.0.1:{self.stream_port}"

    @property
    def signer_url(self) -> str:
        """The address of the signer; DISCOVERY_SIGNER_URL names one on another host."""
        return os.environ.get("DISCOVERY_SIGNER_URL", f"http://127.0.0.1:{self.signer_port}")

    @property
    def environment(self) -> Mapping[str, str]:
        """What every process is told; torch and numpy would otherwise start a thread a core in each."""
        return {
            "VAR": str(self.var),
            "EMAIL_URL": os.environ.get("EMAIL_URL", f"file://{self.var.resolve()}/mail"),
            "PUBLIC_URL": self.api_url,
            "STREAM_URL": self.stream_url,
            "DISCOVERY_SIGNER_URL": self.signer_url,
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }

    def python(self, name: str, *arguments: str) -> Process:
        """Return ``python -m arguments`` as a process of this house."""
        return Process(name, [sys.executable, "-m", *arguments], env=self.environment)

    def prepare(self) -> Process:
        """Return what brings the database up to date."""
        return Process("prepare", [sys.executable, "manage.py", "prepare"], env=self.environment)

    def moderator(self, password: str) -> Process:
        """Return what gives the demo its moderator, who cannot sign up as one."""
        command = [sys.executable, "manage.py", "moderator", "mona", "mona@example.org"]
        return Process("moderator", command, env={**self.environment, "MODERATOR_PASSWORD": password})

    def api(self) -> Process:
        """Return the REST API: WSGI, for DRF under ASGI costs four times the CPU."""
        command = _granian("wsgi", "socialvideo.wsgi:application", self.api_port)
        command += ["--blocking-threads", API_THREADS]
        return Process("api", command, env=self.environment, ready=lambda: answers(f"{self.api_url}/readyz"))

    def stream(self) -> Process:
        """Return the stream server: ASGI, for what stays open."""
        command = _granian("asgi", "socialvideo.asgi:application", self.stream_port)
        # One connection, one stream: a cut resets it. The server keeps no more than a chunk before the socket.
        command += ["--http", "1", "--http1-buffer-size", "65536"]
        return Process("stream", command, env=self.environment, ready=lambda: answers(f"{self.stream_url}/livez"))

    def signer(self) -> Process:
        """Return the signer: it holds the keys of contact discovery, and is told nothing of the database."""
        command = _granian("wsgi", "accounts.discovery.signer:application", self.signer_port)
        # What the secrets of the others are called, so that it inherits none of them.
        environment = {**self.environment, "DATABASE_URL": "", "BROKER_URL": "", "SECRET_KEY": ""}
        return Process("signer", command, env=environment, ready=lambda: answers(f"{self.signer_url}/livez"))

    def worker(self) -> Process:
        """Return the worker of small tasks, which also keeps the schedule."""
        return self._celery("worker", "default", "--beat")

    def media(self) -> Process:
        """Return the worker that makes videos of uploads, and renditions: minutes, for which nothing else waits."""
        return self._celery("media", "media")

    def generation(self) -> Process:
        """Return the worker that renders, one job at a time."""
        return self._celery("generation", "generation")

    def _celery(self, name: str, queues: str, *more: str) -> Process:
        options = ["-Q", queues, "-c", "1", "-n", f"{name}@%h", "-l", "INFO"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        command = [sys.executable, "-m", "celery", "-A", "socialvideo", "worker", *options, *quiet, *more]
        return Process(name, command, env=self.environment, stop_signal=signal.SIGTERM, stop_timeout_s=20)


def _granian(interface: str, application: str, port: int) -> list[str]:
    listen = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--no-ws", "--log-level", "warning"]
    return [sys.executable, "-m", "granian", "--interface", interface, application, *listen]
