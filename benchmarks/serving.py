"""What gated serving costs beside ungated serving, in CPU, both by turns in one run.

Gated is the stream server as the house runs it, and what it has the database do; ungated (``benchmarks.ungated``) is
the same storage, reads, chunks, headers and server, without gate, ear and checks. The case that counts is serving as it
is used: a viewer opens a film at the API (which is not serving, and not counted) and asks for all of it within
``cuts.KNOWN_S``, so that the opening's decision is known to stand. The dear case stands beside it: a request so late
after the opening, or to a server so newly started, that the gate is asked in the database again.
"""

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from accounts import auth
from accounts.models import Person
from benchmarks.players import Request, watch
from feed import cuts, playback, playlists, renditions
from feed.renditions import FILM, MASTER
from feed.tickets import Viewing
from socialvideo.embedded.ports import free_port
from socialvideo.embedded.processes import House
from tests import factories
from worker.models import Rendition, Video

MIB = 1024 * 1024
# Short rounds and many: what else the machine does weighs on both alike.
ROUNDS, ROUND_BYTES, AT_ONCE, ROUNDS_A_TICKET = 60, 32 * MIB, 8, 10
# Two seconds of a megabit a second.
SEGMENTS, SEGMENT_BYTES, INIT_BYTES = 15, MIB // 4, 1312
RUNG = 480
Plan = list[Request]


@dataclass(frozen=True)
class Served:
    """A server, by its port and its first process."""

    port: int
    process: int

    def cost(self, plans: list[Plan], size: int) -> float:
        """Have ``AT_ONCE`` viewers play all plans; return the CPU milliseconds of one."""
        before = spent(self.process)
        watch(self.port, plans, AT_ONCE, size)
        return (spent(self.process) - before) * 1000 / len(plans)


@dataclass(frozen=True)
class Case:
    """A film and its viewer, whether the decision of the opening may be rested on, and how it is fetched."""

    film: Video
    viewer: Person
    size: int
    fresh: bool = True
    by_segments: bool = False

    def gated(self, count: int) -> list[Plan]:
        """Open the film; return what so many players ask of the gated server."""
        if self.fresh:
            return [self._plan(self._viewing())] * count
        # Each its own session: what was decided for one is remembered for it alone.
        return [self._plan(replace(self._viewing(), basis=None)) for _ in range(count)]

    def ungated(self, count: int) -> list[Plan]:
        """Return the same for the bare server, where playlists are stored files."""
        if not self.by_segments:
            return [[Request(f"/{self.film.file}")]] * count
        playable = renditions.find(self.film.id)
        texts = [playlists.text(playable, part, lambda _: "?ticket=" + "x" * 700) for part in (MASTER, playlist())]
        stored = [Request("/" + default_storage.save("videos/playlist.m3u8", ContentFile(text))) for text in texts]
        return [[*stored, *_ranges(f"/{playable.files[segments()].name}")]] * count

    def _viewing(self) -> Viewing:
        session = auth.begin(person=self.viewer, device="")[1]
        return playback.open_video(viewer=self.viewer, session=session, video_id=self.film.id)

    def _plan(self, viewing: Viewing) -> Plan:
        playable = renditions.find(self.film.id)

        def path(part: str) -> str:
            return f"/videos/{self.film.id}{part}?ticket={viewing.ticket(part, playable.files.get(part))}"

        if not self.by_segments:
            return [Request(path(FILM))]
        return [Request(path(MASTER)), Request(path(playlist())), *_ranges(path(segments()))]


def playlist() -> str:
    """Return the part that is the media playlist of our rung."""
    return f"/hls/{RUNG}.m3u8"


def segments() -> str:
    """Return the part that holds the segments of our rung."""
    return f"/hls/{RUNG}.mp4"


def _ranges(path: str) -> Plan:
    starts = range(INIT_BYTES, INIT_BYTES + SEGMENTS * SEGMENT_BYTES, SEGMENT_BYTES)
    return [Request(path, 0, INIT_BYTES), *(Request(path, start, SEGMENT_BYTES) for start in starts)]


def _climb(film: Video) -> int:
    """Give the film one rung of HLS; return its bytes."""
    size = INIT_BYTES + SEGMENTS * SEGMENT_BYTES
    name = default_storage.save("videos/rung.mp4", ContentFile(random.randbytes(size)))
    parts = [[0, INIT_BYTES, 0.0]]
    parts += [[INIT_BYTES + at * SEGMENT_BYTES, SEGMENT_BYTES, 2.0] for at in range(SEGMENTS)]
    of_rung = {"kind": "hls", "rung": RUNG, "width": 480, "height": 854, "bandwidth": 1_100_000}
    rest = {"codecs": "avc1.64001f", "file": name, "size_bytes": size, "digest": bytes(32), "segments": parts}
    Rendition.objects.create(video=film, **of_rung, **rest)
    return size


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
    yield f"{'serving, CPU ms a viewing':<36}{'gated':>8}{'ungated':>9}{'ratio':>7}{'database':>10}{'with it':>9}"
    with _server("socialvideo.asgi") as gated, _server("benchmarks.ungated") as ungated:
        # Until then it asks the gate for everything.
        time.sleep(cuts.SETTLED_S + 1)
        for mib in (2, 20):
            film = factories.video(owner, subject, content=random.randbytes(mib * MIB))
            factories.post(owner, film)
            for fresh, what in ((True, "opened just now"), (False, "the gate asked again")):
                case = Case(film, viewer, film.size_bytes, fresh=fresh)
                yield f"{f'{mib} MiB, {what}':<36}{_figures(case, gated, ungated)}"
        size = _climb(film)
        for fresh, what in ((True, "opened just now"), (False, "the gate asked once")):
            case = Case(film, viewer, size, fresh=fresh, by_segments=True)
            yield f"{f'HLS, {SEGMENTS} segments, {what}':<36}{_figures(case, gated, ungated)}"


def _figures(case: Case, gated: Served, ungated: Served) -> str:
    ours, bare, theirs = [], [], []
    plans: list[Plan] = []
    count, database = requests(case.size), _database()
    others = case.ungated(count)
    for number in range(ROUNDS):
        if number % ROUNDS_A_TICKET == 0 or not case.fresh:
            plans = case.gated(count)
        if number % 2:
            bare.append(ungated.cost(others, case.size))
        before = spent(database)
        ours.append(gated.cost(plans, case.size))
        theirs.append((spent(database) - before) * 1000 / count)
        if not number % 2:
            bare.append(ungated.cost(others, case.size))
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
