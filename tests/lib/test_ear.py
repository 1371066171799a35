"""The ear: what was committed before a beat is heard when the beat is answered, and silence is taken for deafness."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from socialvideo.lib import ear
from socialvideo.lib.ear import Deaf, Ear
from tests.feed.player import database_url, until

EARS = "FROM pg_stat_activity WHERE application_name = 'socialvideo ear'"
pytestmark = pytest.mark.django_db(transaction=True)


class Listener:
    """An ear with what it heard, and how often it was lost."""

    def __init__(self, address: str = "") -> None:
        self.heard: list[str] = []
        self.losses = 0
        self.ear = Ear(address or database_url(), self.heard.append, self.lose)

    def lose(self) -> None:
        """Count."""
        self.losses += 1


def listening(story: Callable[[Listener], Awaitable[None]], address: str = "") -> None:
    """Run the story beside an ear that listens."""

    async def run() -> None:
        made = Listener(address)
        task = asyncio.create_task(made.ear.listen())
        try:
            await story(made)
        finally:
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(run())


def ask(statement: str) -> list[tuple[object, ...]]:
    """Run one statement on another connection, while the event loop can do nothing."""

    def run() -> list[tuple[object, ...]]:
        with psycopg.connect(database_url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    with ThreadPoolExecutor() as other:
        return other.submit(run).result()


def notify(*keys: str) -> None:
    for key in keys:
        ask(f"NOTIFY ended, '{key}'")


def test_an_ear_that_is_stopped_just_as_an_answer_comes_stops() -> None:
    """Before Python 3.12 ``asyncio.wait_for`` loses such a stop, and a server never ends."""

    async def run() -> None:
        listeners: list[asyncio.Task[None]] = []

        class Stopped(Ear):
            def _answer(self, line: psycopg.pq.abc.PGconn) -> None:
                super()._answer(line)
                listeners[0].cancel()

        listeners.append(asyncio.create_task(Stopped(database_url(), lambda _: None, lambda: None).listen()))
        ended, _ = await asyncio.wait(listeners, timeout=5)
        assert ended

    asyncio.run(run())


def test_everything_committed_before_a_beat_is_heard_when_it_is_answered() -> None:
    async def story(made: Listener) -> None:
        await until(lambda: made.ear.hears)
        for number in range(20):
            notify(f"grant:{number}", f"video:{number}")
            await made.ear.beat()
            assert made.heard[-2:] == [f"grant:{number}", f"video:{number}"]

    listening(story)


def test_what_is_committed_during_a_beat_is_heard_by_whoever_asks_after_it() -> None:
    async def story(made: Listener) -> None:
        await until(lambda: made.ear.hears)
        first = asyncio.ensure_future(made.ear.beat())
        await asyncio.sleep(0)
        notify("grant:1")
        second = asyncio.ensure_future(made.ear.beat())
        await second
        assert (first.done(), made.heard) == (True, ["grant:1"])

    listening(story)


def test_a_notice_is_heard_without_a_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(made: Listener) -> None:
        await until(lambda: made.ear.hears)
        monkeypatch.setattr(ear, "BEAT_S", 60.0)
        await asyncio.sleep(0.3)
        notify("grant:1")
        await until(lambda: made.heard == ["grant:1"])

    listening(story)


def test_many_who_wait_share_their_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Ear] = []
    ask_once = Ear._ask

    def counted(self: Ear, line: object) -> None:
        asked.append(self)
        ask_once(self, line)  # type: ignore[arg-type]

    async def story(made: Listener) -> None:
        await until(lambda: made.ear.hears)
        monkeypatch.setattr(Ear, "_ask", counted)
        await asyncio.gather(*[made.ear.beat() for _ in range(100)])
        assert len(asked) <= 3

    listening(story)


def test_it_knows_since_when_it_hears_by_the_clock_of_the_database() -> None:
    ((before,),) = ask("SELECT extract(epoch FROM clock_timestamp())::float8")

    async def story(made: Listener) -> None:
        assert not made.ear.heard_since(time.time() + 3600)
        await until(lambda: made.ear.hears)
        ((after,),) = ask("SELECT extract(epoch FROM clock_timestamp())::float8")
        assert isinstance(before, float)
        assert isinstance(after, float)
        assert (made.ear.heard_since(before), made.ear.heard_since(after)) == (False, True)
        assert made.ear.monotonic(after) == pytest.approx(time.monotonic(), abs=1)

    listening(story)


def test_a_lost_connection_is_noticed_at_once_and_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "RETRY_S", 0.05)

    async def story(made: Listener) -> None:
        await until(lambda: made.ear.hears)
        beat = asyncio.ensure_future(made.ear.beat())
        ask(f"SELECT pg_terminate_backend(pid) {EARS}")
        await until(lambda: made.losses == 1)
        assert (made.ear.hears, made.ear.is_fresh) == (False, False)
        with pytest.raises(Deaf):
            await made.ear.beat()
        await asyncio.wait([beat])
        await until(lambda: made.ear.is_fresh)
        notify("grant:1")
        await made.ear.beat()
        assert made.heard == ["grant:1"]

    listening(story)


def test_a_database_that_answers_no_longer_is_stale_soon_and_given_up_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "STALE_S", 0.4)
    monkeypatch.setattr(ear, "DEAF_S", 0.8)
    monkeypatch.setattr(ear, "RETRY_S", 0.05)

    async def story(made: Listener) -> None:
        await until(lambda: made.ear.is_fresh)
        ((backend,),) = ask(f"SELECT pid {EARS}")
        os.kill(int(str(backend)), signal.SIGSTOP)
        try:
            await until(lambda: not made.ear.is_fresh)
            assert made.ear.hears
            await until(lambda: made.losses == 1)
            await until(lambda: made.ear.is_fresh)
        finally:
            os.kill(int(str(backend)), signal.SIGCONT)

    listening(story)


def test_a_database_that_is_away_leaves_the_process_deaf_and_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "RETRY_S", 0.001)
    tries: list[str] = []

    async def away(address: str, **_: object) -> None:
        tries.append(address)
        raise psycopg.OperationalError("away")

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", away)

    async def story(made: Listener) -> None:
        await until(lambda: len(tries) >= 3)
        assert not made.ear.hears
        with pytest.raises(Deaf):
            await made.ear.beat()

    listening(story, "dbname=away")
    assert set(tries) == {"dbname=away"}


def test_under_load_the_clock_is_asked_once_in_a_while_and_every_beat_still_hears(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(made: Listener) -> None:
        await until(lambda: made.ear.hears)
        known = made.ear.monotonic(0)
        for number in range(10):
            notify(f"grant:{number}")
            await made.ear.beat()
            assert made.heard[-1] == f"grant:{number}"
        assert made.ear.monotonic(0) == known
        monkeypatch.setattr(ear, "BEAT_S", 0.0)
        await made.ear.beat()
        assert made.ear.monotonic(0) != known
        assert made.ear.monotonic(0) == pytest.approx(known, abs=5)

    monkeypatch.setattr(ear, "BEAT_S", 60.0)
    listening(story)
