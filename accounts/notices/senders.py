"""What brings a push to a browser. ``PUSH_SENDER`` names one of these, or a function of your own."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR, create_connection, socket
from threading import Timer
from typing import Protocol

from accounts.notices import addresses, encryption, vapid
from accounts.notices.addresses import Place

log = logging.getLogger(__name__)
# Seconds for one wait, and for all of it: a server that sends a byte now and then would hold a worker for hours.
WAIT_S, ALL_S = 4, 6
TTL_S = 86_400


class Outcome(StrEnum):
    """What became of a push."""

    SENT = "sent"
    GONE = "gone"
    """The browser has unsubscribed: never again."""
    LATER = "later"
    REFUSED = "refused"
    """It will not be taken however often it is sent."""


@dataclass(frozen=True)
class Push:
    """One message to one browser."""

    endpoint: str
    public_key: bytes
    secret: bytes
    content: bytes
    topic: str
    """At most 32 of base64url. What waits at the push service under the same topic is replaced (RFC 8030, 5.4)."""


@dataclass(frozen=True)
class Answer:
    """What a sender reports."""

    outcome: Outcome
    retry_after: timedelta | None = None


class Sender(Protocol):
    """What PUSH_SENDER names."""

    def __call__(self, push: Push) -> Answer:
        """Bring the push there. Raises nothing."""
        ...


def console(push: Push) -> Answer:
    """Write what would be pushed to the log of this process: for development."""
    log.info("push: %s", push.content.decode())
    return Answer(Outcome.SENT)


def web(push: Push) -> Answer:
    """Send it by web push (RFC 8030), encrypted for the browser. No redirect is followed."""
    place = addresses.parse(push.endpoint)
    if place is None:
        return Answer(Outcome.REFUSED)
    try:
        body = encryption.encrypt(push.content, public_key=push.public_key, secret=push.secret)
        with _connected(place) as connection:
            connection.request("POST", place.path, body, _headers(place, push))
            return _read(connection.getresponse())
    except encryption.KeyWrong:
        return Answer(Outcome.REFUSED)
    except (OSError, HTTPException) as error:
        # Where it should have gone is a secret that only the browser and its push service know.
        log.warning("a push to %s failed: %s", place.host, type(error).__name__)
        return Answer(Outcome.LATER)


def _headers(place: Place, push: Push) -> dict[str, str]:
    return {
        "Authorization": vapid.authorization(place.origin),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_S),
        "Topic": push.topic,
        "Urgency": "normal",
        "Connection": "close",
    }


@contextmanager
def _connected(place: Place) -> Iterator[HTTPConnection]:
    """A connection to the address that was looked up and judged, which ends after ALL_S whatever happens on it."""
    plain = create_connection((addresses.resolve(place), place.port), timeout=WAIT_S)
    # Its own handle of the same connection: TLS takes the other one over.
    handle = plain.dup()
    deadline = Timer(ALL_S, _hang_up, [handle])
    deadline.daemon = True
    deadline.start()
    connection = HTTPConnection(place.host, place.port, timeout=WAIT_S)
    try:
        connection.sock = plain
        if place.scheme == "https":
            connection = HTTPSConnection(place.host, place.port, timeout=WAIT_S)
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=place.host)
        yield connection
    finally:
        deadline.cancel()
        connection.close()
        plain.close()
        handle.close()


def _hang_up(connection: socket) -> None:
    with suppress(OSError):  # it has ended by itself
        connection.shutdown(SHUT_RDWR)


def _read(response: HTTPResponse) -> Answer:
    if 200 <= response.status < 300:
        return Answer(Outcome.SENT)
    if response.status in (404, 410):
        return Answer(Outcome.GONE)
    if response.status in (408, 429) or response.status >= 500:
        asked = response.headers.get("Retry-After", "")
        seconds = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else None
        return Answer(Outcome.LATER, timedelta(seconds=seconds) if seconds is not None else None)
    log.warning("a push service refused a push with %s", response.status)
    return Answer(Outcome.REFUSED)
