"""Which web pages may read our bytes: the web clients' origins (WEB_ORIGINS), by CORS. Tickets, no cookies."""

from collections.abc import Mapping

from django.conf import settings

Headers = list[tuple[bytes, bytes]]
EXPOSED = (b"access-control-expose-headers", b"accept-ranges, content-length, content-range, etag")
ASKABLE = [
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"range, if-range, if-none-match"),
    (b"access-control-max-age", b"7200"),
]
# What anybody may have: only for what is public.
ANYBODY: Headers = [(b"access-control-allow-origin", b"*"), EXPOSED]


def headers(asked: Mapping[bytes, bytes]) -> Headers:
    """Return what lets the page that asks read a private answer; only ``Vary`` if it may not. No wildcard, ever."""
    if not settings.WEB_ORIGINS:
        return []
    origin = asked.get(b"origin", b"")
    vary = (b"vary", b"origin")
    if origin.decode("latin-1") not in settings.WEB_ORIGINS:
        return [vary]
    return [vary, (b"access-control-allow-origin", origin), EXPOSED]
