"""TCP ports of this machine, and whether a server answers on one."""

import errno
import http.client
import socket
import time
import urllib.error
import urllib.request

LOOPBACK = "127.0.0.1"
POLL_S = 0.05
FIRST_SERVER_ERROR = 500

# Without this a proxy from the environment would be asked for a page on this machine.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port(host: str = LOOPBACK) -> int:
    """Return a port of `host` that nobody listens on now; someone else may still take it first."""
    with _bound(host, 0) as bound:
        return int(bound.getsockname()[1])


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether a server could listen on `port`; connections in TIME_WAIT do not count as taken."""
    try:
        _bound(host, port).close()
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return False
        raise
    return True


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket bound as servers bind theirs."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
    except OSError:
        taken.close()
        raise
    return taken


def answers(url: str, timeout_s: float = 2.0) -> bool:
    """Ask `url` once; say whether it answered with a status below 500."""
    try:
        with _direct.open(url, timeout=timeout_s) as reply:
            return int(reply.status) < FIRST_SERVER_ERROR
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < FIRST_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False


def wait_http(url: str, timeout_s: float) -> None:
    """Wait until `url` answers with a status below 500; raises TimeoutError after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not answers(url):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{url} did not answer in {timeout_s:g} s")
        time.sleep(POLL_S)
