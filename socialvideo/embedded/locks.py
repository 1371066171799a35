"""File locks that the kernel gives back when their holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_S = 0.02


def take(path: Path, wait_s: float = 0.0) -> int | None:
    """Lock `path` (made when missing), waiting at most `wait_s` seconds; return its descriptor, or None if it is held.

    The lock lives as long as any copy of the descriptor, so a child that inherits it prolongs it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(POLL_S)
        else:
            return descriptor


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Hold the lock on `path` for the block, waiting without limit; yields the descriptor to pass to a child."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def sign(descriptor: int) -> None:
    """Write this process's id into a held lock file, for the message that refuses the next one."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def signature(path: Path) -> str:
    """Return the process id written in a lock file, or `unknown`."""
    try:
        return path.read_text().strip() or "unknown"
    except OSError:
        return "unknown"
