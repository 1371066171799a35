"""The bus: ids told to every process at commit (LISTEN/NOTIFY), for what must stop at once. Tables stay the truth."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from socialvideo.lib import caches

CHANNEL = "ended"
# By what shared caches know what they keep.
CACHED = frozenset({"video", "person"})


def keys(kind: str, ids: Iterable[UUID]) -> list[str]:
    """Return what is told of these grants, sessions or videos."""
    return [f"{kind}:{one}" for one in ids]


def announce(kind: str, ids: Iterable[UUID]) -> None:
    """Tell, when the caller's transaction commits, that these have ended: grants, sessions, videos, people.

    Caches that everybody shares are told, too.
    """
    payloads = keys(kind, ids)
    if kind in CACHED:
        caches.forget(payloads)
    if payloads:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, p) FROM unnest(%s::text[]) AS p", [CHANNEL, payloads])
