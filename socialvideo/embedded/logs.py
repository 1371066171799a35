"""The log file of one supervised process."""

from pathlib import Path
from typing import BinaryIO

ROTATE_BYTES = 5_000_000
TAIL_BYTES = 64_000
TAIL_LINES = 15


class Log:
    """A file that is appended to; one older file is kept when it has grown past ROTATE_BYTES at a start."""

    def __init__(self, path: Path) -> None:
        """Rotate the file when it is too large, and remember where this run begins."""
        self.path = path
        if path.exists() and path.stat().st_size > ROTATE_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
        self._begin = path.stat().st_size if path.exists() else 0

    def open(self) -> BinaryIO:
        """Open the file for appending, to be handed to the process."""
        return self.path.open("ab")

    def tail(self, lines: int = TAIL_LINES) -> str:
        """Return the last `lines` lines of this run."""
        with self.path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(self._begin, file.tell() - TAIL_BYTES))
            text = file.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:]) or "(nothing was written)"
