"""Passwords: choosing one, and refusing those that are known to thieves."""

import hashlib
import logging
from pathlib import Path

import urllib3
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import auth, mail
from accounts.letters import Event
from accounts.models import Person, Session
from socialvideo.lib.errors import FieldError, Problem

log = logging.getLogger(__name__)
PREFIX = 5
TIMEOUT_S = 2.0


class BreachedPasswordValidator:
    """Refuses a password that was in a breach, by ranges of SHA-1 (k-anonymity): five digits are all that is asked.

    Off unless BREACHED_PASSWORDS names a folder of ranges or the address of a server that has them. When that does
    not answer, the password is taken: the list of common ones still stands.
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a breached password."""
        source: str = settings.BREACHED_PASSWORDS
        digest = hashlib.sha1(password.encode()).hexdigest().upper()  # noqa: S324 (the ranges are of SHA-1)
        if source and digest[PREFIX:] in _range(source, digest[:PREFIX]):
            raise ValidationError("This password is known from a breach.", code="password_breached")

    def get_help_text(self) -> str:
        """Return what a person is told beforehand."""
        return "Your password must not be known from a breach."


def choose(person: Person, password: str) -> None:
    """Set the password on ``person``, unsaved; 422 with every fault when it is too weak."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        faults = tuple(FieldError("/password", "password_weak", message) for message in error.messages)
        raise Problem(422, "password_weak", "Choose another password.", errors=faults) from error
    person.set_password(password)


def change(*, person: Person, password: str) -> None:
    """Store another password, sign out everywhere and tell the person, in one commit. 422 when it is too weak."""
    choose(person, password)
    with transaction.atomic():
        person.save(update_fields=["password"])
        auth.log_out_everywhere(person=person)
        mail.void(person, mail.Kind.RESET)
        mail.notify(person, Event.PASSWORD_CHANGED)


def change_here(*, session: Session, password: str) -> tuple[str, Session]:
    """Change the password in a session, which goes on under another token; return that and the new session. 422."""
    with transaction.atomic():
        change(person=session.person, password=password)
        return auth.begin(person=session.person, device=session.device)


def _range(source: str, prefix: str) -> set[str]:
    text = _fetched(f"{source.rstrip('/')}/{prefix}") if source.startswith("http") else _read(Path(source) / prefix)
    lines = (line.strip().upper().partition(":") for line in text.splitlines())
    return {digest for digest, _, times in lines if times != "0"}


def _read(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


def _fetched(address: str) -> str:
    try:
        response = urllib3.request("GET", address, timeout=TIMEOUT_S, retries=False, headers={"Add-Padding": "true"})
    except urllib3.exceptions.HTTPError as error:
        log.warning("breached passwords cannot be asked for: %s", error)
        return ""
    return response.data.decode("ascii", "replace") if response.status == 200 else ""
