"""What lists of posts cost in CPU over all processes: ``python -m benchmarks.feed_speed``, a part of ``make bench``.

A graph of 2,000 people x 200 follows x 100,000 posts, of which one in three shows somebody. The real API process and
PostgreSQL are measured by their clocks, and so are, in the same run and turn and turn about, the list that anybody
would write with DRF and the ORM, and one bare SQL statement of the same rows (``benchmarks.plain``).

For You is ranked by what the town's people watched: first pages of eight viewers turn and turn about (what was ranked a
moment ago is kept), walks of three pages, and first pages of people of whom nothing is kept.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socialvideo.embedded.cluster import Cluster
from socialvideo.embedded.control import Server
from socialvideo.embedded.ports import answers, free_port
from socialvideo.embedded.processes import House

ROUNDS, REQUESTS, WARM, SEARCHES = 5, 60, 40, 40
FOLLOWING, FOR_YOU = "/api/v1/feeds/following", "/api/v1/feeds/for-you"
QUERIES = ("posts?q=surf", "posts?q=lemon+bread", "posts?q=mountian", "people?q=one12", "people?q=cofee+pasta")

Deed = Callable[[int], Any]


@dataclass
class Target:
    """A list under measurement: where it is, who reads it, and what every round found."""

    name: str
    port: int
    process: int
    path: str
    tokens: list[str]

    def page(self, number: int = 0) -> bytes:
        """Read the first page as one of the viewers."""
        headers = {"Authorization": f"Bearer {self.tokens[number % len(self.tokens)]}"}
        return ask(self.port, "GET", self.path, headers)[0]


def ask(port: int, method: str, path: str, headers: dict[str, str], body: Any = None) -> tuple[bytes, float]:
    """Make one request; return its body and how many milliseconds it took."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    began = time.perf_counter()
    sent = json.dumps(body).encode() if body else None
    line.request(method, path, sent, {"Content-Type": "application/json", **headers} if body else headers)
    reply = line.getresponse()
    content = reply.read()
    took = (time.perf_counter() - began) * 1000
    line.close()
    assert reply.status < 300, (path, reply.status, content)
    return content, took


def main() -> None:
    """Start a cluster of our own, fill it, and print the tables."""
    with tempfile.TemporaryDirectory(prefix="sv-feed-") as var:
        server = Server(Cluster(Path(var) / "pg"))
        server.start()
        try:
            server.wait_ready()
            server.ensure_database()
            os.environ |= {"VAR": var, "DATABASE_URL": server.cluster.url(), "RATE_LIMIT_FACTOR": "1000000"}
            os.environ |= {"DJANGO_SETTINGS_MODULE": "socialvideo.settings", "LOG_LEVEL": "ERROR"}
            import django

            django.setup()
            for line in lines(Path(var)):
                print(line, flush=True)
        finally:
            server.stop()


def lines(var: Path) -> Iterator[str]:
    """Fill the graph, measure, and yield the tables."""
    from benchmarks import graph
    from feed.foryou import training

    began = time.perf_counter()
    made = graph.fill()
    yield f"graph filled in {time.perf_counter() - began:.0f} s"
    began = time.perf_counter()
    training.train()
    yield f"ranking trained in {time.perf_counter() - began:.0f} s"
    with serving("socialvideo.wsgi:application", var) as ours, serving("benchmarks.plain:application", var) as plain:
        yield from pages(made, ours, plain)
        yield from searches(made, ours)
        yield from deeds(made, ours)
    from django.db import connection

    connection.close()
    connection.close_pool()


def pages(made: Any, ours: tuple[int, int], plain: tuple[int, int]) -> Iterator[str]:
    """Measure pages of the following feed, for who follows few, some and all, beside the plain ones."""
    targets = [Target(f"following, {n} follows", *ours, FOLLOWING, made.tokens[n]) for n in made.tokens]
    targets += [Target(f"for you, {n} follows", *ours, FOR_YOU, made.tokens[n]) for n in made.tokens]
    targets += [Target(f"plain {how}, 200", *plain, f"/{how}", made.tokens[200]) for how in ("orm", "bare")]
    yield f"{'CPU ms a page of 20':<26}{'api':>7}{'database':>10}{'both':>7}{'kB/item':>9}{'same SQL':>10}"
    cases = [(target.name, target.process, target.page) for target in targets]
    walks = {"for you, walks of 3 pages": walking(ours[0], made.tokens[200]), "for you, never seen": meeting(ours[0])}
    found = measured(cases + [(name, ours[1], deed) for name, deed in walks.items()])
    for target in targets:
        api, database = found[target.name]
        each = len(target.page()) / 20 / 1000
        bare = f"{alone(made, target):>10.2f}" if target.path == FOLLOWING else ""
        yield f"{line(target.name, api, database)}{each:>9.2f}{bare}"
    for name in walks:
        yield line(name, *found[name])
    few, many = (sum(found[f"following, {n} follows"]) for n in (20, 2000))
    yield f"2,000 follows cost {many / few:.2f} times as much as 20"


def line(name: str, api: float, database: float) -> str:
    """Return a line of the table."""
    return f"{name:<26}{api:>7.2f}{database:>10.2f}{api + database:>7.2f}"


