"""The stream server without gate, ear and checks, for ``make bench`` to hold it against. Never deployed.

The same storage, reads, chunks and headers, under the same server with the same options; the kernel's own buffers.
"""

import asyncio
import os
from typing import IO

import django
from asgiref.sync import sync_to_async

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialvideo.settings")
django.setup(set_prefix=False)

from django.core.files.storage import default_storage  # noqa: E402 (Django must be set up before)

from feed.reading import Reader  # noqa: E402
from feed.sending import CHUNK, Exchange, Receive, Scope, Send  # noqa: E402


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer /livez, and send any stored file whole."""
    exchange = Exchange(scope, receive, send)
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["path"] == "/livez":
        await exchange.reply(200, "text/plain", b"", [])
    else:
        await _play(exchange, scope["path"][1:])


async def _play(exchange: Exchange, name: str) -> None:
    left, file = await sync_to_async(_opened, thread_sensitive=False)(name)
    with file:
        await exchange.begin(200, "video/mp4", left, [(b"accept-ranges", b"bytes")])
        reader = Reader(file, 0, CHUNK)
        leaving = asyncio.ensure_future(exchange.left())
        while left and not leaving.done():
            chunk = await reader.read(min(CHUNK, left))
            left -= len(chunk)
            await exchange.send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
        leaving.cancel()


def _opened(name: str) -> tuple[int, IO[bytes]]:
    return default_storage.size(name), default_storage.open(name)
