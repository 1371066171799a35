"""Players that fetch as fast as they can: each makes its requests one after another on one connection."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from selectors import EVENT_READ, DefaultSelector

BUFFER = memoryview(bytearray(256 * 1024))


@dataclass(frozen=True)
class Request:
    """A path of the server, and of what is there the bytes from ``start`` on (None: the whole)."""

    path: str
    start: int | None = None
    length: int = 0

    @property
    def text(self) -> bytes:
        """The request as it is sent."""
        part = "" if self.start is None else f"Range: bytes={self.start}-{self.start + self.length - 1}\r\n"
        return f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{part}\r\n".encode()


@dataclass
class Player:
    """One connection with what is still to be asked on it."""

    port: int
    left: list[Request]
    line: socket.socket = field(init=False)
    head: bytes = b""
    wanting: int = -1
    got: int = 0

    def __post_init__(self) -> None:
        self.line = socket.create_connection(("127.0.0.1", self.port))
        self.line.sendall(self.left[0].text)

    def fileno(self) -> int:
        """For the selector."""
        return self.line.fileno()

    def read(self) -> bool:
        """Take what has come, and ask for the next; tell whether everything is there."""
        count = self.line.recv_into(BUFFER)
        assert count, "an answer came short"
        if self.wanting < 0:
            self.head += bytes(BUFFER[:count])
            head, blank, body = self.head.partition(b"\r\n\r\n")
            if not blank:
                return False
            assert head[9:12] in (b"200", b"206"), head
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            self.wanting, count = int(fields[b"content-length"]), len(body)
        self.wanting -= count
        self.got += count
        if self.wanting:
            return False
        self.head, self.wanting = b"", -1
        del self.left[0]
        if self.left:
            self.line.sendall(self.left[0].text)
        return not self.left


def watch(port: int, plans: Iterable[list[Request]], at_once: int, size: int) -> None:
    """Have each plan played, so many at once; fail unless each brings at least ``size`` bytes."""
    waiting = [list(plan) for plan in plans]
    playing = 0
    with DefaultSelector() as selector:
        while waiting or playing:
            while waiting and playing < at_once:
                selector.register(Player(port, waiting.pop()), EVENT_READ)
                playing += 1
            for key, _ in selector.select():
                player = key.fileobj
                assert isinstance(player, Player)
                if player.read():
                    assert player.got >= size, "a film came short"
                    selector.unregister(player)
                    player.line.close()
                    playing -= 1
