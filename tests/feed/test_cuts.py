"""Cutting: a stream ends with any of its keys, with its moment, and with the process's hearing."""

import asyncio
import math
import socket
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

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

ONE, TWO, THREE = "grant:1", "grant:2", "session:1"


@pytest.fixture
def hearing() -> Cuts:
    """Cuts that hear, without a connection."""
    made = Cuts("")
    made.ear.hears = True
    made.ear._answered_at = math.inf
    return made


def test_a_stream_that_is_watched_while_nothing_is_heard_is_cut() -> None:
    assert Cuts("").watch([ONE]).is_cut


def test_a_stream_is_cut_by_its_own_key_alone(hearing: Cuts) -> None:
    mine, other = hearing.watch([ONE]), hearing.watch([TWO])
    hearing.end(ONE)
    assert (mine.is_cut, other.is_cut) == (True, False)


def test_the_kind_belongs_to_the_key(hearing: Cuts) -> None:
    watched = hearing.watch([ONE])
    hearing.end("session:1")
    hearing.end("1")
    assert not watched.is_cut


def test_every_stream_on_a_key_is_cut(hearing: Cuts) -> None:
    streams = [hearing.watch([ONE, TWO]) for _ in range(3)]
    hearing.end(TWO)
    assert [watched.is_cut for watched in streams] == [True] * 3


def test_a_key_that_is_added_later_counts(hearing: Cuts) -> None:
    watched = hearing.watch()
    hearing.extend(watched, [THREE, TWO])
    hearing.end(TWO)
    assert watched.is_cut


def test_a_key_that_ended_between_the_watching_and_its_being_added_counts(hearing: Cuts) -> None:
    watched = hearing.watch()
    hearing.end(TWO)
    hearing.extend(watched, [TWO])
    assert watched.is_cut


def test_what_ended_before_the_watching_is_for_the_gate_to_say(hearing: Cuts) -> None:
    hearing.end(TWO)
    watched = hearing.watch()
    hearing.extend(watched, [TWO])
    assert not watched.is_cut


def test_a_cut_stream_stays_cut(hearing: Cuts) -> None:
    watched = hearing.watch([ONE])
    hearing.end(ONE)
    hearing.end(TWO)
    assert watched.is_cut


def test_a_stream_ends_at_its_moment_though_nobody_says_so(hearing: Cuts) -> None:
    watched = hearing.watch()
    hearing.extend(watched, [], time.monotonic() + 60)
    assert not watched.is_cut
    hearing.extend(watched, [], time.monotonic())
    assert watched.is_cut


def test_a_stream_that_ended_is_forgotten(hearing: Cuts) -> None:
    watched = hearing.watch([ONE])
    hearing.forget(watched)
    hearing.forget(watched)
    hearing.end(ONE)
    assert not watched.is_cut
    assert not hearing._streams


def test_an_end_is_not_remembered_for_ever(hearing: Cuts, monkeypatch: pytest.MonkeyPatch) -> None:
    hearing.end(ONE)
    hearing.end(TWO)
    monkeypatch.setattr(cuts, "REMEMBERED_S", 0.0)
    hearing.end(THREE)
    assert list(hearing._ended) == [THREE]


# The connection of a stream that is cut


def connected() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection whose server has sent what its viewer does not read."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        viewer = socket.create_connection(listening.getsockname())
        server = listening.accept()[0]
    server.sendall(b"x" * 1000)
    return viewer, server


async def shut(server: socket.socket) -> bool:
    """Tell whether the connection is shut, after what is due has run."""
    await asyncio.sleep(0.02)
    server.setblocking(False)
    try:
        return server.recv(1) == b""
    except BlockingIOError:
        return False


@pytest.mark.parametrize("ends", ["by a key", "at its moment", "by deafness"])
def test_a_cut_breaks_the_connection_though_its_viewer_reads_nothing(hearing: Cuts, ends: str) -> None:
    viewer, server = connected()
    bystander, other = connected()

    async def story() -> tuple[bool, bool]:
        watched, stays = hearing.watch([ONE]), hearing.watch([TWO])
        hearing.extend(watched, [], time.monotonic() + (0.005 if ends == "at its moment" else 60))
        hearing.begin(watched, viewer.getsockname())
        if ends == "by a key":
            hearing.begin(stays, bystander.getsockname())
            hearing.end(ONE)
        if ends == "by deafness":
            hearing._lost()
        return await shut(server), await shut(other)

    with viewer, server, bystander, other:
        assert asyncio.run(story()) == (True, False)


def test_a_stream_that_ended_by_itself_leaves_its_connection_alone(hearing: Cuts) -> None:
    viewer, server = connected()

    async def story() -> bool:
        watched = hearing.watch([ONE])
        hearing.extend(watched, [], time.monotonic() + 0.005)
        hearing.begin(watched, viewer.getsockname())
        hearing.forget(watched)
        hearing.end(ONE)
        return await shut(server)

    with viewer, server:
        assert not asyncio.run(story())


# Hearing


def listening(story: Callable[[Cuts], Awaitable[None]]) -> None:
    """Run the story beside an ear that listens."""

    async def run() -> None:
        made = Cuts(database_url())
        ear = asyncio.create_task(made.ear.listen())
        try:
            await until(lambda: made.ear.hears)
            await story(made)
        finally:
            ear.cancel()
            await asyncio.wait([ear])

    asyncio.run(run())


def logged_out(person: Person) -> tuple[str, Callable[[], object]]:
    session = auth.log_in(handle=person.handle, password=factories.PASSWORD, device="")[1]
    return f"session:{session.id}", lambda: auth.log_out(person=person, session_id=session.id)


@pytest.mark.django_db(transaction=True)
def test_a_real_withdrawal_logout_and_takedown_are_heard(video: Video, grant: Grant, subject: Person) -> None:
    scope = withdrawal.Scope(grant_id=grant.id)
    ends = [
        (f"grant:{grant.id}", lambda: withdrawal.withdraw(subject=subject, scope=scope)),
        (f"video:{video.id}", lambda: videos.take_down(video.id)),
        logged_out(subject),
    ]

    async def story(made: Cuts) -> None:
        bystander = made.watch([f"grant:{new_id()}", f"session:{new_id()}", f"video:{new_id()}"])
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
        watched = made.watch([f"video:{video.id}"])
        with monkeypatch.context() as patched:
            patched.setattr(bus, "announce", broken)
            with pytest.raises(RuntimeError):
                await elsewhere(lambda: videos.take_down(video.id))
        await made.ear.beat()
        assert not watched.is_cut

    listening(story)
