"""The stream server: an ASGI application that plays gated bytes, with Range, and stops when consent does.

``GET /videos/{id}.mp4?ticket=…`` and ``/videos/{id}.jpg?ticket=…``. The ticket says who opened the video and what that
decision rests on. For each request the process makes sure that nothing of it has ended, or asks the gate again; before
each chunk it looks, in memory, whether anything was heard to end since; and a cut resets the connection.
"""

import asyncio
import re
from urllib.parse import parse_qs
from uuid import UUID

import orjson
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.db import DatabaseError, close_old_connections

from feed import playback
from feed.cuts import Cuts, Watched
from feed.sending import Exchange, Opened, Receive, Scope, Send, send_file
from feed.tickets import Basis, Ticket
from socialvideo.lib import errors, sockets
from socialvideo.lib.bus import keys
from socialvideo.lib.ear import Deaf
from socialvideo.lib.errors import Problem

ADDRESS = re.compile(r"/videos/([0-9a-f-]{36})\.(mp4|jpg)")
KINDS = {"mp4": "video/mp4", "jpg": "image/jpeg"}


class Stream:
    """The ASGI application."""

    def __init__(self, database_url: str) -> None:
        self.cuts = Cuts(database_url)
        self._is_narrow = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            # The server listens only after its start. The first request is that of its supervisor: is it ready?
            self._is_narrow = self._is_narrow or sockets.narrow()
            await self._answer(Exchange(scope, receive, send))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        ear = asyncio.create_task(self.cuts.ear.listen())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        ear.cancel()
        await asyncio.wait([ear])
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, exchange: Exchange) -> None:
        if exchange.scope["path"] == "/livez":
            await exchange.reply(200 if self.cuts.ear.is_fresh else 503, "text/plain", b"", [])
            return
        watched = self.cuts.watch()
        try:
            await self._play(exchange, watched)
        except Problem as problem:
            await _refuse(exchange, problem)
        except (DatabaseError, Deaf):
            await _refuse(exchange, _unavailable())
        finally:
            self.cuts.forget(watched)

    async def _play(self, exchange: Exchange, watched: Watched) -> None:
        if exchange.scope["method"] not in ("GET", "HEAD"):
            raise Problem(405, "method_not_allowed", "Only GET and HEAD work here.", headers={"Allow": "GET, HEAD"})
        ticket, ending = _ticket(exchange.scope)
        basis = await self._standing(ticket, watched)
        opened = await sync_to_async(_opened, thread_sensitive=False)(basis, ending, ticket.download)
        with opened.file:
            self.cuts.begin(watched, exchange.peer)
            await send_file(exchange, opened, lambda: self.cuts.lets(watched))

    async def _standing(self, ticket: Ticket, watched: Watched) -> Basis:
        """Return what this request rests on: the decision of the opening if it is known to stand, else a new one."""
        basis = ticket.basis
        if basis:
            self.cuts.extend(watched, basis.keys, basis.ends_at)
            if await self.cuts.stands(watched, basis.decided_at):
                return basis
            self.cuts.renew(watched)
        self.cuts.extend(watched, [*keys("session", [ticket.session_id]), *keys("video", [ticket.video_id])])
        basis = await sync_to_async(self._reopened, thread_sensitive=False)(ticket, watched)
        if watched.is_cut:
            raise _unavailable()
        return basis

    def _reopened(self, ticket: Ticket, watched: Watched) -> Basis:
        """Ask the gate for this request. What it rests on is watched before it is asked."""
        try:
            return playback.reopen(ticket, lambda basis: self.cuts.extend(watched, basis.keys, basis.ends_at))
        finally:
            close_old_connections()


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


def _opened(basis: Basis, ending: str, attached: bool) -> Opened:
    name = basis.file if ending == "mp4" else basis.poster
    try:
        size, file = default_storage.size(name), default_storage.open(name)
    except FileNotFoundError as error:
        raise playback.gone() from error
    return Opened(file, size, KINDS[ending], f'"{basis.tag}-{ending}"', attached)


async def _refuse(exchange: Exchange, problem: Problem) -> None:
    body = orjson.dumps(errors.document(problem.status_code, problem.code, str(problem.detail)))
    extra = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await exchange.reply(problem.status_code, errors.CONTENT_TYPE, body, extra)
