"""The server's own TCP sockets, which ASGI does not show: small send buffers, and a cut that throws their content away.

A kernel takes up to four megabytes (Linux) that no later check can call back. So the buffers of what is accepted are
kept small, and a connection that is cut is reset: its queue is dropped instead of being sent to the end.
"""

import contextlib
import os
import socket
import struct
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

# The kernel doubles it for its own book-keeping. On the way to a viewer 100 ms away this carries 9 Mbit/s.
SEND_BUFFER = 64 * 1024
AT_ONCE = struct.pack("ii", 1, 0)
# Where struct tcp_info has the milliseconds since the last bytes came: after eight bytes and eleven numbers.
LAST_RECEIVED = 8 + 11 * 4
FILES = next((folder for folder in (Path("/proc/self/fd"), Path("/dev/fd")) if folder.exists()), None)
Peer = tuple[str, int]


def narrow() -> bool:
    """Give whatever is accepted from now on a small send buffer; False while this process listens nowhere."""
    found = False
    for listening in _own():
        if _listens(listening):
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


def reset_silent(host: str, seconds: float) -> int:
    """Break off the connections that were accepted from ``host``, from which nothing came for so long; return how many.

    A connection that is only kept open may be among them: its client opens another one.
    """
    ports, found = {listening.getsockname()[1] for listening in _own() if _listens(listening)}, 0
    for connected in _own():
        with contextlib.suppress(OSError):
            is_accepted = connected.getpeername()[0] == host and connected.getsockname()[1] in ports
            if is_accepted and _silent_for(connected) >= seconds:
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                connected.shutdown(socket.SHUT_RDWR)
                found += 1
    return found


def _listens(own: socket.socket) -> bool:
    return bool(own.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _silent_for(connected: socket.socket) -> float:
    """Return the seconds since the last bytes came (Linux: ``struct tcp_info``, tcpi_last_data_recv); else 0."""
    told = connected.getsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_INFO", 0), LAST_RECEIVED + 4)
    return float(struct.unpack_from("I", told, LAST_RECEIVED)[0]) / 1000 if sys.platform == "linux" else 0.0


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
