"""Received bytes before anybody looked at them: a folder of append-only files with random names, never served.

The API server writes them and the media worker reads them, so both must see the folder (UPLOADS).
"""

import os
import secrets
from pathlib import Path

from django.conf import settings

PREFIX = "raw/"


def fresh_name() -> str:
    """Return a random name for one file."""
    token = secrets.token_hex(16)
    return f"{PREFIX}{token[:2]}/{token}"


def is_here(name: str) -> bool:
    """Tell whether a name is of a file in this folder, and not of one in storage."""
    return name.startswith(PREFIX)


def path(name: str) -> Path:
    """Return where the file lies; ValueError for a name that is not of this folder."""
    if not is_here(name):
        raise ValueError(f"{name!r} is no received file")
    folder: Path = settings.UPLOADS
    return folder / name.removeprefix(PREFIX)


def size(name: str) -> int:
    """Return how many bytes of the file are there; 0 when it is not."""
    try:
        return path(name).stat().st_size
    except FileNotFoundError:
        return 0


def write(name: str, offset: int, content: bytes) -> None:
    """Put ``content`` at ``offset`` and return when the disk has it; whatever lay behind is written over."""
    where = path(name)
    where.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(where, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        left = memoryview(content)
        while left:
            written = os.pwrite(descriptor, left, offset)
            offset, left = offset + written, left[written:]
        os.ftruncate(descriptor, offset)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def remove(name: str) -> None:
    """Remove the file; one that is gone is fine."""
    path(name).unlink(missing_ok=True)