def walking(port: int, tokens: list[str]) -> Deed:
    """Return what goes on to the next page of each viewer's walk, and begins another after three."""
    places: dict[str, tuple[int, str]] = {}

    def go_on(number: int) -> None:
        token = tokens[number % len(tokens)]
        pages, cursor = places.get(token, (0, ""))
        said = json.loads(ask(port, "GET", FOR_YOU + cursor, {"Authorization": f"Bearer {token}"})[0])
        places[token] = (0, "") if pages == 2 else (pages + 1, f"?cursor={said['next_cursor']}")

    return go_on


def meeting(port: int) -> Deed:
    """Return what reads the first page of one viewer after the other, of whom nothing is kept; each follows 200."""
    from accounts import auth
    from accounts.models import Person

    some = Person.objects.filter(handle__startswith="one").order_by("id")[: WARM + ROUNDS * REQUESTS]
    tokens = iter([auth.begin(person=one, device="bench")[0] for one in some])
    return lambda _: ask(port, "GET", FOR_YOU, {"Authorization": f"Bearer {next(tokens)}"})


def alone(made: Any, target: Target) -> float:
    """Return the database's CPU milliseconds of the page's own statement in a loop, prepared, with nothing around."""
    from django.db import connection

    from benchmarks.serving import spent
    from feed.lists import following

    viewers = made.viewers[int(target.name.split()[1])]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    for number in range(WARM):
        following.following(viewer=viewers[number % len(viewers)], after=None, limit=21)
    before = spent(backend)
    for number in range(REQUESTS * ROUNDS):
        following.following(viewer=viewers[number % len(viewers)], after=None, limit=21)
    return (spent(backend) - before) * 1000 / (REQUESTS * ROUNDS)


def searches(made: Any, ours: tuple[int, int]) -> Iterator[str]:
    """Time searches, by the clock on the wall."""
    for query in QUERIES:
        target = Target(query, *ours, f"/api/v1/search/{query}", made.tokens[200])
        headers = {"Authorization": f"Bearer {target.tokens[0]}"}
        times = sorted(ask(target.port, "GET", target.path, headers)[1] for _ in range(SEARCHES))
        found = len(json.loads(target.page())["data"])
        middle, late = times[SEARCHES // 2], times[int(SEARCHES * 0.95)]
        yield f"search {query:<24} p50 {middle:>6.1f} ms, p95 {late:>6.1f} ms, {found} found"


def deeds(made: Any, ours: tuple[int, int]) -> Iterator[str]:
    """Measure publishing by an author whom 50,000 follow, following, and liking."""
    from accounts import auth
    from accounts.models import Person
    from feed.models import Post
    from tests import factories

    star = Person.objects.get(id=made.star)
    films = iter([factories.footage(star, content=b"x") for _ in range(2 * WARM)])
    posts = iter(Post.objects.filter(audience="public").exclude(author=star).order_by("id")[: 2 * WARM])
    token = {"Authorization": f"Bearer {auth.begin(person=star, device='')[0]}"}
    others = iter(Person.objects.filter(handle__startswith="one").values_list("handle", flat=True)[: 2 * WARM])
    took: list[float] = []

    def publish(_: int) -> None:
        body = {"video": str(next(films).id), "audience": "public", "caption": "surf at #sunset"}
        took.append(ask(ours[0], "POST", "/api/v1/posts", token, body)[1])

    def follow(_: int) -> None:
        ask(ours[0], "PUT", f"/api/v1/people/{next(others)}/follow", token)

    def like(_: int) -> None:
        ask(ours[0], "PUT", f"/api/v1/posts/{next(posts).id}/like", token)

    for name, deed in (("publish, 50,000 followers", publish), ("follow", follow), ("like", like)):
        cost(ours[1], deed, WARM)
        yield line(name, *cost(ours[1], deed, WARM))
    yield f"the publishing request took {statistics.median(took):.1f} ms (median), {max(took):.1f} at most"


def measured(cases: list[tuple[str, int, Deed]]) -> dict[str, tuple[float, float]]:
    """Return the median CPU milliseconds of each by its process and by the database, measured by turns."""
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name, _, _ in cases}
    for _, process, deed in cases:
        cost(process, deed, WARM)
    for number in range(ROUNDS):
        for name, process, deed in cases if number % 2 else reversed(cases):
            rounds[name].append(cost(process, deed, REQUESTS))
    return {name: tuple(map(statistics.median, zip(*found, strict=True))) for name, found in rounds.items()}  # type: ignore[misc]


def cost(process: int, deed: Deed, times: int) -> tuple[float, float]:
    """Do something so often; return the CPU milliseconds of one by a process and by the database."""
    from benchmarks.serving import _database, spent

    database = _database()
    before = spent(process), spent(database)
    for number in range(times):
        deed(number)
    return (spent(process) - before[0]) * 1000 / times, (spent(database) - before[1]) * 1000 / times


@contextmanager
def serving(application: str, var: Path) -> Iterator[tuple[int, int]]:
    """Run an application as the house runs its API; yield its port and its first process."""
    house = House(var, free_port(), free_port(), free_port())
    process = house.api()
    command = [part.replace("socialvideo.wsgi:application", application) for part in process.command]
    running = subprocess.Popen(command, env={**os.environ, **process.env}, stderr=subprocess.DEVNULL)
    try:
        while not answers(f"{house.api_url}/livez") and running.poll() is None:
            time.sleep(0.2)
        yield house.api_port, running.pid
    finally:
        running.terminate()
        running.wait()


if __name__ == "__main__":
    sys.exit(main())
