"""A browser that subscribes to push, a push service on a port of its own, and telling people things."""

import base64
import hmac
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection

from accounts import auth, notices
from accounts.models import Person, PushSubscription
from accounts.notices import inbox, subscriptions


def b64(raw: bytes) -> str:
    """Bytes as web push writes them."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """And read again."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """The other end of RFC 8291, written apart from ours."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def public(self) -> bytes:
        """Its public key, 65 bytes."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def keys(self) -> dict[str, str]:
        """As PushSubscription.toJSON() has them."""
        return {"p256dh": b64(self.public), "auth": b64(self.secret)}

    def decrypt(self, body: bytes) -> bytes:
        """What a push says; fails if it was not encrypted for this browser."""
        salt, size, theirs = body[:16], body[20], body[21 : 21 + body[20]]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        extracted = _hmac(self.secret, shared)
        keying = _expand(extracted, b"WebPush: info\0" + self.public + theirs, 32)
        root = _hmac(salt, keying)
        key = _expand(root, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _expand(root, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, body[21 + size :], None)
        plain, mark = padded.rstrip(b"\0")[:-1], padded.rstrip(b"\0")[-1:]
        assert mark == b"\x02"
        return plain


@dataclass
class Received:
    """One request that a push service got."""

    path: str
    headers: dict[str, str]
    body: bytes


class Quiet(ThreadingHTTPServer):
    """Says nothing of clients that hang up."""

    def handle_error(self, *_: Any) -> None:
        """Nothing."""


class PushService:
    """A push service on this machine, which answers as it is told and keeps what it got."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.status, self.hangs = 201, threading.Event()
        self.headers: dict[str, str] = {}
        self.hangs.set()
        self.server = Quiet(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        """An endpoint of it."""
        return f"http://127.0.0.1:{self.server.server_port}/push/secret"

    def says(self, browser: Browser) -> list[dict[str, Any]]:
        """What the browser read."""
        return [orjson.loads(browser.decrypt(one.body)) for one in self.received]

    def _handler(service: "PushService") -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.received.append(Received(self.path, dict(self.headers), body))
                service.hangs.wait(60)
                self.send_response(service.status)
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[PushService]:
    """Run a push service."""
    service = PushService(tls)
    thread = threading.Thread(target=service.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.hangs.set()
        service.server.shutdown()
        service.server.server_close()
        thread.join()


def subscribed(person: Person, browser: Browser, endpoint: str) -> PushSubscription:
    """Subscribe a browser in a session of its own."""
    _, session = auth.begin(person=person, device="browser")
    return subscriptions.subscribe(session=session, endpoint=endpoint, **browser.keys)


def told(recipient: Person, actor: Person | None = None, kind: notices.Kind = notices.Kind.FOLLOWED) -> None:
    """Tell somebody something."""
    notices.tell(kind=kind, recipient_id=recipient.id, actor_id=actor.id if actor else None)


def shown(person: Person) -> list[dict[str, Any]]:
    """A person's inbox."""
    return [row.body for row in inbox.page(person, after=None, limit=100)]


def texts(person: Person) -> list[str]:
    """What it says."""
    return [row["text"] for row in shown(person)]


def ids(person: Person) -> list[UUID]:
    """Of which notices."""
    return [row["id"] for row in shown(person)]


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls at once, each on a connection of its own; what they returned."""

    def ran(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(ran, calls))


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _expand(root: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(SHA256(), length, info).derive(root)
