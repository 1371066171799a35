"""Cutting: a stream ends with any of its keys, and with the process's hearing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import psycopg
import pytest

from accounts import auth
from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from feed import cuts
from feed.cuts import Cuts
from socialvideo.lib import bus
from socialvideo.lib.ids import new_id
from tests import factories
from tests.feed.player import database_url, elsewhere, until
from worker import videos
from worker.models import Video

ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture
def hearing() -> Cuts:
    """Cuts that hear, without a connection."""
    made = Cuts("")
    made.hears = True
    return made


def test_a_stream_that_is_watched_while_nothing_is_heard_is_cut() -> None:
    assert Cuts("").watch([("grant", ONE)]).is_cut


def test_a_stream_is_cut_by_its_own_key_alone(hearing: Cuts) -> None:
    mine, other = hearing.watch([("grant", ONE)]), hearing.watch([("grant", TWO)])
    hearing.end(f"grant:{ONE}")
    assert (mine.is_cut, other.is_cut) == (True, False)


def test_the_kind_belongs_to_the_key(hearing: Cuts) -> None:
    watched = hearing.watch([("grant", ONE)])
    hearing.end(f"session:{ONE}")
    hearing.end(str(ONE))
    assert not watched.is_cut


def test_every_stream_on_a_key_is_cut(hearing: Cuts) -> None:
    streams = [hearing.watch([("video", ONE), ("session", new_id())]) for _ in range(3)]
    hearing.end(f"video:{ONE}")
    assert [watched.is_cut for watched in streams] == [True] * 3


def test_a_key_that_is_added_later_counts(hearing: Cuts) -> None:
    watched = hearing.watch([])
    hearing.extend(watched, [("session", ONE), ("grant", TWO)])
    hearing.end(f"grant:{TWO}")
    assert watched.is_cut


def test_a_cut_stream_stays_cut(hearing: Cuts) -> None:
    watched = hearing.watch([("grant", ONE)])
    hearing.end(f"grant:{ONE}")
    hearing.end(f"grant:{TWO}")
    assert watched.is_cut


def test_a_stream_ends_at_its_moment_though_nobody_says_so(hearing: Cuts) -> None:
    watched = hearing.watch([])
    watched.ends_at = time.monotonic() + 60
    assert not watched.is_cut
    watched.ends_at = time.monotonic()
    assert watched.is_cut


def test_a_stream_that_ended_is_forgotten(hearing: Cuts) -> None:
    watched = hearing.watch([("grant", ONE)])
    hearing.forget(watched)
    hearing.forget(watched)
    hearing.end(f"grant:{ONE}")
    assert not watched.is_cut
    assert not hearing._streams


# Hearing


def listening(story: Callable[[Cuts], Awaitable[None]], address: str = "") -> None:
    """Run the story beside an ear that listens."""

    async def run() -> None:
        made = Cuts(address or database_url())
        ear = asyncio.create_task(made.listen())
        try:
            await story(made)
        finally:
            ear.cancel()
            await asyncio.wait([ear])

    asyncio.run(run())


def logged_out(person: Person) -> tuple[tuple[str, UUID], Callable[[], object]]:
    session = auth.log_in(handle=person.handle, password=factories.PASSWORD, device="")[1]
    return ("session", session.id), lambda: auth.log_out(person=person, session_id=session.id)


@pytest.mark.django_db(transaction=True)
def test_a_real_withdrawal_logout_and_takedown_are_heard(video: Video, grant: Grant, subject: Person) -> None:
    scope = withdrawal.Scope(grant_id=grant.id)
    ends = [
        (("grant", grant.id), lambda: withdrawal.withdraw(subject=subject, scope=scope)),
        (("video", video.id), lambda: videos.take_down(video.id)),
        logged_out(subject),
    ]

    async def story(made: Cuts) -> None:
        await until(lambda: made.hears)
        bystander = made.watch([("grant", new_id()), ("session", new_id()), ("video", new_id())])
        for key, act in ends:
            watched = made.watch([key])
            assert not watched.is_cut
            await elsewhere(act)
            await until(lambda watched=watched: watched.is_cut)  # type: ignore[misc]
        assert not bystander.is_cut

    listening(story)


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_heard(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    announced = bus.announce

    def broken(kind: str, ids: list[UUID]) -> None:
        announced(kind, ids)
        raise RuntimeError("after the announcement")

    async def story(made: Cuts) -> None:
        await until(lambda: made.hears)
        watched, other = made.watch([("video", video.id)]), made.watch([("video", ONE)])
        with monkeypatch.context() as patched:
            patched.setattr(bus, "announce", broken)
            with pytest.raises(RuntimeError):
                await elsewhere(lambda: videos.take_down(video.id))
        await elsewhere(lambda: bus.announce("video", [ONE]))
        await until(lambda: other.is_cut)
        assert not watched.is_cut

    listening(story)


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_cuts_every_stream_until_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "RETRY_S", 0.05)

    def sever() -> None:
        with psycopg.connect(database_url()) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN ended'")

    async def story(made: Cuts) -> None:
        await until(lambda: made.hears)
        watched = made.watch([("grant", ONE)])
        await elsewhere(sever)
        await until(lambda: watched.is_cut)
        assert not made.hears
        assert made.watch([("grant", ONE)]).is_cut
        await until(lambda: made.hears)
        assert watched.is_cut
        assert not made.watch([("grant", ONE)]).is_cut

    listening(story)


def test_a_database_that_is_away_leaves_the_process_deaf_and_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "RETRY_S", 0.001)
    tries: list[str] = []

    async def away(address: str, **_: object) -> None:
        tries.append(address)
        raise psycopg.OperationalError("away")

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", away)

    async def story(made: Cuts) -> None:
        await until(lambda: len(tries) >= 3)
        assert not made.hears

    listening(story, "dbname=away")
    assert set(tries) == {"dbname=away"}
