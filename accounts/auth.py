"""Opaque bearer sessions: a random token whose SHA-256 is a row, so that a session can be ended at once."""

import hashlib
import secrets
from datetime import timedelta
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Person, Session
from socialvideo.lib import bus
from socialvideo.lib.clock import wall_now
from socialvideo.lib.errors import Problem

# Hashed for an unknown handle too, so that the time of a refusal does not tell whether the account exists.
NOBODY = make_password(secrets.token_urlsafe(16))


class BearerAuthentication(BaseAuthentication):
    """Reads ``Authorization: Bearer <token>``; one query."""

    def authenticate(self, request: Request) -> tuple[Person, Session] | None:
        """Return the person and their session; None without the header; 401 for a token that does not hold."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        session = find_session(words[1].decode("latin-1")) if len(words) == 2 else None
        if session is None:
            raise AuthenticationFailed
        return session.person, session

    def authenticate_header(self, request: Request) -> str:
        """Return the scheme that a 401 names."""
        return "Bearer"


def digest(token: str) -> bytes:
    """Return what is stored of ``token``."""
    return hashlib.sha256(token.encode()).digest()


def find_session(token: str) -> Session | None:
    """Return the live session of ``token`` with its person."""
    return _live().filter(token_digest=digest(token)).first()


def session_is_live(session_id: UUID) -> bool:
    """Tell whether a session still stands (streams die with theirs)."""
    return _live().filter(id=session_id).exists()


def log_in(*, handle: str, password: str, device: str) -> tuple[str, Session]:
    """Begin a session; return the token, shown this once, and the session. 401 when handle or password is wrong."""
    person = Person.objects.filter(handle=handle.lower()).first()
    right = check_password(password, person.password if person else NOBODY)
    if person is None or not right or not person.is_active:
        raise Problem(401, "wrong_credentials", "Handle or password is wrong.", headers={"WWW-Authenticate": "Bearer"})
    token = secrets.token_urlsafe(32)
    expires_at = wall_now() + timedelta(days=settings.SESSION_DAYS)
    session = Session.objects.create(person=person, token_digest=digest(token), device=device, expires_at=expires_at)
    return token, session


def log_out(*, person: Person, session_id: UUID) -> bool:
    """End one of the person's sessions, and what it is playing; False if there is none of that id."""
    with transaction.atomic():
        ended = Session.objects.filter(id=session_id, person=person, ended_at=None).update(ended_at=Now())
        bus.announce("session", [session_id] if ended else [])
    return bool(ended)


def sessions_of(person: Person) -> QuerySet[Session]:
    """Return where the person is signed in now."""
    return _live().filter(person=person)


def signed_in(request: Request) -> Person:
    """Return who makes the request; only for views that demand a session."""
    return cast(Person, request.user)


def _live() -> QuerySet[Session]:
    live = Session.objects.select_related("person")
    return live.filter(ended_at=None, expires_at__gt=Now(), person__is_active=True)
