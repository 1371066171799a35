"""Ports and answers on this machine."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from socialvideo.embedded import ports


class Door(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        return


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a small HTTP server."""
    with http.server.ThreadingHTTPServer((ports.LOOPBACK, 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_port_is_free_until_somebody_listens() -> None:
    number = ports.free_port()
    assert ports.is_free(number)
    with socket.create_server((ports.LOOPBACK, number)):
        assert not ports.is_free(number)
    assert ports.is_free(number)


def test_a_port_in_time_wait_counts_as_free() -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        number = server.getsockname()[1]
        with socket.create_connection((ports.LOOPBACK, number)) as client:
            kept, _ = server.accept()
            # Who closes first is left in TIME_WAIT.
            kept.close()
            assert client.recv(1) == b""
    assert ports.is_free(number)


def test_any_answer_but_a_server_error_counts(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert ports.answers(f"http://127.0.0.1:{port}/200")
    assert ports.answers(f"http://127.0.0.1:{port}/404")
    assert not ports.answers(f"http://127.0.0.1:{port}/503")


def test_waiting_for_an_answer_ends(port: int) -> None:
    ports.wait_http(f"http://127.0.0.1:{port}/200", 5)
    with pytest.raises(TimeoutError, match=r"did not answer in 0\.2 s"):
        ports.wait_http(f"http://127.0.0.1:{ports.free_port()}/", 0.2)
