"""One person's way to the API: HTTP alone, and every answer checked."""

from pathlib import Path
from typing import Any

import httpx

from demo import terminal


class StepFailed(Exception):
    """A step of the walk did not hold; the text says which, what was expected and what came."""


class Caller:
    """A person who talks to the API under their own session."""

    def __init__(self, base: str, handle: str) -> None:
        self.handle = handle
        # No proxy of the environment stands between this machine and itself.
        self.http = httpx.Client(base_url=f"{base}/api/v1", timeout=30, trust_env=False)

    def log_in(self, password: str) -> None:
        """Begin a session; its token goes with every later request."""
        body = {"handle": self.handle, "password": password, "device": "the walk"}
        token = self.send("POST", "/sessions", 201, json=body).json()["token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, *expected: int, **request: Any) -> httpx.Response:
        """Send one request; raise StepFailed unless the status is one of those expected."""
        response = self.http.request(method, path, **request)
        if response.status_code not in expected:
            wanted = " or ".join(map(str, expected))
            raise StepFailed(
                f"{self.handle}: {method} {path} should answer {wanted}, but answered {response.status_code}:\n"
                f"{response.text[:600]}"
            )
        return response

    def step(self, method: str, path: str, expected: int, meaning: str, **request: Any) -> Any:
        """Send one request, tell it as a step, and return the body (None if there is none)."""
        response = self.send(method, path, expected, **request)
        terminal.step(self.handle, f"{method} {_short(path)}", response.status_code, meaning)
        return response.json() if response.content and "json" in response.headers["Content-Type"] else None

    def upload(self, path: str, field: str, file: Path, expected: int, meaning: str) -> Any:
        """Send a picture as a step."""
        return self.step("PUT", path, expected, meaning, files={field: (file.name, file.read_bytes(), "image/png")})


def _short(path: str) -> str:
    """Return the address with ids cut down to what the eye needs."""
    return "/".join(part[:4] + "…" + part[-4:] if len(part) == 36 else part for part in path.split("/"))
