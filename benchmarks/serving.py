"""What gated serving costs beside ungated serving, in CPU, both by turns in one run.

Gated is the stream server as the house runs it, and what it has the database do; ungated (``benchmarks.ungated``) is
the same storage, reads, chunks, headers and server, without gate, ear and checks. The case that counts is serving as it
is used: a viewer opens a film at the API (which is not serving, and not counted) and asks for all of it within
``cuts.KNOWN_S``, so that the opening's decision is known to stand. The dear case stands beside it: a request so late
after the opening, or to a server so newly started, that the gate is asked in the database again.
"""

import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from django.db import connection

from accounts import auth
from accounts.models import Person, Session
from feed import cuts, playback
from socialvideo.embedded.ports import free_port
from socialvideo.embedded.processes import House
from tests import factories
from worker.models import Video

MIB = 1024 * 1024
# Short rounds and many: what else the machine does weighs on both alike.
ROUNDS, ROUND_BYTES, AT_ONCE, ROUNDS_A_TICKET = 60, 32 * MIB, 8, 10
BUFFER = memoryview(bytearray(256 * 1024))


@dataclass(frozen=True)
class Served:
    """A server, by its port and its first process."""

    port: int
    process: int

    def cost(self, path: str, size: int) -> float:
        """Have ``AT_ONCE`` viewers ask again and again; return the CPU milliseconds of one request."""
        count = requests(size)
        before = spent(self.process)
        _watch(self.port, path, count, size)
        return (spent(self.process) - before) * 1000 / count


@dataclass(frozen=True)
class Case:
    """A film, its viewer, and whether the opening's decision may be rested on."""

    film: Video
    viewer: Person
    session: Session
    fresh: bool

    def path(self) -> str:
        """Open the film; return its path at the stream server."""
        ticket = playback.open_video(viewer=self.viewer, session=self.session, video_id=self.film.id)
        ticket = ticket if self.fresh else replace(ticket, basis=None)
        return f"/videos/{self.film.id}.mp4?ticket={ticket.signed()}"


def requests(size: int) -> int:
    """Return how many requests make a round."""
    return max(AT_ONCE, ROUND_BYTES // size)


def spent(process: int) -> float:
    """Return the CPU seconds of a process and its children until now, by their clocks (clock_getcpuclockid(3))."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return sum(time.clock_gettime((~int(one) << 3) | 2) for one in (process, *children))


def lines() -> Iterator[str]:
    """Measure, and yield the table."""
    if sys.platform != "linux":
        yield "serving: not measured, for this system does not show the CPU time of another process"
        return
    subject, owner, viewer = factories.enrolled(), factories.person(), factories.person()
    factories.grant(subject, owner)
    session = auth.log_in(handle=viewer.handle, password=factories.PASSWORD, device="")[1]
    yield f"{'serving, CPU ms a request':<36}{'gated':>8}{'ungated':>9}{'ratio':>7}{'database':>10}{'with it':>9}"
    with _server("socialvideo.asgi") as gated, _server("benchmarks.ungated") as ungated:
        # Until then it asks the gate for everything.
        time.sleep(cuts.SETTLED_S + 1)
        for mib in (2, 20):
            film = factories.video(owner, subject, content=random.randbytes(mib * MIB))
            factories.post(owner, film)
            for fresh, what in ((True, "opened just now"), (False, "the gate asked again")):
                yield f"{f'{mib} MiB, {what}':<36}{_figures(Case(film, viewer, session, fresh), gated, ungated)}"


def _figures(case: Case, gated: Served, ungated: Served) -> str:
    ours, bare, theirs = [], [], []
    path, size, database = "", case.film.size_bytes, _database()
    for number in range(ROUNDS):
        if number % ROUNDS_A_TICKET == 0:
            path = case.path()
        if number % 2:
            bare.append(ungated.cost(f"/{case.film.file}", size))
        before = spent(database)
        ours.append(gated.cost(path, size))
        theirs.append((spent(database) - before) * 1000 / requests(size))
        if not number % 2:
            bare.append(ungated.cost(f"/{case.film.file}", size))
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    whole = statistics.median((a + c) / b for a, b, c in zip(ours, bare, theirs, strict=True))
    middle = [statistics.median(times) for times in (ours, bare, theirs)]
    return f"{middle[0]:>8.2f}{middle[1]:>9.2f}{ratio:>7.2f}{middle[2]:>10.2f}{whole:>9.2f}"


def _database() -> int:
    """Return PostgreSQL's first process: the parent of the one that answers us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def _watch(port: int, path: str, count: int, size: int) -> None:
    """Fetch a film ``count`` times; fail unless all of it came each time."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    got: dict[socket.socket, int] = {}
    with DefaultSelector() as selector:
        while count or got:
            while count and len(got) < AT_ONCE:
                count -= 1
                viewer = socket.create_connection(("127.0.0.1", port))
                viewer.sendall(request)
                selector.register(viewer, EVENT_READ)
                got[viewer] = 0
            ready = {key.fd for key, _ in selector.select()}
            for viewer in [one for one in got if one.fileno() in ready]:
                came = viewer.recv_into(BUFFER)
                got[viewer] += came
                if not came:
                    assert got.pop(viewer) > size, "a film came short"
                    selector.unregister(viewer)
                    viewer.close()


@contextmanager
def _server(application: str) -> Iterator[Served]:
    """Run an application as the house runs its stream server."""
    house = House(Path(os.environ["VAR"]), free_port(), free_port(), free_port())
    process = house.stream()
    assert process.ready
    command = [part.replace("socialvideo.asgi", application) for part in process.command]
    running = subprocess.Popen(command, env={**os.environ, **process.env})
    try:
        while not process.ready():
            time.sleep(0.1)
        yield Served(house.stream_port, running.pid)
    finally:
        running.terminate()
        running.wait()
