"""Good standing: suspending a person ends what they do, at once; lifting it gives nothing back but the account.

``good`` for the ORM and ``GOOD`` for SQL are the one predicate by which every list asks whether a person is there.
"""

from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from accounts import guardians, mail, sessions
from accounts.letters import Event
from accounts.models import Person, Session, Suspension
from socialvideo.lib import bus
from socialvideo.lib.clock import StatementTime, database_now, rfc3339, wall_now
from socialvideo.lib.errors import Problem

FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)
GOOD = (
    "({person}.is_active AND ({person}.suspended_until IS NULL OR {person}.suspended_until <= statement_timestamp()))"
)


class SuspensionHandler(Protocol):
    """What a dotted path in SUSPENSION_HANDLERS names; it runs first in the suspension's transaction."""

    def __call__(self, *, person_id: UUID) -> None:
        """End what rests on this person being in good standing."""
        ...


def good(path: str = "") -> Q:
    """Return the condition that the person at ``path`` (as in ``author__``) is in good standing."""
    free = Q(**{f"{path}suspended_until": None}) | Q(**{f"{path}suspended_until__lte": StatementTime()})
    return Q(**{f"{path}is_active": True}) & free


def good_sql(alias: str) -> str:
    """Return the same predicate over a table of people aliased ``alias``."""
    return GOOD.format(person=alias)


def require(person: Person) -> None:
    """Return if the person is not suspended, by this machine's clock; else the 403 problem that says why."""
    if person.suspended_until is None or person.suspended_until <= wall_now():
        return
    last = Suspension.objects.filter(person=person, lifted_at=None).order_by("-id").first()
    until = "for good" if person.suspended_until >= FOR_GOOD else f"until {rfc3339(person.suspended_until)}"
    reason = f" Reason: {last.reason}" if last else ""
    raise Problem(403, "suspended", f"This account is suspended {until}.{reason}")


def suspend(*, person: Person, moderator: Person, until: datetime | None, reason: str) -> Suspension:
    """Close an account until a moment (None: for good). 422 for oneself, for staff and for the past.

    In one commit its sessions end, what they play is cut, and with every grant that the person has, gave or confirmed
    as a guardian ends what rests on it: who cannot come in could not withdraw it.
    """
    if person.pk == moderator.pk or person.is_staff:
        raise Problem(422, "suspension_impossible", "Neither oneself nor staff can be suspended.")
    with transaction.atomic(durable=True):
        for dotted in settings.SUSPENSION_HANDLERS:
            handler: SuspensionHandler = import_string(dotted)
            handler(person_id=person.id)
        end = until or FOR_GOOD
        if end <= database_now():
            raise Problem(422, "suspension_in_past", "This suspension would be over already. Choose a later time.")
        Person.objects.filter(id=person.id).update(suspended_until=end)
        guardians.leave_all(person)
        sessions.end(Session.objects.filter(person=person))
        bus.announce("person", [person.id])
        mail.notify(person, Event.SUSPENDED)
        return Suspension.objects.create(person=person, moderator=moderator, until=end, reason=reason)


def lift(*, person: Person) -> None:
    """Open the account again. What ended stays ended: sessions and grants begin anew. Repeating changes nothing."""
    with transaction.atomic():
        Person.objects.filter(id=person.id).update(suspended_until=None)
        Suspension.objects.filter(person=person, lifted_at=None).update(lifted_at=Now())
