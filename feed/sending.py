"""Sending a stored file over ASGI: its headers, the range that is asked for, and its bytes in chunks."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import IO, Any

from feed import ranges
from feed.ranges import Span
from feed.reading import Reader
from socialvideo.lib.errors import Problem
from socialvideo.lib.sockets import Peer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Check = Callable[[], Awaitable[bool]]
"""Whether the next chunk may be sent."""

CHUNK = 64 * 1024
PRIVATE = [(b"cache-control", b"private, no-store"), (b"x-content-type-options", b"nosniff")]


@dataclass(frozen=True)
class Opened:
    """A file that may be played from here on, as long as its stream is not cut."""

    file: IO[bytes]
    size: int
    kind: str
    etag: str
    attached: bool = False


@dataclass(frozen=True)
class Exchange:
    """One request and the way back, as ASGI hands them over."""

    scope: Scope
    receive: Receive
    send: Send

    @property
    def peer(self) -> Peer | None:
        """Who is at the other end; None where the server does not say."""
        client = self.scope.get("client")
        return (client[0], int(client[1])) if client else None

    async def begin(self, status: int, kind: str, length: int, extra: list[tuple[bytes, bytes]]) -> None:
        """Send the head of the answer."""
        headers = [(b"content-type", kind.encode()), (b"content-length", str(length).encode()), *PRIVATE, *extra]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def reply(self, status: int, kind: str, body: bytes, extra: list[tuple[bytes, bytes]]) -> None:
        """Send a whole answer."""
        await self.begin(status, kind, len(body), extra)
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    async def left(self) -> None:
        """Return when the client has gone."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


async def send_file(exchange: Exchange, opened: Opened, check: Check) -> None:
    """Answer a GET or HEAD with the file or the range of it that is asked for. 416."""
    span, is_part = _span(exchange.scope, opened)
    extra = [(b"etag", opened.etag.encode()), (b"accept-ranges", b"bytes")]
    if opened.attached:
        extra.append((b"content-disposition", b"attachment"))
    if is_part:
        extra.append((b"content-range", span.content_range.encode()))
    await exchange.begin(206 if is_part else 200, opened.kind, span.length, extra)
    if exchange.scope["method"] == "HEAD":
        await exchange.send({"type": "http.response.body", "body": b"", "more_body": False})
    else:
        await send_bytes(exchange, opened.file, span, check)


async def send_bytes(exchange: Exchange, file: IO[bytes], span: Span, check: Check) -> None:
    """Send the span in chunks. After a refused one the body stays short, which every client sees as broken off."""
    reader = Reader(file, span.start, CHUNK)
    left = span.length
    leaving = asyncio.ensure_future(exchange.left())
    while left and not leaving.done():
        chunk = await reader.read(min(CHUNK, left))
        if not chunk or not await check():
            break
        left -= len(chunk)
        await exchange.send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
    leaving.cancel()


def _span(scope: Scope, opened: Opened) -> tuple[Span, bool]:
    """Return what is to be sent, and whether that was asked for as a part. Raises the 416 problem."""
    headers = dict(scope["headers"])
    wanted = headers.get(b"range")
    if headers.get(b"if-range", opened.etag.encode()) != opened.etag.encode():
        wanted = None
    try:
        part = ranges.parse(wanted.decode("latin-1") if wanted else None, opened.size)
    except ranges.Unsatisfiable:
        beyond = {"Content-Range": f"bytes */{opened.size}"}
        raise Problem(416, "range_unsatisfiable", "The range lies outside the file.", headers=beyond) from None
    return part or Span(0, opened.size, opened.size), part is not None
