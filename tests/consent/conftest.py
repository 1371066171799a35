"""What the tests of consent share: people signed in to the API, and connections beside the test's own."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Person
from socialvideo.lib.errors import Problem
from tests import factories

Elsewhere = Callable[[Callable[[], Any]], Future[Any]]


def refused(status: int, code: str) -> Any:
    """Expect the problem of this status and code."""
    return pytest.raises(Problem, check=lambda problem: (problem.status_code, problem.code) == (status, code))


@pytest.fixture
def as_subject(subject: Person) -> APIClient:
    """The API as the subject sees it."""
    return factories.client(subject)


@pytest.fixture
def as_requester(requester: Person) -> APIClient:
    """The API as the requester sees it."""
    return factories.client(requester)


@pytest.fixture
def as_stranger(stranger: Person) -> APIClient:
    """The API as somebody else sees it."""
    return factories.client(stranger)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Run a call in a thread with a database connection of its own; what it returns or raises is in its future."""
    with ThreadPoolExecutor(4) as pool:

        def run(call: Callable[[], Any]) -> Future[Any]:
            def closing() -> Any:
                try:
                    return call()
                finally:
                    connection.close()

            return pool.submit(closing)

        yield run


@pytest.fixture
def observer() -> Iterator[psycopg.Connection]:
    """A connection outside Django, in autocommit: it sees only what is committed."""
    place = connection.settings_dict
    with psycopg.connect(
        dbname=place["NAME"],
        user=place["USER"],
        password=place["PASSWORD"] or None,
        host=place["HOST"],
        port=place["PORT"] or None,
        autocommit=True,
    ) as outside:
        yield outside


@pytest.fixture
def until_waiting(observer: psycopg.Connection) -> Callable[[int], None]:
    """Return a call that returns once so many connections wait for an advisory lock; fails after five seconds."""

    def wait(count: int) -> None:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            row = observer.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            ).fetchone()
            if row and row[0] == count:
                return
            time.sleep(0.005)
        raise AssertionError(f"no {count} connections wait for an advisory lock")

    return wait
