"""One person's way to the API: HTTP alone, and every answer checked."""

from pathlib import Path
from typing import Any

import urllib3

from demo import terminal

HTTPError = urllib3.exceptions.HTTPError


class StepFailed(Exception):
    """A step of the walk did not hold; the text says which, what was expected and what came."""


class Caller:
    """A person who talks to the API under their own session."""

    def __init__(self, base: str, handle: str) -> None:
        self.handle = handle
        self.base = f"{base}/api/v1"
        self.headers: dict[str, str] = {}
        self.pool = urllib3.PoolManager(retries=False, timeout=30)

    def log_in(self, password: str) -> None:
        """Begin a session; its token goes with every later request."""
        body = {"handle": self.handle, "password": password, "device": "the walk"}
        token = self.send("POST", "/sessions", 201, json=body).json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, **request: Any) -> urllib3.BaseHTTPResponse:
        """Send one request, whatever it answers; ``path`` is below /api/v1, or a whole address."""
        headers = {**self.headers, **request.pop("headers", {})}
        address = path if path.startswith("http") else self.base + path
        return self.pool.request(method, address, headers=headers, **request)

    def send(self, method: str, path: str, *expected: int, **request: Any) -> urllib3.BaseHTTPResponse:
        """Send one request; raise StepFailed unless the status is one of those expected."""
        response = self.call(method, path, **request)
        if response.status not in expected:
            wanted = " or ".join(map(str, expected))
            raise StepFailed(
                f"{self.handle}: {method} {path} should answer {wanted}, but answered {response.status}:\n"
                f"{response.data[:600].decode(errors='replace')}"
            )
        return response

    def step(self, method: str, path: str, expected: int, meaning: str, **request: Any) -> Any:
        """Send one request, tell it as a step, and return the body (None if there is none)."""
        response = self.send(method, path, expected, **request)
        terminal.step(self.handle, f"{method} {_short(path)}", response.status, meaning)
        return response.json() if response.data and "json" in response.headers["Content-Type"] else None

    def upload(self, path: str, field: str, file: Path, expected: int, meaning: str) -> Any:
        """Send a picture as a step."""
        return self.step("PUT", path, expected, meaning, fields=picture(field, file))


def picture(field: str, file: Path) -> dict[str, tuple[str, bytes, str]]:
    """Return the form that carries a PNG."""
    return {field: (file.name, file.read_bytes(), "image/png")}


def _short(path: str) -> str:
    """Return the address with ids cut down to what the eye needs."""
    return "/".join(part[:4] + "…" + part[-4:] if len(part) == 36 else part for part in path.split("/"))
