"""Reading a stored film by parts: at once what the page cache holds, in a thread what has to be fetched."""

import contextlib
import io
import os
from typing import IO

from asgiref.sync import sync_to_async

# Linux; elsewhere every part is read in a thread.
NOWAIT: int = getattr(os, "RWF_NOWAIT", 0)


class Reader:
    """Reads ``file`` from ``start`` on."""

    def __init__(self, file: IO[bytes], start: int, largest: int) -> None:
        self._file = file
        self._place = start
        self._buffer = memoryview(bytearray(largest))
        self._number = _number(file) if NOWAIT else None

    async def read(self, most: int) -> bytes:
        """Return the next bytes, at most ``most`` and ``largest``; none at the end of the file."""
        part = self._cached(most) or await sync_to_async(self._fetched, thread_sensitive=False)(most)
        self._place += len(part)
        return part

    def _cached(self, most: int) -> bytes:
        """Return what can be had without waiting; nothing where that cannot be told."""
        if self._number is None:
            return b""
        with contextlib.suppress(BlockingIOError):
            count = os.preadv(self._number, [self._buffer[:most]], self._place, NOWAIT)
            return bytes(self._buffer[:count])
        return b""

    def _fetched(self, most: int) -> bytes:
        self._file.seek(self._place)
        return self._file.read(min(most, len(self._buffer)))


def _number(file: IO[bytes]) -> int | None:
    """Return the descriptor of a file that can be read without waiting; None for one that lies elsewhere."""
    try:
        number = file.fileno()
        os.preadv(number, [bytearray(1)], 0, NOWAIT)
    except BlockingIOError:
        return number
    except (OSError, io.UnsupportedOperation, AttributeError):
        return None
    return number
