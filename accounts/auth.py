"""Opaque bearer sessions: a random token whose SHA-256 is a row, so that a session can be ended at once."""

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from accounts import devices, factors, lockout, notices, sessions, standing
from accounts.models import Person, Session
from socialvideo.lib.clock import wall_now
from socialvideo.lib.errors import Problem
from socialvideo.lib.prepared import Columns, Statement

if TYPE_CHECKING:  # at run time DRF's views are still being imported when they ask for this module
    from rest_framework.views import APIView

# Hashed for an unknown handle too, so that the time of a refusal does not tell whether the account exists.
NOBODY = make_password(secrets.token_urlsafe(16))
# How exact "last seen" is: a session's row is written at most so often.
SEEN_EVERY = timedelta(minutes=5)

_SESSION, _PERSON = Columns(Session, but=["token_digest"]), Columns(Person)
# As ``_live`` says it.
_BY_TOKEN = Statement(f"""SELECT {_SESSION.sql("s")}, {_PERSON.sql("p")}
    FROM accounts_session s JOIN accounts_person p ON p.id = s.person_id
    WHERE s.token_digest = %(digest)s AND s.ended_at IS NULL AND s.expires_at > statement_timestamp()
    AND {standing.good_sql("p")}""")


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
        _seen(session)
        return session.person, session

    def authenticate_header(self, request: Request) -> str:
        """Return the scheme that a 401 names."""
        return "Bearer"


class MayAct(IsAuthenticated):
    """Whoever is signed in may look; who acts has proved their e-mail address.

    A view whose ``unverified_may`` names a method lets everybody do that: their own account, and ending things.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return whether the person is signed in; 403 for one who acts and is not verified."""
        if not super().has_permission(request, view):
            return False
        free = request.method in SAFE_METHODS or request.method in getattr(view, "unverified_may", ())
        if not free and signed_in(request).verified_at is None:
            detail = "Confirm your e-mail address first. PUT /api/v1/me/email-verifications sends the mail again."
            raise Problem(403, "email_unverified", detail)
        return True


def digest(token: str) -> bytes:
    """Return what is stored of ``token``."""
    return hashlib.sha256(token.encode()).digest()


def find_session(token: str) -> Session | None:
    """Return the live session of ``token`` with its person. Every request asks: one prepared statement."""
    for row in _BY_TOKEN.rows(digest=digest(token)):
        session = _SESSION.instance(row[: len(_SESSION)])
        session.person = _PERSON.instance(row[len(_SESSION) :])
        return session
    return None


def session_is_live(session_id: UUID, *, of: UUID | None = None) -> bool:
    """Tell whether a session still stands (streams die with theirs), and is this person's."""
    mine = {"person": of} if of else {}
    return _live().filter(id=session_id, **mine).exists()


def log_in(
    *, handle: str, password: str, device: str, address: str = "", device_token: str = ""
) -> tuple[str, Session]:
    """Begin a session; return the token, shown this once, and the session.

    401 when handle or password is wrong, and with ``second_factor_needed`` when a code must follow; 403 while
    suspended; 429 after too many failures.
    """
    handle = handle.lower()
    person = Person.objects.filter(handle=handle).first()
    known = devices.known(person, device_token) if person else None
    buckets = lockout.for_log_in(handle=handle, address=address, device=known)
    lockout.count(buckets)
    right = check_password(password, person.password if person else NOBODY)
    if person is None or not right or not person.is_active:
        raise Problem(401, "wrong_credentials", "Handle or password is wrong.", headers={"WWW-Authenticate": "Bearer"})
    lockout.forget(buckets)
    standing.require(person)
    if factors.are_needed(person):
        raise factors.needed(person, is_known=known is not None)
    return _begin_there(person=person, device=device, is_known=known is not None)


def log_in_with_code(*, half_session: str, code: str, device: str) -> tuple[str, Session]:
    """Begin the session that was waiting for its second factor; 401 for a wrong code, 429 after too many."""
    person, is_known = factors.begun(half_session)
    factors.check(person, code)
    standing.require(person)
    return _begin_there(person=person, device=device, is_known=is_known)


def begin(*, person: Person, device: str) -> tuple[str, Session]:
    """Begin a session of somebody who has proved who they are; return its token and the session."""
    token = secrets.token_urlsafe(32)
    expires_at = wall_now() + timedelta(days=settings.SESSION_DAYS)
    session = Session.objects.create(person=person, token_digest=digest(token), device=device, expires_at=expires_at)
    return token, session


def _begin_there(*, person: Person, device: str, is_known: bool) -> tuple[str, Session]:
    """Begin a session, and tell its person if it is not their first and nobody knows the device."""
    with transaction.atomic():
        is_news = not is_known and Session.objects.filter(person=person).exists()
        token, session = begin(person=person, device=device)
        if is_news:
            notices.tell(kind=notices.Kind.SIGNED_IN, recipient_id=person.id, thing_id=session.id)
    return token, session


def confirm(*, session: Session, password: str, code: str) -> None:
    """Prove in a running session that one is still oneself, by what a log-in takes. 401, 429."""
    person, buckets = session.person, [lockout.confirmation(session.id)]
    lockout.count(buckets)
    if not check_password(password, person.password):
        raise Problem(401, "wrong_credentials", "The password is wrong.", headers={"WWW-Authenticate": "Bearer"})
    lockout.forget(buckets)
    if factors.are_needed(person):
        factors.check(person, code)
    refresh(session)


def refresh(session: Session) -> None:
    """Note that the session's person has just proved who they are."""
    Session.objects.filter(id=session.id).update(authenticated_at=Now())


def require_fresh(session: Session) -> None:
    """Return if its person has proved who they are within FRESH_SECONDS; else the 403 problem."""
    if wall_now() - session.authenticated_at > timedelta(seconds=settings.FRESH_SECONDS):
        detail = "This changes how you log in. Confirm that it is you at PUT /api/v1/me/confirmation, then try again."
        raise Problem(403, "confirmation_needed", detail)


def log_out(*, person: Person, session_id: UUID) -> bool:
    """End one of the person's sessions, and what it is playing; False if there is none of that id."""
    return bool(sessions.end(Session.objects.filter(id=session_id, person=person)))


def log_out_everywhere(*, person: Person, but: UUID | None = None) -> int:
    """End all of the person's sessions, save one; return how many."""
    theirs = Session.objects.filter(person=person)
    return sessions.end(theirs.exclude(id=but) if but else theirs)


def sessions_of(person: Person) -> QuerySet[Session]:
    """Return where the person is signed in now."""
    return _live().filter(person=person)


def signed_in(request: Request) -> Person:
    """Return who makes the request; only for views that demand a session."""
    return cast(Person, request.user)


def session_of(request: Request) -> Session:
    """Return the session of the request; only for views that demand one."""
    return cast(Session, request.auth)


def fresh_session(request: Request) -> Session:
    """Return the session of the request; the 403 problem unless its person proved lately who they are."""
    session = session_of(request)
    require_fresh(session)
    return session


def _seen(session: Session) -> None:
    if wall_now() - session.last_seen_at > SEEN_EVERY:
        Session.objects.filter(id=session.id).update(last_seen_at=Now())


def _live() -> QuerySet[Session]:
    live = Session.objects.select_related("person").filter(standing.good("person__"))
    return live.filter(ended_at=None, expires_at__gt=Now())
