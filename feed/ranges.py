"""The Range header (RFC 9110 §14.2), pure: one range of bytes, or the whole."""

import re
from dataclasses import dataclass

ONE_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


@dataclass(frozen=True)
class Span:
    """Bytes ``start`` to ``stop`` (not included) of ``size``."""

    start: int
    stop: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes that is."""
        return self.stop - self.start

    @property
    def content_range(self) -> str:
        """The value of Content-Range."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


class Unsatisfiable(Exception):
    """The range lies outside the file (416)."""


def parse(header: str | None, size: int) -> Span | None:
    """Return the one range asked for; None for the whole file (no header, several ranges, another unit)."""
    match = ONE_RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if first == "":
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= stop:
        raise Unsatisfiable
    return Span(start, stop, size)
