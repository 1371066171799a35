"""The server's own TCP sockets, which ASGI does not show: small send buffers, and a cut that throws their content away.

A kernel takes up to four megabytes (Linux) that no later check can call back. So the buffers of what is accepted are
kept small, and a connection that is cut is reset: its queue is dropped instead of being sent to the end.
"""

import contextlib
import os
import socket
import struct
from collections.abc import Collection, Iterator
from pathlib import Path

# The kernel doubles it for its own book-keeping. On the way to a viewer 100 ms away this carries 9 Mbit/s.
SEND_BUFFER = 64 * 1024
AT_ONCE = struct.pack("ii", 1, 0)
FILES = next((folder for folder in (Path("/proc/self/fd"), Path("/dev/fd")) if folder.exists()), None)
Peer = tuple[str, int]


def narrow() -> bool:
    """Give whatever is accepted from now on a small send buffer; False while this process listens nowhere."""
    found = False
    for listening in _own():
        if listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            found = True
    return found


def reset(peers: Collection[Peer]) -> None:
    """Break the connections to these peers off at once; what is queued for them is not sent."""
    for connected in _own():
        with contextlib.suppress(OSError):
            if connected.getpeername()[:2] in peers:
                # The server that owns it closes it when it finds it shut, and closing sends the reset.
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                connected.shutdown(socket.SHUT_RDWR)


def _own() -> Iterator[socket.socket]:
    """Yield this process's internet sockets, each as a copy that is closed again."""
    for file in FILES.iterdir() if FILES else ():
        with contextlib.suppress(OSError), _copy(int(file.name)) as copy:
            if copy.type == socket.SOCK_STREAM and copy.family in (socket.AF_INET, socket.AF_INET6):
                yield copy


def _copy(file: int) -> socket.socket:
    """Return the socket of a descriptor under another one; raises OSError when it is none, or gone."""
    number = os.dup(file)
    try:
        return socket.socket(fileno=number)
    except OSError:
        os.close(number)
        raise
