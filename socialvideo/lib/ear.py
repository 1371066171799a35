"""The ear: one connection a process that listens to the bus, and proves by beats that it hears.

A beat is a question on the listening connection itself. PostgreSQL signals listeners before it answers a COMMIT
(``AtCommit_Notify``), and a listener hands over what it was signalled before it says that it is ready for another query
(``PostgresMain``). So once a beat is answered, everything that was committed before that beat was asked has been heard.
A connection that merely stays open proves nothing.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import pq

from socialvideo.lib.bus import CHANNEL

log = logging.getLogger(__name__)
RETRY_S = 0.5
BEAT_S = 0.2
# Nothing may rest on what was heard longer ago than this; below the second within which the last byte must leave.
STALE_S = 0.8
# A beat that is not answered for this long: the connection is given up.
DEAF_S = 5.0
# A peer that vanished without a word would leave the socket open for hours.
OPTIONS: dict[str, Any] = {
    "autocommit": True,
    "application_name": "socialvideo ear",
    "connect_timeout": 5,
    "keepalives_idle": 6,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 12_000,
}
CLOCK = b"SELECT extract(epoch FROM clock_timestamp())"
# An empty question is answered in the same order, for less work: so the clock is asked once in ``BEAT_S`` alone.
BARE = b""


class Deaf(Exception):
    """Nothing is heard now."""


class Ear:
    """Listens for ever; ``heard`` is called with each notice, ``lost`` when the connection goes."""

    def __init__(self, database_url: str, heard: Callable[[str], None], lost: Callable[[], None]) -> None:
        self.database_url = database_url
        self.hears = False
        self._heard, self._lost = heard, lost
        self._line: pq.abc.PGconn | None = None
        self._socket = -1
        self._since = self._clock = self._ahead = 0.0
        self._asked_at = self._answered_at = 0.0
        self._clocked_at = -math.inf
        self._asked: list[asyncio.Future[None]] | None = None
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def is_fresh(self) -> bool:
        """Whether all that was committed until ``STALE_S`` ago has been heard."""
        return self.hears and time.monotonic() - self._answered_at < STALE_S

    def heard_since(self, moment: float) -> bool:
        """Whether nothing that was committed after ``moment`` (the database's clock, seconds) was missed."""
        return self.hears and self._since < moment

    def monotonic(self, moment: float) -> float:
        """Return a moment of the database's clock in seconds of this process's ``time.monotonic``, rather too early."""
        return moment - self._ahead

    async def beat(self) -> None:
        """Return when everything that was committed before this call has been heard. Raises Deaf."""
        if self._line is None:
            raise Deaf
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        if self._asked is None:
            self._ask(self._line)
        await answer

    async def listen(self) -> None:
        """Listen for ever; connect again when the database goes away, deaf meanwhile."""
        while True:
            try:
                await self._listen_once()
            except (psycopg.Error, TimeoutError, Deaf) as error:
                log.warning("withdrawals cannot be heard: %s", str(error) or type(error).__name__)
            await asyncio.sleep(RETRY_S)

    async def _listen_once(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self.database_url, **OPTIONS)
        try:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._pick_up(connection.pgconn, connection.fileno())
            await self._beat_in_time()
            self._since, self.hears = self._clock, True
            while True:
                await asyncio.sleep(BEAT_S)
                await self._beat_in_time()
        finally:
            self._hang_up()
            await connection.close()

    async def _beat_in_time(self) -> None:
        # Not wait_for: before Python 3.12 it loses a cancellation that comes with the answer, and nobody can stop us.
        async with asyncio.timeout(DEAF_S):
            await self.beat()

    def _pick_up(self, line: pq.abc.PGconn, socket: int) -> None:
        self._line, self._socket, self._clocked_at = line, socket, -math.inf
        asyncio.get_running_loop().add_reader(socket, self._read, line)

    def _hang_up(self) -> None:
        """Be deaf: whoever waits learns it, and so does everything that rests on hearing."""
        if self._line is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket)
        waiting = [*(self._asked or []), *self._waiting]
        self._line, self._asked, self._waiting, self.hears = None, None, [], False
        for answer in waiting:
            if not answer.done():
                answer.set_exception(Deaf())
        self._lost()

    def _ask(self, line: pq.abc.PGconn) -> None:
        """Send one beat for all who wait."""
        self._asked, self._waiting = self._waiting, []
        self._asked_at = time.monotonic()
        try:
            line.send_query(CLOCK if self._asked_at - self._clocked_at >= BEAT_S else BARE)
            line.flush()
        except psycopg.Error:
            self._hang_up()

    def _read(self, line: pq.abc.PGconn) -> None:
        """Take what the database sent: notices, and the answer of a beat."""
        try:
            line.consume_input()
            while self._asked is not None and not line.is_busy():
                result = line.get_result()
                if result is None:
                    # What came with the answer is heard before anybody rests on it.
                    self._tell(line)
                    self._answer(line)
                elif result.ntuples:
                    self._set_clock(float(result.get_value(0, 0) or 0))
            self._tell(line)
        except psycopg.Error:
            self._hang_up()

    def _set_clock(self, clock: float) -> None:
        self._clock, self._clocked_at, self._ahead = clock, self._asked_at, clock - self._asked_at

    def _tell(self, line: pq.abc.PGconn) -> None:
        while notice := line.notifies():
            self._heard(notice.extra.decode())

    def _answer(self, line: pq.abc.PGconn) -> None:
        answers, self._asked = self._asked or [], None
        self._answered_at = self._asked_at
        for answer in answers:
            if not answer.done():
                answer.set_result(None)
        if self._waiting:
            self._ask(line)
