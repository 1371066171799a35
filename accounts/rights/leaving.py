"""Leaving: in one commit the account is shut and out of sight, and what others could do with its person has ended.

Likeness, grants, sessions, guardianships and discovery end at once and for good. What remains (name, profile, whom one
follows) is erased when the days of grace are over, and until then the mail's token brings it back.
"""

import secrets
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from accounts import auth, guardians, mail, sessions
from accounts.discovery import enrolments
from accounts.mail import Kind
from accounts.models import Departure, Person, Session
from accounts.rights import erasers, exports
from socialvideo.lib import bus, queue
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem, invalid

ERASE = "accounts.rights.tasks.erase"


class LeavingHandler(Protocol):
    """What a dotted path in LEAVING_HANDLERS names; it runs first in the transaction in which a person leaves."""

    def __call__(self, *, person_id: UUID) -> None:
        """End what rests on this person, who is still there."""
        ...


def leave(*, person: Person, at_once: bool = False) -> tuple[str, Departure]:
    """Shut the account; return the token by which its person reads the erasure report, and the departure.

    ``at_once``: without days of grace, as for who never proved an address. 409 for staff, whose role ends first.
    """
    if person.is_staff:
        raise Problem(409, "staff_stays", "Staff do not leave by themselves: an operator takes the role away first.")
    token = secrets.token_urlsafe(32)
    with transaction.atomic(durable=True):
        removed = erasers.counted(person.id)
        for dotted in settings.LEAVING_HANDLERS:
            handler: LeavingHandler = import_string(dotted)
            handler(person_id=person.id)
        enrolments.opt_out(person=person)
        guardians.part_all(person)
        _shut(person)
        departure = _written(person, token, removed, grace=not at_once and person.verified_at is not None)
    return token, departure


def cancel(*, token: str) -> None:
    """Open the account again by the token of the mail. 422 once it is used or the days of grace are over."""
    with transaction.atomic():
        row = mail.redeem(token, Kind.KEEP)
        waiting = Departure.objects.filter(person=row.person, steps=[], cancelled_at=None)
        if not waiting.filter(erase_at__gt=Now()).update(cancelled_at=Now()):
            raise invalid("/token", "token_unusable", "This account is being erased: it is too late to keep it.")
        Person.objects.filter(id=row.person_id).update(is_active=True)


def hasten(departure: Departure) -> None:
    """End the days of grace now."""
    now = database_now()
    Departure.objects.filter(id=departure.id, steps=[]).update(erase_at=now, due_at=now)


def find(*, token: str) -> Departure:
    """Return the departure that the token is of; else the 404 problem."""
    row = Departure.objects.filter(token_digest=auth.digest(token)).first()
    if row is None:
        raise Problem(404, "not_found", "This token is of no departure.")
    return row


def _shut(person: Person) -> None:
    """Let nobody in any more, and cut what plays."""
    Person.objects.filter(id=person.id).update(is_active=False)
    mail.void(person, Kind.VERIFY, Kind.CHANGE, Kind.RESET)
    sessions.end(Session.objects.filter(person=person))
    exports.void(person.id)
    bus.announce("person", [person.id])


def _written(person: Person, token: str, removed: erasers.Counts, *, grace: bool) -> Departure:
    now = database_now()
    erase_at = now + timedelta(days=settings.DELETION_GRACE_DAYS if grace else 0)
    made = Departure.objects.create(
        person=person,
        token_digest=auth.digest(token),
        left_at=now,
        erase_at=erase_at,
        due_at=erase_at,
        removed=removed,
    )
    if erase_at > now:
        mail.post_until(person=person, kind=Kind.KEEP, expires_at=erase_at)
    else:
        queue.wake(ERASE, departure_id=str(made.id))
    return made
