"""The stream server: an ASGI application that plays gated bytes, with Range, and stops when consent does.

``GET /videos/{id}{part}?ticket=…``, the parts being those of ``feed.renditions``. The ticket says who opened the video,
which part of it this is, and what that decision rests on. For each request the process makes sure that nothing of it
has ended, or asks the gate again; before each chunk it looks, in memory, whether anything was heard to end since; and a
cut resets the connection. ``/public/{id}/{token}{part}`` is the same for what caches may keep (``feed.caching``).
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import ParamSpec, TypeVar
from urllib.parse import unquote
from uuid import UUID

import orjson
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

from feed import caching, cuts, origins, playback, playlists, reading, renditions, visibility
from feed.cuts import Cuts, Watched
from feed.recent import Recent
from feed.renditions import PART, Playable, Stored
from feed.sending import Exchange, Opened, Receive, Scope, Send, send_file, send_text
from feed.tickets import Basis, Ticket, Viewing
from socialvideo.lib import errors, sockets
from socialvideo.lib.bus import keys
from socialvideo.lib.ear import Deaf
from socialvideo.lib.errors import Problem

P = ParamSpec("P")
T = TypeVar("T")
ADDRESS = re.compile(rf"/(?:videos/([0-9a-f-]{{36}})|public/([0-9a-f-]{{36}})/([0-9a-f]{{32}}))({PART})")
# How long a playlist may lack a rendition that has just been made.
LISTED_S = 10.0
_open = sync_to_async(reading.opened, thread_sensitive=False)


class Stream:
    """The ASGI application."""

    def __init__(self, database_url: str) -> None:
        self.cuts = Cuts(database_url)
        self._decided: Recent[Viewing, Basis] = Recent(cuts.KNOWN_S, 20_000)
        self._listed: Recent[UUID, Playable] = Recent(LISTED_S, 2_000)
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
        exchange = exchange.open_to_origins()
        watched = self.cuts.watch()
        try:
            await self._play(exchange, watched)
        except Problem as problem:
            await _refuse(exchange, problem)
        except FileNotFoundError:
            await _refuse(exchange, visibility.gone())
        except (DatabaseError, Deaf):
            await _refuse(exchange, _unavailable())
        except reading.Unreachable:
            await _refuse(exchange, Problem(503, "storage_unavailable", "The film cannot be read now. Try again."))
        finally:
            self.cuts.forget(watched)

    async def _play(self, exchange: Exchange, watched: Watched) -> None:
        if exchange.is_preflight:
            await exchange.bare(204, origins.ASKABLE)
            return
        if exchange.scope["method"] not in ("GET", "HEAD"):
            raise Problem(405, "method_not_allowed", "Only GET and HEAD work here.", headers={"Allow": "GET, HEAD"})
        video, token, part = _address(exchange.scope)
        if token:
            await self._play_public(exchange, watched, video, token, part)
            return
        ticket = Ticket.read(_ticket(exchange.scope), video, part)
        basis = await self._standing(ticket.viewing, watched)
        if ticket.stored:
            await self._send(exchange, watched, ticket.stored, part, attached=ticket.viewing.download)
        else:
            await self._tell(exchange, watched, video, part, replace(ticket.viewing, basis=basis))

    async def _play_public(self, exchange: Exchange, watched: Watched, video: UUID, token: str, part: str) -> None:
        """Answer a request that says nothing of who asks: decided like any other, but caches may keep the answer."""
        self.cuts.extend(watched, keys("video", [video]))
        found = await _apart(caching.require)(video, token)
        self.cuts.extend(watched, found.keys)
        exchange = exchange.open_to_all(found.headers)
        if part.endswith((".m3u8", ".vtt")):
            await self._tell(exchange, watched, video, part, None)
            return
        stored = (await self._playable(video)).files.get(part)
        if stored is None:
            raise playlists.absent()
        await self._send(exchange, watched, stored, part)

    async def _standing(self, viewing: Viewing, watched: Watched) -> Basis:
        """Return what this request rests on: what was decided last if that is known to stand, else a new decision."""
        known = [basis for basis in (self._decided.get(viewing), viewing.basis) if basis]
        if known:
            basis = max(known, key=lambda basis: basis.decided_at)
            self.cuts.extend(watched, basis.keys, basis.ends_at)
            if await self.cuts.stands(watched, basis.decided_at):
                return basis
            self.cuts.renew(watched)
        self.cuts.extend(watched, [*keys("session", [viewing.session_id]), *keys("video", [viewing.video_id])])
        basis = await _apart(self._reopened)(viewing, watched)
        if watched.is_cut:
            raise _unavailable()
        self._decided.keep(viewing, basis)
        return basis

    def _reopened(self, viewing: Viewing, watched: Watched) -> Basis:
        """Ask the gate for this request. What it rests on is watched before it is asked."""
        return playback.reopen(viewing, lambda basis: self.cuts.extend(watched, basis.keys, basis.ends_at))

    async def _playable(self, video: UUID) -> Playable:
        found = self._listed.get(video)
        if found is None:
            found = await _apart(renditions.find)(video)
            self._listed.keep(video, found)
        return found

    async def _send(
        self, exchange: Exchange, watched: Watched, stored: Stored, part: str, *, attached: bool = False
    ) -> None:
        source = await _open(stored.name, stored.size)
        with source:
            self.cuts.begin(watched, exchange.peer)
            sent = Opened(source, renditions.kind_of(part), f'"{stored.tag}"', attached)
            await send_file(exchange, sent, lambda: self.cuts.lets(watched))

    async def _tell(
        self, exchange: Exchange, watched: Watched, video: UUID, part: str, viewing: Viewing | None
    ) -> None:
        """Answer with a playlist, whose addresses carry tickets of this viewing, or with subtitles."""
        playable = await self._playable(video)
        if part.endswith(".vtt"):
            body = await _apart(playlists.subtitles)(video, part)
        else:
            body = playlists.text(playable, part, _query(playable, viewing))
        if not await self.cuts.lets(watched):
            raise _unavailable()
        await send_text(exchange, body, renditions.kind_of(part))


def _apart(act: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Return ``act`` to be awaited: in a thread, after which its connection goes back to the pool."""

    def run(*given: P.args, **named: P.kwargs) -> T:
        try:
            return act(*given, **named)
        finally:
            close_old_connections()

    return sync_to_async(run, thread_sensitive=False)


