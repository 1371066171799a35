"""A real browser that opens a page of ours, on an origin of its own, and what the page tells of what it sees."""

import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

PAGES = Path(__file__).parent / "pages"
HLS = Path(__file__).resolve().parents[2] / "clients" / "javascript" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
QUIET += ["--disable-component-update", "--mute-audio", "--autoplay-policy=no-user-gesture-required"]

needs_browser = pytest.mark.skipif(
    CHROMIUM is None or not HLS.exists(),
    reason="needs Chromium, and hls.js (npm ci in clients/javascript)",
)


@dataclass
class Page:
    """What the open page has told so far, in order."""

    said: list[dict[str, Any]] = field(default_factory=list)

    def all(self, key: str) -> list[Any]:
        """What was told under a key."""
        return [one[key] for one in list(self.said) if key in one]

    def wait(self, true: Callable[["Page"], bool], seconds: float = 30) -> None:
        """Return when what was told makes ``true`` so."""
        deadline = time.monotonic() + seconds
        while not true(self):
            assert time.monotonic() < deadline, f"the browser told only {self.said[-5:]}"
            time.sleep(0.05)


@contextmanager
def opened(port: int, page: str, **query: str) -> Iterator[Page]:
    """Open a page of ``pages`` in the browser, from a server at ``port`` that takes what it tells."""
    told = Page()
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(told))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        address = f"http://127.0.0.1:{port}/{page}?{urlencode(query)}"
        command = [CHROMIUM or "", "--headless", "--no-sandbox", *QUIET, "--remote-debugging-port=0"]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        browser = subprocess.Popen([*command, f"--user-data-dir={profile}", address], **silent)
        try:
            yield told
        finally:
            browser.terminate()
            browser.wait(20)
            server.shutdown()
            server.server_close()


def _handler(told: Page) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.partition("?")[0].strip("/")
            file = HLS if name == "hls.js" else PAGES / name
            found = file == HLS or (file.parent == PAGES and file.is_file())
            self._answer(200 if found else 404, file.read_bytes() if found else b"", file.suffix)

        def do_POST(self) -> None:
            told.said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(200, b"", "")

        def _answer(self, status: int, body: bytes, ending: str) -> None:
            self.send_response(status)
            kinds = {".html": "text/html; charset=utf-8", ".js": "text/javascript"}
            self.send_header("Content-Type", kinds.get(ending, "text/plain"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
