"""Cutting what is being played: one connection a process listens for what has ended, and the streams ask before
each chunk. When the process cannot hear, every stream is cut and none begins (fail closed)."""

import asyncio
import logging
import math
import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import psycopg

from socialvideo.lib.bus import CHANNEL

log = logging.getLogger(__name__)
RETRY_S = 0.5
# A peer that vanished without a word would leave us deaf and not knowing it: notice within about 12 seconds.
KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 6,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 12_000,
}


class Watched:
    """One stream, with the keys (``grant:…``, ``session:…``, ``video:…``) that end it.

    Nobody announces that a grant expires: ``ends_at`` is when it does, in seconds of ``time.monotonic``.
    """

    def __init__(self, keys: frozenset[str]) -> None:
        self.keys = keys
        self.ends_at = math.inf
        self.was_ended = False

    @property
    def is_cut(self) -> bool:
        """Whether not one more byte may be sent."""
        return self.was_ended or time.monotonic() >= self.ends_at


class Cuts:
    """The streams of this process and the ear that ends them."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.hears = False
        self._streams: dict[Watched, None] = {}

    def watch(self, kinds: Iterable[tuple[str, UUID]]) -> Watched:
        """Register a stream BEFORE its gate is asked, so that nothing falls between that answer and the listening."""
        watched = Watched(frozenset(f"{kind}:{one}" for kind, one in kinds))
        watched.was_ended = not self.hears
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
            watched.was_ended = watched.was_ended or key in watched.keys

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
        ear = await psycopg.AsyncConnection.connect(self.database_url, autocommit=True, **KEEPALIVE)
        async with ear as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.hears = True
            async for notice in connection.notifies():
                self.end(notice.payload)

    def _deafen(self) -> None:
        self.hears = False
        for watched in self._streams:
            watched.was_ended = True
