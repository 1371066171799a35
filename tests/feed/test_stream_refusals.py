"""The stream server: what it refuses before anything is read, and what is not for it."""

import asyncio
from io import BytesIO

import pytest
from pytest_django import Settings

from feed import sending
from feed.ranges import Span
from feed.reading import Filed, Reader
from feed.renditions import FILM, Stored
from feed.sending import Exchange
from feed.stream import Stream
from feed.tickets import Viewing
from socialvideo.lib.ids import new_id
from tests.feed.player import Message, answer, ask, play, problem


@pytest.fixture
def ticketed(django_db_setup: None) -> str:
    """An address with a good ticket, of a video that never was: for what is refused before anything is read."""
    viewing = Viewing(new_id(), new_id(), new_id())
    return f"/videos/{viewing.video_id}.mp4?ticket={viewing.ticket(FILM, Stored('videos/none.mp4', 1, 'ab'))}"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_get_and_head_work(ticketed: str, method: str) -> None:
    given = answer(ticketed, method)
    assert problem(given) == (405, "method_not_allowed")
    assert given.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", "/videos", "/videos/1.mp4", "/videos/{id}.avi", f"/videos/{'-' * 36}.mp4"])
def test_an_address_that_is_none_of_ours_is_not_found(ticketed: str, path: str) -> None:
    query = ticketed.partition("?")[2]
    assert problem(answer(f"{path.format(id=new_id())}?{query}")) == (404, "not_found")


def test_an_altered_ticket_is_refused(ticketed: str) -> None:
    given = answer(ticketed[:-1] + ("A" if ticketed[-1] != "A" else "B"))
    assert problem(given) == (403, "ticket_invalid")
    assert given.headers["cache-control"] == "private, no-store"


def test_a_missing_ticket_is_refused(ticketed: str) -> None:
    assert problem(answer(ticketed.partition("?")[0])) == (403, "ticket_invalid")


def test_a_ticket_for_another_video_is_refused(ticketed: str) -> None:
    query = ticketed.partition("?")[2]
    assert problem(answer(f"/videos/{new_id()}.mp4?{query}")) == (403, "ticket_invalid")


def test_a_ticket_past_its_time_is_refused(ticketed: str, settings: Settings) -> None:
    settings.PLAYBACK_SECONDS = -10
    assert problem(answer(ticketed)) == (403, "ticket_invalid")


def test_the_server_is_alive_while_it_hears(django_db_setup: None) -> None:
    async def story(server: Stream) -> list[tuple[int, bytes]]:
        first = await ask(server, "/livez")
        server.cuts.ear._hang_up()
        then = await ask(server, "/livez")
        return [(given.status, given.body) for given in (first, then)]

    assert play(story) == [(200, b""), (503, b"")]


def test_another_protocol_gets_no_answer(django_db_setup: None) -> None:
    sent: list[Message] = []

    async def story(server: Stream) -> None:
        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        await server({"type": "websocket", "path": "/videos"}, receive, send)

    play(story)
    assert sent == []


def test_a_file_that_ends_too_early_breaks_the_stream() -> None:
    sent: list[bytes] = []

    async def send(message: Message) -> None:
        sent.append(message["body"])

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    async def yes() -> bool:
        return True

    reader = Reader(Filed(BytesIO(b"short"), 100), Span(1, 100, 100), 1000)
    asyncio.run(sending.send_bytes(Exchange({}, receive, send), reader, 99, yes))
    assert sent == [b"hort"]
