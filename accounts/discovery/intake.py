"""Contacts wait here, in memory, from the reply to the next tick, so that no reply depends on who is a member.

Looking up and storing takes longer the more of the contacts are members. It is done by a thread of its own, at fixed
ticks, after the reply. A queue outside of this process would be a store of tags. What a kill takes along, a client
sends again with its next synchronisation.
"""

import logging
import threading
from datetime import datetime
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection

from accounts.discovery import contacts, prefixes
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024 * 1024
Place = tuple[UUID, int]
Sent = tuple[datetime, bytes]

_lock = threading.Lock()
_waiting: dict[Place, Sent] = {}
_thread: threading.Thread | None = None


def put(*, person_id: UUID, epoch: int, content: bytes) -> None:
    """Have a set of contacts looked up at the next tick; it takes the place of one that still waits."""
    sent_at = database_now()
    with _lock:
        if sum(len(waiting) for _, waiting in _waiting.values()) + len(content) > MOST_BYTES:
            raise Problem(503, "discovery_unavailable", "Try again in a minute.", headers={"Retry-After": "60"})
        _waiting[person_id, epoch] = sent_at, content
    if settings.DISCOVERY_INTAKE_SECONDS:
        _ensure_thread()


def drain() -> None:
    """Look up and store what waits; what could not be stored waits again, unless something newer does."""
    while taken := _next():
        (person_id, epoch), (sent_at, content) = taken
        wanted = prefixes.decode(content, limit=contacts.LIMIT)
        try:
            contacts.replace(person_id=person_id, epoch=epoch, wanted=wanted, sent_at=sent_at)
        except (DatabaseError, psycopg.Error):
            with _lock:
                _waiting.setdefault((person_id, epoch), (sent_at, content))
            raise


def _next() -> tuple[Place, Sent] | None:
    with _lock:
        first = next(iter(_waiting), None)
        return (first, _waiting.pop(first)) if first else None


def _ensure_thread() -> None:
    global _thread
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_tick, name="discovery-intake", daemon=True)
            _thread.start()


def _tick() -> None:
    pause = threading.Event()
    while not pause.wait(settings.DISCOVERY_INTAKE_SECONDS):
        try:
            drain()
        except (DatabaseError, psycopg.Error) as error:
            log.warning("contacts could not be stored yet: %s", type(error).__name__)
        finally:
            connection.close()
