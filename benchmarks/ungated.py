"""The stream server without gate, ear and checks, for ``make bench`` to hold it against. Never deployed.

The same storage, reads, chunks and headers, under the same server with the same options; the kernel's own buffers.
"""

import asyncio
import os

import django
from asgiref.sync import sync_to_async

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialvideo.settings")
django.setup(set_prefix=False)

from feed import ranges, reading  # noqa: E402 (Django must be set up before)
from feed.ranges import Span  # noqa: E402
from feed.reading import Reader  # noqa: E402
from feed.sending import CHUNK, Exchange, Receive, Scope, Send  # noqa: E402

_open = sync_to_async(reading.opened, thread_sensitive=False)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer /livez, and send any stored file, or a range of it."""
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
    source = await _open(name, None)
    with source:
        wanted = dict(exchange.scope["headers"]).get(b"range", b"").decode()
        part = ranges.parse(wanted, source.size)
        span = part or Span(0, source.size, source.size)
        extra = [(b"etag", b'"x"'), (b"accept-ranges", b"bytes"), (b"content-range", span.content_range.encode())]
        reader = Reader(source, span, CHUNK)
        left = span.length
        await exchange.begin(206 if part else 200, "video/mp4", left, extra)
        leaving = asyncio.ensure_future(exchange.left())
        while left and not leaving.done():
            chunk = await reader.read(min(CHUNK, left))
            left -= len(chunk)
            await exchange.send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
        leaving.cancel()
