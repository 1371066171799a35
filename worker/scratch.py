"""The folder in which a run renders. It holds a person's face in the clear, so it goes with its process.

Each folder is locked by the process that uses it, and the kernel gives the lock back when that is killed: whoever
runs next on this machine finds the folder free and removes it.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


def root() -> Path:
    """Return where all such folders lie."""
    made: Path = settings.VAR / "renders"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


@contextmanager
def folder() -> Iterator[Path]:
    """Give an empty folder and remove it afterwards."""
    with _locked(root()):
        made = Path(tempfile.mkdtemp(dir=root()))
        lock = _lock(made)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(lock)


def clear() -> int:
    """Remove the folders of processes that were killed; return how many."""
    with _locked(root()):
        return sum(_removed(one) for one in root().iterdir())


def _removed(left: Path) -> bool:
    try:
        lock = _lock(left, fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return False
    shutil.rmtree(left, ignore_errors=True)
    os.close(lock)
    return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = _lock(path)
    try:
        yield
    finally:
        os.close(lock)


def _lock(path: Path, how: int = 0) -> int:
    """Lock a folder and return its descriptor, which holds the lock until it is closed. BlockingIOError if ``how``."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor
