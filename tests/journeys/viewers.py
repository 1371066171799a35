"""Viewers with plain sockets, and one loop that reads for all of them and sees the very moment of a reply.

A viewer reads as fast as it can, or at the pace of a player. Its receive buffer is the system's default, so what counts
as received after the reply includes what its own kernel held at that moment.
"""

import contextlib
import heapq
import json
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SLICE = 16 * 1024
LARGEST = 256 * 1024


@dataclass
class Viewer:
    """One request for a film; ``pace`` in bytes a second, None for as fast as it comes."""

    address: str
    pace: int | None = None
    start: int = 0
    got: int = 0
    wanted: int = -1
    head: bytes = b""
    last_byte_at: float = 0.0
    end_at: float = 0.0
    end: str = ""
    after: int = 0
    _socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        """Ask."""
        parts = urlsplit(self.address)
        self._socket = socket.create_connection((parts.hostname, parts.port))
        lines = [f"GET {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"Range: bytes={self.start}-"] if self.start else []
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._socket.setblocking(False)

    @property
    def is_live(self) -> bool:
        """Whether bytes of the film have come, and more are to come."""
        return not self.end and 0 < self.got < self.wanted

    def fileno(self) -> int:
        """For the selector."""
        return self._socket.fileno()

    def read(self, most: int) -> None:
        """Take what has come, and learn the end."""
        try:
            part = self._socket.recv(most)
        except BlockingIOError:
            return
        except ConnectionResetError:
            self.end = "reset"
        else:
            self._take(part)
            self.end = "short" if not part else "whole" if self.got == self.wanted else ""
        if self.end:
            self.end_at = time.monotonic()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _take(self, part: bytes) -> None:
        if self.wanted < 0:
            self.head += part
            head, blank, part = self.head.partition(b"\r\n\r\n")
            if not blank:
                return
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            self.wanted = int(fields[b"content-length"])
        self.got += len(part)
        if part:
            self.last_byte_at = time.monotonic()


class Crowd:
    """Reads for all viewers in one thread."""

    def __init__(self, viewers: list[Viewer]) -> None:
        self.viewers = viewers
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int]] = []
        for number, viewer in enumerate(viewers):
            if viewer.pace:
                heapq.heappush(self._due, (time.monotonic(), number))
            else:
                self._selector.register(viewer, selectors.EVENT_READ)

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        for viewer in self.viewers:
            viewer.close()
        self._selector.close()

    def watch_until(self, everybody_has: int, seconds: float = 30.0) -> None:
        """Read until every viewer has this many bytes of the film."""
        self._read_while(lambda: any(viewer.got < everybody_has for viewer in self.viewers), seconds)

    def watch_to_the_end(self, seconds: float = 30.0) -> None:
        """Read until every viewer has come to an end."""
        self._read_while(lambda: any(not viewer.end for viewer in self.viewers), seconds)

    def watch_until_still(self, still_s: float, seconds: float = 30.0) -> None:
        """Read until nothing has come for ``still_s``."""
        newest = time.monotonic()

        def moving() -> bool:
            nonlocal newest
            newest = max(newest, *(viewer.last_byte_at for viewer in self.viewers))
            return time.monotonic() < newest + still_s

        self._read_while(moving, seconds)

    def post(self, address: str, authorization: str, body: object) -> tuple[int, float]:
        """Send a request while all go on watching; return the reply's status and the moment that it came.

        From that moment on what a viewer reads is counted as ``after``.
        """
        with _posted(address, authorization, body) as asked:
            self._selector.register(asked, selectors.EVENT_READ)
            while not self._read_once(asked):
                pass
            moment = time.monotonic()
            status = int(asked.recv(LARGEST).split(b" ", 2)[1])
            self._selector.unregister(asked)
        for viewer in self.viewers:
            viewer.after = -viewer.got
        return status, moment

    def settle(self) -> None:
        """Turn the counts that ``post`` began into what each got afterwards."""
        for viewer in self.viewers:
            viewer.after += viewer.got

    def _read_while(self, wanting: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while wanting():
            seen = [(viewer.pace, viewer.got, viewer.wanted, viewer.end) for viewer in self.viewers]
            assert time.monotonic() < deadline, f"not within {seconds} s: {seen}"
            self._read_once(None)

    def _read_once(self, asked: socket.socket | None) -> bool:
        """Read what there is; stop and return True when ``asked`` has been answered."""
        wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else 1.0
        ready = [key.fileobj for key, _ in self._selector.select(min(wait, 0.1))]
        if asked in ready:
            return True
        for viewer in ready:
            assert isinstance(viewer, Viewer)
            viewer.read(LARGEST)
            if viewer.end:
                self._selector.unregister(viewer)
        while self._due and self._due[0][0] <= time.monotonic():
            self._read_slowly(heapq.heappop(self._due)[1])
        return False

    def _read_slowly(self, number: int) -> None:
        viewer = self.viewers[number]
        assert viewer.pace
        viewer.read(SLICE)
        if not viewer.end:
            heapq.heappush(self._due, (time.monotonic() + SLICE / viewer.pace, number))


def _posted(address: str, authorization: str, body: object) -> contextlib.closing[socket.socket]:
    parts = urlsplit(address)
    sent = json.dumps(body).encode()
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Authorization: {authorization}"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(sent)}", "Connection: close", "", ""]
    asked = socket.create_connection((parts.hostname, parts.port))
    asked.sendall("\r\n".join(lines).encode() + sent)
    return contextlib.closing(asked)
