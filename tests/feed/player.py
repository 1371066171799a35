"""A client of the stream server without a network: it drives the ASGI application as a server would."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from django.conf import settings
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from feed import addresses, renditions
from feed.stream import Stream
from feed.tickets import Viewing

T = TypeVar("T")
Message = MutableMapping[str, Any]
OnChunk = Callable[[], Awaitable[None]]
WAIT_S = 5.0


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    chunks: list[bytes] = field(default_factory=list)
    ended: bool = False

    @property
    def broken(self) -> bool:
        """Whether the server gave up before the end; it then closes the connection."""
        return not self.ended

    @property
    def body(self) -> bytes:
        """All bytes that came."""
        return b"".join(self.chunks)


def database_url() -> str:
    """Return the address of the database that this very test uses."""
    return make_conninfo(settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])


def play(story: Callable[[Stream], Awaitable[T]]) -> T:
    """Run the story against a started stream server that hears, and stop it."""

    async def run() -> T:
        async with started(Stream(database_url())) as stream:
            await until(lambda: stream.cuts.ear.hears)
            return await story(stream)

    return asyncio.run(run())


async def _nothing() -> None:
    return None


async def ask(
    stream: Stream, address: str, method: str = "GET", *, on_chunk: OnChunk = _nothing, **headers: str
) -> Answer:
    """Make one request; ``on_chunk`` runs after each chunk of the body, as a slow network would.

    If it raises ConnectionResetError, the client is gone.
    """
    answer, requested, gone = Answer(), asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        if requested.is_set():
            await gone.wait()
            return {"type": "http.disconnect"}
        requested.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        answer.chunks.append(message["body"])
        answer.ended = not message["more_body"]
        try:
            await on_chunk()
        except ConnectionResetError:
            gone.set()
        await asyncio.sleep(0.001)

    path, _, query = address.removeprefix(settings.STREAM_URL).partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
    await stream(scope, receive, send)
    return answer


async def elsewhere(act: Callable[[], T]) -> T:
    """Run ``act`` in another thread, on another connection to the database, as another process would."""

    def run() -> T:
        try:
            return act()
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.002)


@asynccontextmanager
async def started(stream: Stream) -> AsyncIterator[Stream]:
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    outgoing: asyncio.Queue[Message] = asyncio.Queue()
    life = asyncio.create_task(stream({"type": "lifespan"}, incoming.get, outgoing.put))
    await incoming.put({"type": "lifespan.startup"})
    assert (await outgoing.get())["type"] == "lifespan.startup.complete"
    try:
        yield stream
    finally:
        await incoming.put({"type": "lifespan.shutdown"})
        assert (await outgoing.get())["type"] == "lifespan.shutdown.complete"
        await life


def answer(address: str, method: str = "GET", **headers: str) -> Answer:
    """Ask a server of one request."""
    return play(lambda server: ask(server, address, method, **headers))


def problem(given: Answer) -> tuple[int, str]:
    """Status and code of a refusal, which came whole."""
    assert given.headers["content-type"] == "application/problem+json"
    assert not given.broken
    return given.status, orjson.loads(given.body)["code"]


def place(viewing: Viewing, part: str = renditions.FILM) -> str:
    """Return the address of a part of the opened video."""
    return addresses.ticketed(viewing, renditions.find(viewing.video_id))(part)
