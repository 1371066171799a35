"""Sending a stored file over ASGI: its headers, the range that is asked for, and its bytes in chunks."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from feed import origins, ranges
from feed.origins import Headers
from feed.ranges import Span
from feed.reading import Reader, Source
from socialvideo.lib.errors import Problem
from socialvideo.lib.sockets import Peer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Check = Callable[[], Awaitable[bool]]
"""Whether the next chunk may be sent."""

CHUNK = 64 * 1024
NOSNIFF = (b"x-content-type-options", b"nosniff")
PRIVATE: Headers = [(b"cache-control", b"private, no-store")]


@dataclass(frozen=True)
class Opened:
    """A file that may be played from here on, as long as its stream is not cut."""

    file: Source
    kind: str
    etag: str
    attached: bool = False


@dataclass(frozen=True)
class Exchange:
    """One request and the way back, as ASGI hands them over; ``fixed`` are the headers of whatever is answered."""

    scope: Scope
    receive: Receive
    send: Send
    fixed: tuple[tuple[bytes, bytes], ...] = tuple(PRIVATE)

    @property
    def is_head(self) -> bool:
        """Whether only the headers are asked for."""
        return bool(self.scope["method"] == "HEAD")

    @cached_property
    def headers(self) -> dict[bytes, bytes]:
        """The headers of the request, by their names in lower case."""
        return dict(self.scope["headers"])

    @property
    def is_preflight(self) -> bool:
        """Whether a browser asks, for a page that may read the answer, what it may ask for (CORS)."""
        if self.scope["method"] != "OPTIONS" or b"access-control-request-method" not in self.headers:
            return False
        return len(origins.headers(self.headers)) > 1

    def open_to_origins(self) -> "Exchange":
        """Return it so that the pages which may read the answer can."""
        more = origins.headers(self.headers)
        return replace(self, fixed=(*self.fixed, *more)) if more else self

    def open_to_all(self, kept: Iterable[tuple[bytes, bytes]]) -> "Exchange":
        """Return it so that caches may keep the answer as these headers say, and any page may read it."""
        return replace(self, fixed=(*kept, *origins.ANYBODY))

    @property
    def peer(self) -> Peer | None:
        """Who is at the other end; None where the server does not say."""
        client = self.scope.get("client")
        return (client[0], int(client[1])) if client else None

    async def begin(self, status: int, kind: str, length: int, extra: Headers) -> None:
        """Send the head of the answer."""
        headers = [(b"content-type", kind.encode()), (b"content-length", str(length).encode()), NOSNIFF]
        await self.send({"type": "http.response.start", "status": status, "headers": [*headers, *self.fixed, *extra]})

    async def reply(self, status: int, kind: str, body: bytes, extra: Headers) -> None:
        """Send a whole answer."""
        await self.begin(status, kind, len(body), extra)
        await self.send({"type": "http.response.body", "body": b"" if self.is_head else body, "more_body": False})

    async def bare(self, status: int, extra: Headers) -> None:
        """Send an answer that has no body and tells nothing of one (204, 304)."""
        await self.send({"type": "http.response.start", "status": status, "headers": [*self.fixed, *extra]})
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def left(self) -> None:
        """Return when the client has gone."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


async def send_text(exchange: Exchange, body: bytes, kind: str) -> None:
    """Answer a GET or HEAD with a short text that was made for it. 304."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if is_known(exchange, etag):
        await exchange.bare(304, [(b"etag", etag.encode())])
    else:
        await exchange.reply(200, kind, body, [(b"etag", etag.encode())])


async def send_file(exchange: Exchange, opened: Opened, check: Check) -> None:
    """Answer a GET or HEAD with the file or the range of it that is asked for. 304, 416."""
    if is_known(exchange, opened.etag):
        await exchange.bare(304, [(b"etag", opened.etag.encode())])
        return
    span, is_part = _span(exchange.headers, opened)
    extra = [(b"etag", opened.etag.encode()), (b"accept-ranges", b"bytes")]
    if opened.attached:
        extra.append((b"content-disposition", b"attachment"))
    if is_part:
        extra.append((b"content-range", span.content_range.encode()))
    reader = Reader(opened.file, span, CHUNK)
    if not exchange.is_head:
        await reader.begin()
    await exchange.begin(206 if is_part else 200, opened.kind, span.length, extra)
    if exchange.is_head:
        await exchange.send({"type": "http.response.body", "body": b"", "more_body": False})
    else:
        await send_bytes(exchange, reader, span.length, check)


def is_known(exchange: Exchange, etag: str) -> bool:
    """Tell whether the client says that it has these very bytes (If-None-Match, RFC 9110 §13.1.2)."""
    known = exchange.headers.get(b"if-none-match", b"").decode("latin-1")
    return etag in [one.strip().removeprefix("W/") for one in known.split(",")]


async def send_bytes(exchange: Exchange, reader: Reader, left: int, check: Check) -> None:
    """Send so many bytes in chunks. After a refused one the body stays short, which clients see as broken off."""
    leaving = asyncio.ensure_future(exchange.left())
    while left and not leaving.done():
        chunk = await reader.read(min(CHUNK, left))
        if not chunk or not await check():
            break
        left -= len(chunk)
        await exchange.send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
    leaving.cancel()


def _span(headers: Mapping[bytes, bytes], opened: Opened) -> tuple[Span, bool]:
    """Return what is to be sent, and whether that was asked for as a part. Raises the 416 problem."""
    wanted = headers.get(b"range")
    if headers.get(b"if-range", opened.etag.encode()) != opened.etag.encode():
        wanted = None
    try:
        part = ranges.parse(wanted.decode("latin-1") if wanted else None, opened.file.size)
    except ranges.Unsatisfiable:
        beyond = {"Content-Range": f"bytes */{opened.file.size}"}
        raise Problem(416, "range_unsatisfiable", "The range lies outside the file.", headers=beyond) from None
    return part or Span(0, opened.file.size, opened.file.size), part is not None
