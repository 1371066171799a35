"""Cutting what is being played: one connection a process listens for what has ended, and the streams ask before
each chunk. When the process cannot hear, every stream is cut and none begins (fail closed)."""

import asyncio
import logging
from collections.abc import Iterable
from uuid import UUID

import psycopg

from socialvideo.lib.bus import CHANNEL

log = logging.getLogger(__name__)
RETRY_S = 0.5


class Watched:
    """One stream, with the keys (``grant:…``, ``session:…``, ``video:…``) that end it."""

    def __init__(self, keys: frozenset[str]) -> None:
        self.keys = keys
        self.is_cut = False


class Cuts:
    """The streams of this process and the ear that ends them."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.hears = False
        self._streams: dict[Watched, None] = {}

    def watch(self, kinds: Iterable[tuple[str, UUID]]) -> Watched:
        """Register a stream BEFORE its gate is asked, so that nothing falls between that answer and the listening."""
        watched = Watched(frozenset(f"{kind}:{one}" for kind, one in kinds))
        watched.is_cut = not self.hears
        self._streams[watched] = None
        return watched

    def extend(self, watched: Watched, kinds: Iterable[tuple[str, UUID]]) -> None:
        """Add keys to a registered stream."""
        watched.keys |= {f"{kind}:{one}" for kind, one in kinds}

    def forget(self, watched: Watched) -> None:
        """Drop a stream that ended by itself."""
        self._streams.pop(watched, None)

    def end(self, key: str) -> None:
        """Cut every stream that rests on ``key``."""
        for watched in self._streams:
            watched.is_cut = watched.is_cut or key in watched.keys

    async def listen(self) -> None:
        """Listen for ever; reconnect when the database goes away, deaf meanwhile."""
        while True:
            try:
                await self._hear()
            except psycopg.Error as error:
                log.warning("the stream server cannot hear withdrawals: %s", error)
            finally:
                self._deafen()
            await asyncio.sleep(RETRY_S)

    async def _hear(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.database_url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.hears = True
            async for notice in connection.notifies():
                self.end(notice.payload)

    def _deafen(self) -> None:
        self.hears = False
        for watched in self._streams:
            watched.is_cut = True
