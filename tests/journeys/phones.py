"""A telephone on a bad line: it uploads over real HTTP/1.1, and its connection is cut wherever one likes."""

import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from demo.client import Caller
from tests.worker.footage import sha256

AT_ONCE = struct.pack("ii", 1, 0)
# A telephone does not have a line again at once.
PAUSE = 0.2


@dataclass
class Phone:
    """Uploads one film; what it sent in all, and every offset that it was told."""

    caller: Caller
    content: bytes
    address: str = ""
    sent: int = 0
    told: list[int] = field(default_factory=list)

    def begin(self, **other: Any) -> "Phone":
        """Declare the film."""
        declared = {"size_bytes": len(self.content), "media_type": "video/mp4", "sha256": sha256(self.content), **other}
        reply = self.caller.send("POST", "/uploads", 201, json=declared)
        self.address = reply.headers["Location"].removeprefix("/api/v1")
        return self

    def offset(self) -> int:
        """Ask how much is there."""
        reply = self.caller.send("HEAD", self.address, 204)
        self.told.append(int(reply.headers["Upload-Offset"]))
        return self.told[-1]

    def connect(self, offset: int, length: int) -> socket.socket:
        """Open a connection and promise so many bytes from ``offset`` on."""
        url = urlsplit(self.caller.base + self.address)
        lines = [
            f"PATCH {url.path} HTTP/1.1",
            f"Host: {url.netloc}",
            f"Authorization: {self.caller.headers['Authorization']}",
            "Content-Type: application/octet-stream",
            f"Upload-Offset: {offset}",
            f"Content-Length: {length}",
        ]
        line = socket.create_connection((str(url.hostname), int(url.port or 80)), timeout=60)
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        return line

    def cut_after(self, offset: int, count: int, *, hard: bool) -> None:
        """Send ``count`` bytes of the rest, and lose the line; ``hard``: with a reset, which drops what is queued."""
        line = self.connect(offset, len(self.content) - offset)
        line.sendall(self.content[offset : offset + count])
        self.sent += count
        if hard:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        line.close()
        time.sleep(PAUSE)

    def drip(self, offset: int, pause: float) -> None:
        """Send the rest slowly, until it is all sent or the connection is gone."""
        line = self.connect(offset, len(self.content) - offset)
        try:
            for place in range(offset, len(self.content), 64 * 1024):
                line.sendall(self.content[place : place + 64 * 1024])
                self.sent += 64 * 1024
                time.sleep(pause)
        except OSError:
            pass
        finally:
            line.close()

    def finish(self, offset: int) -> None:
        """Send the rest in the parts that are advised."""
        size = self.read()["part_bytes"]
        while offset < len(self.content):
            piece = self.content[offset : offset + size]
            headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
            reply = self.caller.send("PATCH", self.address, 204, headers=headers, body=piece)
            self.sent += len(piece)
            offset = int(reply.headers["Upload-Offset"])

    def read(self) -> dict[str, Any]:
        """What the API shows of it."""
        shown: dict[str, Any] = self.caller.send("GET", self.address, 200).json()
        return shown
