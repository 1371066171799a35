"""Erasing what is of somebody who left: counted, removed, counted again, told to them, and then their name, too.

Each step is a transaction of its own that holds the departure's row, and does no harm when it is repeated: a worker
that is killed is followed by another, which goes on where the row says.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import handles
from accounts.letters import farewell
from accounts.models import Departure, Person
from accounts.rights import erasers
from accounts.rights.erasers import Eraser
from accounts.rights.leaving import ERASE
from socialvideo.lib import queue
from socialvideo.lib.clock import rfc3339

log = logging.getLogger(__name__)
COUNTED, TOLD, NAME = "counted", "told", "name"
AGAIN, ATTEMPTS = timedelta(seconds=30), 8
# Longer than any request takes.
LATE = timedelta(minutes=5)
# What is left of a person: nothing that anybody could know them by. What is not named here stays as it is.
BLANK: dict[str, Any] = {
    "email": "",
    "display_name": "",
    "bio": "",
    "pronouns": "",
    "links": [],
    "password": "!",
    "picture": "",
    "picture_side": 0,
    "picture_blurhash": "",
    "birth_date": None,
    "last_login": None,
    "verified_at": None,
    "suspended_until": None,
    "is_private": True,
    "is_active": False,
}


class NotErased(Exception):
    """A step is done and something of its kinds is still there."""


def run(departure_id: UUID) -> bool:
    """Erase what is due; return whether it is finished. Nothing if another worker is at it, or if it was cancelled."""
    if not _counted(departure_id):
        return False
    for name, eraser in erasers.all_of_them().items():
        if not _step(departure_id, name, eraser):
            return False
    return _told(departure_id) and _unnamed(departure_id)


def sweep() -> int:
    """Wake a worker for each departure that is due, and erase what came late; return how many are due."""
    _erase_late()
    ids = list(_due().values_list("id", flat=True)[:500])
    for departure_id in ids:
        queue.wake(ERASE, departure_id=str(departure_id))
    return len(ids)


def _erase_late() -> None:
    """Erase what requests that were under way when somebody left have written after all was erased."""
    lately = Departure.objects.filter(finished_at__gt=Now() - LATE)
    for person_id in lately.values_list("person", flat=True):
        for eraser in erasers.all_of_them().values():
            if any(eraser.count(person_id).values()):
                eraser.erase(person_id)
        Person.objects.filter(id=person_id).update(**BLANK)


def report(departure: Departure) -> dict[str, Any]:
    """Return the erasure report: kinds and numbers, and nothing of the person."""
    return {
        "state": departure.state,
        "left_at": departure.left_at,
        "erase_at": departure.erase_at,
        "erased_at": departure.finished_at,
        "removed": _removed(departure) if departure.finished_at else [],
        "kept": departure.kept if departure.finished_at else [],
    }


def _removed(departure: Departure) -> list[dict[str, Any]]:
    return [{"what": what, "count": count} for what, count in sorted(departure.removed.items())]


@contextmanager
def _held(departure_id: UUID) -> Iterator[Departure | None]:
    """Hold the departure for one step; None if it is not due, or somebody else holds it."""
    with transaction.atomic(durable=True):
        yield _due().select_for_update(skip_locked=True).filter(id=departure_id).first()


def _due() -> QuerySet[Departure]:
    open_ones = Departure.objects.filter(cancelled_at=None, finished_at=None)
    return open_ones.filter(erase_at__lte=Now(), due_at__lte=Now())


def _counted(departure_id: UUID) -> bool:
    with _held(departure_id) as row:
        if row and COUNTED not in row.steps:
            for what, count in erasers.counted(row.person_id).items():
                row.removed[what] = max(count, row.removed.get(what, 0))
            row.kept = _kept(row.person_id)
            row.steps.append(COUNTED)
            row.save(update_fields=["removed", "kept", "steps"])
        return row is not None


def _kept(person_id: UUID) -> list[dict[str, Any]]:
    kept = [kept for eraser in erasers.all_of_them().values() for kept in eraser.kept]
    counted = [(each, each.of(person_id).count()) for each in kept]
    return [
        {"what": str(each.model._meta.verbose_name_plural), "count": count, "why": each.why}
        for each, count in counted
        if count
    ]


def _step(departure_id: UUID, name: str, eraser: Eraser) -> bool:
    with _held(departure_id) as row:
        if row is None:
            return False
        if name not in row.steps:
            eraser.erase(row.person_id)
            if left := {what: count for what, count in eraser.count(row.person_id).items() if count}:
                raise NotErased(f"departure {departure_id}: {name} left {left}")
            row.steps.append(name)
            row.save(update_fields=["steps"])
    return True


def _told(departure_id: UUID) -> bool:
    """Send the report by mail, to an address that was proved; a mailbox that is away for hours does not keep us."""
    with _held(departure_id) as row:
        if row is None:
            return False
        if TOLD in row.steps:
            return True
        if row.person.verified_at and row.attempts < ATTEMPTS and not _sent(row):
            row.attempts += 1
            row.due_at = Now() + AGAIN * 2**row.attempts
            row.save(update_fields=["attempts", "due_at"])
            return False
        row.steps.append(TOLD)
        row.save(update_fields=["steps"])
    return True


def _sent(row: Departure) -> bool:
    lines = [f"{each['count']} {each['what']}" for each in _removed(row)]
    stays = [f"{each['count']} {each['what']}: {each['why']}" for each in row.kept]
    subject, text = farewell(row.person.handle, rfc3339(row.left_at), lines, stays)
    try:
        send_mail(subject, text, None, [row.person.email])
    except (SMTPException, OSError, ValueError) as error:
        # Not the error itself: it names the address.
        log.warning("the last letter of departure %s was not taken: %s", row.id, type(error).__name__)
        return False
    return True


def _unnamed(departure_id: UUID) -> bool:
    """Take the name away, last of all."""
    with _held(departure_id) as row:
        if row is None:
            return False
        handles.retire(row.person.handle)
        Person.objects.filter(id=row.person_id).update(handle=f"gone_{secrets.token_hex(12)}", **BLANK)
        row.steps.append(NAME)
        Departure.objects.filter(id=row.id).update(steps=row.steps, finished_at=Now())
    return True
