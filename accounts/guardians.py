"""Guardians: an adult answers for a teenager's likeness until that one is 18. The ward invites, the adult confirms.

What rests on a guardianship belongs to consent, above this room: GUARDIANSHIP_HANDLERS end it in the same commit.
"""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from accounts import notices, rules
from accounts.models import Guardianship, Person
from accounts.notices import Told
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem


class GuardianshipHandler(Protocol):
    """What a dotted path in GUARDIANSHIP_HANDLERS names; it runs in the transaction in which one ends."""

    def __call__(self, *, ward_id: UUID, of_age: bool) -> None:
        """End what rests on the guardian's word."""
        ...


def invite(*, ward: Person, guardian: Person) -> Guardianship:
    """Ask an adult to be one's guardian. 422 for an adult or for oneself, 409 while one is invited or stands."""
    if not rules.is_teen(ward.birth_date, database_now().date()):
        raise Problem(422, "of_age", "You are of age: nobody needs to confirm what you grant.")
    if ward.pk == guardian.pk:
        raise Problem(422, "guardian_oneself", "Nobody is their own guardian.")
    try:
        with transaction.atomic():
            link = Guardianship.objects.create(ward=ward, guardian=guardian)
            invited = notices.Kind.GUARDIAN_INVITED
            notices.tell(kind=invited, recipient_id=guardian.id, actor_id=ward.id, thing_id=link.id)
    except IntegrityError as error:
        raise Problem(409, "guardian_stands", "You have a guardian, or invited one. End that first.") from error
    return link


def confirm(*, guardian: Person, guardianship_id: UUID) -> Guardianship:
    """Become the guardian of who invited one. 404; 422 for who is not of age. Repeating it changes nothing."""
    link = _open(guardian).filter(id=guardianship_id, guardian=guardian).first()
    if link is None:
        raise _unknown()
    if rules.is_teen(guardian.birth_date, database_now().date()):
        raise Problem(422, "guardian_under_age", "A guardian is of age.")
    Guardianship.objects.filter(id=link.id, ended_at=None, confirmed_at=None).update(confirmed_at=Now())
    return find(guardian, guardianship_id)


def leave(*, person: Person, guardianship_id: UUID) -> None:
    """End a guardianship from either side, or turn an invitation down, and with it all that rests on it. 404."""
    with transaction.atomic(durable=True):
        _end(find(person, guardianship_id), of_age=False)


def leave_all(guardian: Person) -> None:
    """End all guardianships of a guardian, in the caller's transaction, which holds the wards' locks."""
    for link in _open(guardian).filter(guardian=guardian):
        _end(link, of_age=False)


def part_all(person: Person) -> None:
    """End all guardianships on either side of who leaves, in the caller's transaction, which holds the wards' locks."""
    for link in _open(person):
        _end(link, of_age=False)


def ward_ids(guardian_id: UUID) -> set[UUID]:
    """Return for whom this person answers, or was asked to."""
    return set(Guardianship.objects.filter(guardian=guardian_id, ended_at=None).values_list("ward", flat=True))


def of_person(person: Person) -> QuerySet[Guardianship]:
    """Return the guardianships that stand or are offered, on either side."""
    return _open(person)


def find(person: Person, guardianship_id: UUID) -> Guardianship:
    """Return one of them, else the 404 problem."""
    link = _open(person).filter(id=guardianship_id).first()
    if link is None:
        raise _unknown()
    return link


def guardian_of(ward: Person) -> Person | None:
    """Return who answers for this person, if somebody confirmed that they do."""
    link = Guardianship.objects.filter(ward=ward, ended_at=None, confirmed_at__isnull=False)
    found = link.select_related("guardian").first()
    return found.guardian if found else None


def open_of(ward: Person) -> UUID | None:
    """Return the id of the guardianship that stands for this person, or that they offered."""
    return Guardianship.objects.filter(ward=ward, ended_at=None).values_list("id", flat=True).first()


def ward_of(guardian: Person, guardianship_id: UUID) -> Person:
    """Return for whom this person answers by this guardianship, now; else the 404 problem."""
    link = find(guardian, guardianship_id)
    minor = rules.is_teen(link.ward.birth_date, database_now().date())
    if link.guardian_id != guardian.pk or link.confirmed_at is None or not minor:
        raise _unknown()
    return link.ward


def come_of_age() -> int:
    """End the guardianships of who is 18 by the database's clock; return how many.

    Safety does not wait for it: what a guardian confirmed ends by its own time on that day.
    """
    today = database_now().date()
    # About 18 years ago; whose birthday it is the rule says.
    links = Guardianship.objects.filter(ended_at=None, ward__birth_date__lte=today - timedelta(days=18 * 365))
    grown = [
        link for link in links.select_related("ward", "guardian") if not rules.is_teen(link.ward.birth_date, today)
    ]
    for link in grown:
        with transaction.atomic(durable=True):
            _end(link, of_age=True)
    return len(grown)


def _end(link: Guardianship, *, of_age: bool) -> None:
    for dotted in settings.GUARDIANSHIP_HANDLERS:
        handler: GuardianshipHandler = import_string(dotted)
        handler(ward_id=link.ward_id, of_age=of_age)
    if Guardianship.objects.filter(id=link.id, ended_at=None).update(ended_at=Now()):
        both = (link.ward_id, link.guardian_id)
        ended = [Told(person_id, thing_id=link.id) for person_id in both]
        notices.tell_all(kind=notices.Kind.GUARDIANSHIP_ENDED, events=ended)


def _open(person: Person) -> QuerySet[Guardianship]:
    either = Q(ward=person) | Q(guardian=person)
    return Guardianship.objects.filter(either, ended_at=None).select_related("ward", "guardian")


def _unknown() -> Problem:
    return Problem(404, "not_found", "You have no guardianship of this id.")
