"""The server's own sockets: what is accepted gets a small send buffer, and a reset drops what is queued."""

import socket
import time
from collections.abc import Iterator

import pytest

from socialvideo.lib import sockets


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def accepted(listening: socket.socket) -> tuple[socket.socket, socket.socket]:
    """Return a viewer who reads nothing, with the server's end, full to the brim."""
    viewer = socket.create_connection(listening.getsockname())
    server = listening.accept()[0]
    server.setblocking(False)
    return viewer, server


def filled(server: socket.socket) -> int:
    """Send until the kernel takes no more; return how much it took."""
    taken = 0
    while True:
        try:
            taken += server.send(bytes(65536))
        except BlockingIOError:
            return taken


def read(viewer: socket.socket) -> tuple[int, bool]:
    """Read to the end; return how much came, and whether the end was a reset."""
    got = 0
    while True:
        try:
            part = viewer.recv(65536)
        except ConnectionResetError:
            return got, True
        if not part:
            return got, False
        got += len(part)


def test_the_kernel_takes_little_for_a_viewer_who_does_not_read(listening: socket.socket) -> None:
    assert sockets.narrow()
    viewer, server = accepted(listening)
    with viewer, server:
        assert filled(server) <= 256 * 1024


def test_a_reset_drops_what_is_queued_and_leaves_others_alone(listening: socket.socket) -> None:
    viewer, server = accepted(listening)
    other, others_server = accepted(listening)
    with viewer, other:
        taken, others_taken = filled(server), filled(others_server)
        sockets.reset({viewer.getsockname()})
        server.close()
        got, was_reset = read(viewer)
        assert was_reset
        assert got < taken
        others_server.close()
        assert read(other) == (others_taken, False)


def test_a_reset_wakes_a_server_that_waits_for_a_slow_viewer(listening: socket.socket) -> None:
    viewer, server = accepted(listening)
    with viewer, server:
        filled(server)
        sockets.reset({viewer.getsockname()})
        with pytest.raises(BrokenPipeError):
            server.send(b"more")


def test_only_who_was_silent_for_long_is_cut(listening: socket.socket) -> None:
    """And of the connections that were accepted alone: those that this process opened are none of them."""
    silent, silent_server = accepted(listening)
    busy, busy_server = accepted(listening)
    with silent, busy, silent_server, busy_server:
        silent.send(b"hello")
        time.sleep(0.4)
        busy.send(b"hello")
        busy_server.setblocking(True)
        assert busy_server.recv(9) == b"hello"
        assert sockets.reset_silent("10.0.0.9", 0.2) == 0
        assert sockets.reset_silent("127.0.0.1", 0.2) == 1
        silent_server.setblocking(True)
        assert silent_server.recv(9) in (b"hello", b"")
        busy.send(b"still here")
        assert busy_server.recv(99) == b"still here"


def test_nothing_listens_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as idle:
        monkeypatch.setattr(sockets, "_own", lambda: iter([idle]))
        assert not sockets.narrow()


def test_no_descriptor_is_left_open(listening: socket.socket) -> None:
    assert sockets.FILES
    before = len(list(sockets.FILES.iterdir()))
    for _ in range(3):
        sockets.narrow()
        sockets.reset({("127.0.0.1", 1)})
    assert len(list(sockets.FILES.iterdir())) == before