def _query(playable: Playable, viewing: Viewing | None) -> playlists.Query:
    if viewing is None:
        return lambda part: ""
    return lambda part: f"?ticket={viewing.ticket(part, playable.files.get(part))}"


def _unavailable() -> Problem:
    return Problem(503, "gate_unavailable", "Permission cannot be checked now. Try again in a few seconds.")


def _address(scope: Scope) -> tuple[UUID, str, str]:
    """Return which video, by which public token (none: by a ticket), and which part of it."""
    match = ADDRESS.fullmatch(scope["path"])
    if match is None:
        raise Problem(404, "not_found", "Get an address at GET /api/v1/videos/{id}/playback.")
    private, public, token, part = match.groups(default="")
    try:
        return UUID(private or public), token, part
    except ValueError as error:
        raise Problem(404, "not_found", "This is not the id of a video.") from error


def _ticket(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    found = [one.removeprefix(b"ticket=") for one in query.split(b"&") if one.startswith(b"ticket=")]
    return unquote(found[0].decode("latin-1")) if found else ""


async def _refuse(exchange: Exchange, problem: Problem) -> None:
    body = orjson.dumps(errors.document(problem.status_code, problem.code, str(problem.detail)))
    extra = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await exchange.reply(problem.status_code, errors.CONTENT_TYPE, body, extra)
