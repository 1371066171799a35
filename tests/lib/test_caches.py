"""The purge over HTTP, as a CDN gets it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.apps import apps
from pytest_django import Settings

from socialvideo.lib import caches, env

Asked = list[tuple[str, str, str, str | None]]


@contextmanager
def listening(status: int) -> Iterator[tuple[str, Asked]]:
    """A CDN that answers every purge so."""
    asked: Asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_PURGE(self) -> None:
            asked.append((self.command, self.path, self.headers["Surrogate-Key"], self.headers["Authorization"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/cache", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "taken"), [(200, True), (204, True), (403, False), (503, False)])
def test_a_cdn_is_told_the_names_and_who_we_are(settings: Settings, status: int, taken: bool) -> None:
    with listening(status) as (settings.CACHE_PURGE_URL, asked):
        settings.CACHE_PURGE_TOKEN = "secret"
        assert caches.by_http(["video:1", "person:2"]) is taken
    assert asked == [("PURGE", "/cache", "video-1 person-2", "Bearer secret")]


def test_a_cdn_that_is_away_has_not_taken_it(settings: Settings) -> None:
    settings.CACHE_PURGE_URL = "http://127.0.0.1:1"
    assert caches.by_http(["video:1"]) is False


def test_a_wildcard_is_no_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_ORIGINS", "https://app.example, http://127.0.0.1:3000")
    assert env.origins("WEB_ORIGINS") == ["https://app.example", "http://127.0.0.1:3000"]
    for wrong in ("*", "https://*.example", "https://app.example/", "app.example", "null"):
        monkeypatch.setenv("WEB_ORIGINS", wrong)
        with pytest.raises(env.SettingWrong, match="WEB_ORIGINS"):
            env.origins("WEB_ORIGINS")


def test_a_purger_that_is_not_there_stops_the_start(settings: Settings) -> None:
    lib = apps.get_app_config("lib")
    for name in ("", "socialvideo.lib.caches.by_http"):
        settings.CACHE_PURGER = name
        lib.ready()
    settings.CACHE_PURGER = "socialvideo.lib.caches.by_htp"
    with pytest.raises(ImportError):
        lib.ready()
