"""The bytes of a request's body as they come, piece by piece, with an end to waiting.

A server's thread that waits for a telephone in a tunnel is lost for everybody else. WSGI can neither stop a read that
has begun nor answer before it ends: so a watch cuts connections that were silent too long, and the read ends by itself.
"""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from django.conf import settings

from socialvideo.lib import sockets

PIECE = 64 * 1024
# By a number of its own, each read that waits: since when, and for whom.
_waiting: dict[int, tuple[float, str]] = {}
_numbers = itertools.count()
_begun = threading.Lock()


class Readable(Protocol):
    """A body."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at the end, and when the connection was cut."""
        ...


def pieces(body: Readable, length: int, host: str) -> Iterator[bytes]:
    """Yield the body in pieces of at most PIECE bytes, fewer than ``length`` in all if the connection is cut.

    Here it is cut when nothing came from ``host`` for UPLOAD_STALL_SECONDS.
    """
    _watch()
    left = length
    while left:
        with _waited_for(host):
            piece = _read(body, min(PIECE, left))
        if not piece:
            return
        left -= len(piece)
        yield piece


def cut_silent(patience: float) -> int:
    """Cut the connections of reads that have waited longer than ``patience`` seconds; return how many are cut."""
    late = time.monotonic() - patience
    hosts = {host for since, host in list(_waiting.values()) if since < late}
    return sum(sockets.reset_silent(host, patience) for host in hosts)


def _read(body: Readable, size: int) -> bytes:
    try:
        return body.read(size)
    except OSError:  # some servers raise where others end
        return b""


@contextmanager
def _waited_for(host: str) -> Iterator[None]:
    number = next(_numbers)
    _waiting[number] = time.monotonic(), host
    try:
        yield
    finally:
        del _waiting[number]


def _watch() -> None:
    """Begin the watch, once a process."""
    if _begun.acquire(blocking=False):
        threading.Thread(target=_keep_watch, name="arriving", daemon=True).start()


def _keep_watch() -> None:
    while True:
        patience = settings.UPLOAD_STALL_SECONDS
        time.sleep(patience / 4)
        cut_silent(patience)
