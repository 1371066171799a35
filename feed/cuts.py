"""Cutting what is being played: the streams of a process, each with the keys (``grant:…``, ``session:…``, ``video:…``)
that end it. Before each chunk a stream asks here, in memory; while the process cannot hear, nothing is sent.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Iterable

from socialvideo.lib import sockets
from socialvideo.lib.ear import Deaf, Ear
from socialvideo.lib.sockets import Peer

# What was decided this long ago may still be rested on, if nothing has been heard since that ends it.
KNOWN_S = 10.0
# A decision's session was read a little before it: what ended that long before must have been heard, too.
SETTLED_S = 5.0
# How long an end is remembered: longer than anything rests on a decision.
REMEMBERED_S = 60.0


class Watched:
    """One stream. Nobody announces that a grant expires: ``ends_at`` is when, in seconds of ``time.monotonic``."""

    def __init__(self, rests_on: Iterable[str]) -> None:
        self.keys = frozenset(rests_on)
        self.since = -math.inf
        self.ends_at = math.inf
        self.was_ended = False
        self.peer: Peer | None = None
        self.timer: asyncio.TimerHandle | None = None

    @property
    def is_cut(self) -> bool:
        """Whether not one more byte may be sent."""
        return self.was_ended or time.monotonic() >= self.ends_at


class Cuts:
    """The streams of this process and the ear that ends them."""

    def __init__(self, database_url: str) -> None:
        self.ear = Ear(database_url, self.end, self._lost)
        self._streams: dict[Watched, None] = {}
        self._ended: dict[str, float] = {}
        self._to_reset: set[Peer] = set()

    def watch(self, rests_on: Iterable[str] = ()) -> Watched:
        """Register a stream BEFORE its gate is asked, so that nothing falls between that answer and the listening."""
        watched = Watched(rests_on)
        self.renew(watched)
        self._streams[watched] = None
        return watched

    def renew(self, watched: Watched) -> None:
        """Begin again: the gate is asked after this, and it knows of what has ended before."""
        watched.since, watched.ends_at, watched.was_ended = time.monotonic(), math.inf, not self.ear.hears

    def extend(self, watched: Watched, rests_on: Iterable[str], ends_at: float = math.inf) -> None:
        """Add keys to a registered stream, and its end by the database's clock (seconds); from any thread.

        What ended since the stream was registered counts, so it is enough to have registered before reading them.
        """
        watched.keys |= frozenset(rests_on)
        watched.ends_at = self.ear.monotonic(ends_at)
        watched.was_ended = watched.was_ended or self._ended_since(watched.since, watched)

    def begin(self, watched: Watched, peer: Peer | None) -> None:
        """Say that bytes now go to ``peer``: from here on a cut breaks its connection off."""
        watched.peer = peer
        if not watched.is_cut and watched.ends_at < math.inf:
            left = watched.ends_at - time.monotonic()
            watched.timer = asyncio.get_running_loop().call_later(left, self.cut, watched)

    def forget(self, watched: Watched) -> None:
        """Drop a stream that ended by itself."""
        self._streams.pop(watched, None)
        if watched.timer:
            watched.timer.cancel()

    async def lets(self, watched: Watched) -> bool:
        """Tell, before each chunk, whether it may be sent; waits while what was heard is stale."""
        if not self.ear.is_fresh:
            with contextlib.suppress(Deaf):
                await self.ear.beat()
        return self.ear.is_fresh and not watched.is_cut

    async def stands(self, watched: Watched, decided_at: float) -> bool:
        """Tell whether an allowed decision (at a moment of the database's clock, seconds) still stands.

        True only if nothing that it rests on ended in any commit before this call. False where this process cannot
        know: then the gate is asked. Raises Deaf.
        """
        await self.ear.beat()
        decided = self.ear.monotonic(decided_at)
        known = self.ear.heard_since(decided_at - SETTLED_S) and time.monotonic() - decided < KNOWN_S
        return known and not watched.is_cut and not self._ended_since(decided, watched)

    def end(self, key: str) -> None:
        """Cut every stream that rests on ``key``."""
        now = time.monotonic()
        self._ended[key] = now
        while (oldest := next(iter(self._ended))) != key and self._ended[oldest] < now - REMEMBERED_S:
            del self._ended[oldest]
        for watched in self._streams:
            if key in watched.keys:
                self.cut(watched)

    def cut(self, watched: Watched) -> None:
        """End one stream, and break off its connection even while it waits for a slow viewer."""
        watched.was_ended = True
        if watched.peer:
            if not self._to_reset:
                asyncio.get_running_loop().call_soon(self._reset)
            self._to_reset.add(watched.peer)

    def _ended_since(self, moment: float, watched: Watched) -> bool:
        known = self._ended
        return not watched.keys.isdisjoint(known) and any(known.get(key, -math.inf) >= moment for key in watched.keys)

    def _reset(self) -> None:
        peers, self._to_reset = self._to_reset, set()
        sockets.reset(peers)

    def _lost(self) -> None:
        self._ended.clear()
        for watched in self._streams:
            self.cut(watched)
