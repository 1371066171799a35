"""The signer: a process of its own that holds the epoch keys and evaluates what it cannot read. No Django, no database.

    granian --interface wsgi accounts.discovery.signer:application

    GET    /livez
    PUT    /epochs/{number}         make the keys if there are none; answers both public keys (32 bytes each)
    DELETE /epochs/{number}         destroy the keys
    POST   /epochs/{number}/tags    up to 1,000 elements of 32 bytes; answers as many, and a proof of 64 bytes
    POST   /epochs/{number}/leaves  the same with the other key

Clients have tags made for whom they know, but leaves are made for a number that was just proved alone: so whoever sees
a leaf of the tree of transparency cannot test numbers against it.

All but /livez need ``Authorization: Bearer <token>``. It never sees a number or a tag, keeps no log of what it
evaluates, and limits how much it evaluates in an hour, so that a web tier gone bad cannot work through all numbers.
"""

import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from accounts.discovery import voprf
from socialvideo.lib import env

MAX_ELEMENTS = 1000
MAX_BYTES = MAX_ELEMENTS * voprf.ELEMENT
HOUR_S = 3600
SEED = 32
USES = ("tags", "leaves")
PLACE = re.compile(r"/epochs/([1-9][0-9]{0,8})(?:/(tags|leaves))?")

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], object]
Answer = tuple[str, bytes]

NOT_FOUND: Answer = ("404 Not Found", b"")
OK = "200 OK"


class Keys:
    """What the keys of the epochs are derived from: 32 bytes a file, mode 0600, in a folder that no other needs."""

    def __init__(self, folder: Path) -> None:
        """Keep the keys in ``folder``; nothing is made yet."""
        self.folder = folder

    def make(self, number: int) -> bytes:
        """Return the public keys of an epoch, for tags and for leaves; the first call makes them."""
        seed = env.kept(self._file(number), secrets.token_bytes(SEED))
        return b"".join(voprf.public_key(voprf.derive_key(seed, use.encode())) for use in USES)

    def read(self, number: int, use: str) -> int | None:
        """Return the secret key of an epoch for one of the USES; None when there is none."""
        try:
            return voprf.derive_key(self._file(number).read_bytes(), use.encode())
        except FileNotFoundError:
            return None

    def destroy(self, number: int) -> None:
        """Remove both secret keys: what they made can be neither made nor tested again."""
        self._file(number).unlink(missing_ok=True)

    def _file(self, number: int) -> Path:
        return self.folder / f"epoch-{number}.seed"


class Limit:
    """At most ``quota`` elements in an hour, counted in this process."""

    def __init__(self, quota: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with the whole quota."""
        self.quota, self.clock = quota, clock
        self._window, self._used, self._lock = 0, 0, threading.Lock()

    def take(self, count: int) -> bool:
        """Take ``count`` elements out of this hour's quota; False, and nothing taken, when they are not left."""
        with self._lock:
            window = int(self.clock() // HOUR_S)
            if window != self._window:
                self._window, self._used = window, 0
            if self._used + count > self.quota:
                return False
            self._used += count
            return True


class Signer:
    """The WSGI application."""

    def __init__(self, keys: Keys, token: str, limit: Limit) -> None:
        """Serve these keys to whoever holds the token."""
        self.keys, self.token, self.limit = keys, token, limit

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one request."""
        status, body = self.answer(environ)
        start(status, [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(body)))])
        return [body]

    def answer(self, environ: Environ) -> Answer:
        """Return status and body."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if (method, path) == ("GET", "/livez"):
            return OK, b"alive\n"
        sent = str(environ.get("HTTP_AUTHORIZATION", "")).encode("latin-1", "replace")
        if not hmac.compare_digest(sent, f"Bearer {self.token}".encode()):
            return "401 Unauthorized", b""
        place = PLACE.fullmatch(path)
        if place is None:
            return NOT_FOUND
        match method, place.group(2):
            case "PUT", None:
                return OK, self.keys.make(int(place.group(1)))
            case "DELETE", None:
                self.keys.destroy(int(place.group(1)))
                return "204 No Content", b""
            case "POST", ("tags" | "leaves") as use:
                return self._evaluate(int(place.group(1)), use, environ)
        return "405 Method Not Allowed", b""

    def _evaluate(self, number: int, use: str, environ: Environ) -> Answer:
        length = str(environ.get("CONTENT_LENGTH") or "0")
        size = int(length) if length.isascii() and length.isdigit() and len(length) < 9 else 0
        if not 0 < size <= MAX_BYTES or size % voprf.ELEMENT:
            return "413 Content Too Large", b"1 to 1,000 elements of 32 bytes"
        content = environ["wsgi.input"].read(size)
        secret = self.keys.read(number, use)
        if secret is None:
            return NOT_FOUND
        elements = voprf.pieces(content)
        if not self.limit.take(len(elements)):
            return "429 Too Many Requests", b""
        try:
            evaluation = voprf.evaluate(secret, elements)
        except voprf.ElementWrong as error:
            return "422 Unprocessable Content", str(error).encode()
        return OK, b"".join(evaluation.elements) + evaluation.proof


@cache
def from_environment() -> Signer:
    """Return the signer that the environment describes; the same names as in the settings."""
    var = Path(env.text("VAR", "var")).resolve()
    keys = Keys(Path(env.text("DISCOVERY_KEYS", str(var / "discovery-keys"))))
    token = env.secret("DISCOVERY_SIGNER_TOKEN", var / "keys" / "discovery_signer_token")
    return Signer(keys, token, Limit(env.integer("DISCOVERY_SIGNER_HOURLY", 500_000, low=1, high=10**9)))


def application(environ: Environ, start: Start) -> Iterable[bytes]:
    """Answer one request; what granian is told to serve."""
    return from_environment()(environ, start)
