"""The stream server: an ASGI application that plays gated bytes, with Range, and stops when consent does.

``GET /videos/{id}.mp4?ticket=…`` and ``/videos/{id}.jpg?ticket=…``. The ticket says who opened the video; the gate is
asked again for every request, and before each chunk the process knows whether a grant has ended.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import parse_qs
from uuid import UUID

import orjson
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.db import DatabaseError, close_old_connections
from django.db.models import F

from feed import playback, ranges
from feed.cuts import Cuts, Watched
from feed.playback import Ticket
from socialvideo.lib import errors
from socialvideo.lib.clock import StatementTime
from socialvideo.lib.errors import Problem
from worker.models import Video

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CHUNK = 64 * 1024
ADDRESS = re.compile(r"/videos/([0-9a-f-]{36})\.(mp4|jpg)")
KINDS = {"mp4": "video/mp4", "jpg": "image/jpeg"}
PRIVATE = [(b"cache-control", b"private, no-store"), (b"x-content-type-options", b"nosniff")]


@dataclass(frozen=True)
class Opened:
    """A file that may be played from here on, as long as its stream is not cut."""

    file: IO[bytes]
    size: int
    kind: str
    etag: str
    attached: bool = False


class Stream:
    """The ASGI application."""

    def __init__(self, database_url: str) -> None:
        self.cuts = Cuts(database_url)
        self._ear: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._ear = asyncio.create_task(self.cuts.listen())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._ear.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, send: Send) -> None:
        if scope["path"] == "/livez":
            await _reply(send, 200 if self.cuts.hears else 503, b"", "text/plain")
            return
        watched = self.cuts.watch([])
        try:
            await self._play(scope, send, watched)
        except Problem as problem:
            await _refuse(send, problem)
        except DatabaseError:
            await _refuse(send, _unavailable())
        finally:
            self.cuts.forget(watched)

    async def _play(self, scope: Scope, send: Send, watched: Watched) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise Problem(405, "method_not_allowed", "Only GET and HEAD work here.", headers={"Allow": "GET, HEAD"})
        ticket, ending = _ticket(scope)
        self.cuts.extend(watched, [("session", ticket.session_id), ("video", ticket.video_id)])
        video = await sync_to_async(_reopened, thread_sensitive=False)(ticket, self.cuts, watched)
        if watched.is_cut:
            raise _unavailable()
        opened = await sync_to_async(_opened, thread_sensitive=False)(video, ending, ticket.download)
        with opened.file:
            await _send_file(scope, send, opened, watched)


def _unavailable() -> Problem:
    return Problem(503, "gate_unavailable", "Permission cannot be checked now. Try again in a few seconds.")


def _ticket(scope: Scope) -> tuple[Ticket, str]:
    match = ADDRESS.fullmatch(scope["path"])
    if match is None:
        raise Problem(404, "not_found", "Get an address at GET /api/v1/videos/{id}/playback.")
    query = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        video_id = UUID(match.group(1))
    except ValueError as error:
        raise Problem(404, "not_found", "This is not the id of a video.") from error
    return Ticket.read(query.get("ticket", [""])[0], video_id), match.group(2)


def _reopened(ticket: Ticket, cuts: Cuts, watched: Watched) -> Video:
    """Ask the gate for this request. The grants are watched before it is asked."""
    try:
        now = time.monotonic()
        left = F("depictions__grant__expires_at") - StatementTime()
        resting = Video.objects.filter(id=ticket.video_id, depictions__isnull=False).annotate(left=left)
        grants = dict(resting.values_list("depictions__grant", "left"))
        cuts.extend(watched, [("grant", grant) for grant in grants])
        lineage = Video.objects.filter(id=ticket.video_id).values_list("lineage", flat=True).first() or ()
        cuts.extend(watched, [("video", ancestor) for ancestor in lineage])
        watched.ends_at = min((now + left.total_seconds() for left in grants.values()), default=now)
        return playback.reopen(ticket)
    finally:
        close_old_connections()


def _opened(video: Video, ending: str, attached: bool) -> Opened:
    name = video.file if ending == "mp4" else video.poster
    try:
        size, file = default_storage.size(name), default_storage.open(name)
    except FileNotFoundError as error:
        raise playback.gone() from error
    return Opened(file, size, KINDS[ending], f'"{bytes(video.content_digest).hex()[:32]}-{ending}"', attached)


async def _send_file(scope: Scope, send: Send, opened: Opened, watched: Watched) -> None:
    headers = dict(scope["headers"])
    wanted = headers.get(b"range")
    if headers.get(b"if-range", opened.etag.encode()) != opened.etag.encode():
        wanted = None
    try:
        span = ranges.parse(wanted.decode("latin-1") if wanted else None, opened.size)
    except ranges.Unsatisfiable:
        beyond = {"Content-Range": f"bytes */{opened.size}"}
        raise Problem(416, "range_unsatisfiable", "The range lies outside the file.", headers=beyond) from None
    whole = ranges.Span(0, opened.size, opened.size)
    extra = [(b"etag", opened.etag.encode()), (b"accept-ranges", b"bytes")]
    if opened.attached:
        extra.append((b"content-disposition", b"attachment"))
    if span:
        extra.append((b"content-range", span.content_range.encode()))
    await _begin(send, 206 if span else 200, opened.kind, (span or whole).length, extra)
    body = scope["method"] == "GET"
    await _send_bytes(send, opened.file, span or whole, watched) if body else await _end(send)


async def _send_bytes(send: Send, file: IO[bytes], span: ranges.Span, watched: Watched) -> None:
    """Send the span in chunks; when the stream is cut the body stays short, which every client sees as broken off."""
    read = sync_to_async(file.read, thread_sensitive=False)
    await sync_to_async(file.seek, thread_sensitive=False)(span.start)
    left = span.length
    while left and not watched.is_cut:
        chunk = await read(min(CHUNK, left))
        if watched.is_cut or not chunk:
            break
        left -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
    if left:
        raise ConnectionAbortedError("cut: a permission, session or video ended")


async def _begin(send: Send, status: int, kind: str, length: int, extra: list[tuple[bytes, bytes]]) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(length).encode()), *PRIVATE, *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _reply(send: Send, status: int, body: bytes, kind: str, extra: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    await _begin(send, status, kind, len(body), list(extra))
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _refuse(send: Send, problem: Problem) -> None:
    body = orjson.dumps(errors.document(problem.status_code, problem.code, str(problem.detail)))
    extra = tuple((name.lower().encode(), value.encode()) for name, value in problem.headers.items())
    await _reply(send, problem.status_code, body, errors.CONTENT_TYPE, extra)
