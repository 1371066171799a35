"""Members who may be found: they proved their number, and take it back with everything that hangs on it at once.

Whoever makes or removes an enrolment holds ``locks.MEMBERS`` alone, whoever hangs something on one holds it together
with others. So nothing is hung on an enrolment that is being removed, or on an epoch that is being emptied, and no two
wait for each other. Row locks settle the rest: a tick holds SHARE, a change of one's own contacts NO KEY UPDATE.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import psycopg
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from accounts.discovery import budgets, codes, epochs, locks, remote, sealing
from accounts.discovery.prefixes import prefix
from accounts.models import DiscoveryEnrolment, DiscoveryEpoch, DiscoveryTag, NumberCode, Person
from socialvideo.lib.errors import Problem

log = logging.getLogger(__name__)

TAG = 32
BATCH = 500
FOUND = "SELECT enrolment_id FROM accounts_discoverytag WHERE epoch_id = %s AND prefix = ANY(%s::bigint[])"
HELD = "SELECT id FROM accounts_discoveryenrolment WHERE id = ANY(%s) ORDER BY id FOR "
NOT_ENROLLED = Problem(404, "not_enrolled", "You may not be found. Prove your number with PUT /contacts/enrolment.")


class Marks(NamedTuple):
    """What stands for a number in one epoch: the tag by which contacts find it, and its leaf in the tree of roots."""

    tag: bytes
    leaf: bytes


MarksByEpoch = dict[int, Marks]


def enrol(*, person: Person, challenge: str, code: str) -> DiscoveryEnrolment:
    """Have a person be found by the number that the code proves. Whoever had that number before loses it."""
    marks = marks_of(codes.claimed(challenge))
    number = codes.redeem(challenge=challenge, code=code, purpose=codes.Purpose.ENROLMENT, person=person)
    with transaction.atomic():
        locks.alone(locks.MEMBERS)
        if not marks.keys() <= epochs.going_on():
            raise Problem(409, "epoch_over", "The keys have just changed. Ask for a new code.")
        kept = _cleared(person, marks)
        return kept or _made(person, number, marks)


def find(person: Person) -> DiscoveryEnrolment:
    """Return the enrolment of a person, else the 404 problem."""
    found = DiscoveryEnrolment.objects.filter(person=person).first()
    if found is None:
        raise NOT_ENROLLED
    return found


def require(person: Person) -> None:
    """Raise the 409 problem for who may not be found: only they can find others."""
    if not DiscoveryEnrolment.objects.filter(person=person).exists():
        raise Problem(409, "not_enrolled", "Prove your number first: only who may be found can find others.")


def opt_out(*, person: Person) -> None:
    """Remove a person's enrolment with every tag, edge in either direction, match and code. Repeating it is fine."""
    with transaction.atomic():
        locks.alone(locks.MEMBERS)
        NumberCode.objects.filter(person=person).delete()
        DiscoveryEnrolment.objects.filter(person=person).delete()


def renew() -> int:
    """Give every member the tags that they lack in an epoch that has not ended; return how many tags were made."""
    return sum(_renew(epoch) for epoch in epochs.unended())


def marks_of(number: str) -> MarksByEpoch:
    """Return the marks of a number in each epoch that has not ended; the 503 problem without the signer."""
    return {epoch.number: marks_in(epoch, [number])[0] for epoch in epochs.unended()}


def marks_in(epoch: DiscoveryEpoch, numbers: Sequence[str]) -> list[Marks]:
    """Return the marks of each number in one epoch."""
    contents = [number.encode() for number in numbers]
    tags = remote.outputs(epoch.number, remote.TAGS, bytes(epoch.public_key), contents)
    leaves = remote.outputs(epoch.number, remote.LEAVES, bytes(epoch.leaf_key), contents)
    return [Marks(tag[:TAG], leaf[:TAG]) for tag, leaf in zip(tags, leaves, strict=True)]


def number_of(enrolment: DiscoveryEnrolment) -> str | None:
    """Return the number, or None when our key did not seal it: then its person has to prove it anew."""
    try:
        return sealing.unseal(bytes(enrolment.sealed_number), purpose=b"number " + enrolment.person_id.bytes).decode()
    except sealing.Unreadable:
        log.error("the number of enrolment %s cannot be opened with DISCOVERY_NUMBER_KEY_FILE", enrolment.id)
        return None


def with_prefix(epoch: int, wanted: Sequence[int]) -> set[UUID]:
    """Return the enrolments that one of the prefixes stands for; of the others nothing is left anywhere.

    Bound by the server: in Django's own cursor the prefixes would be part of the text of the statement, which
    PostgreSQL writes into its log when it fails.
    """
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        return {row[0] for row in cursor.execute(FOUND, [epoch, list(wanted)])}


def held(ids: Iterable[UUID], strength: str) -> set[UUID]:
    """Lock enrolments ("KEY SHARE" or "SHARE") to the end of the transaction; return those that are still there."""
    with connection.cursor() as cursor:
        cursor.execute(HELD + strength, [list(ids)])
        return {row[0] for row in cursor.fetchall()}


def _cleared(person: Person, marks: MarksByEpoch) -> DiscoveryEnrolment | None:
    """Remove who had the number before, and what this person had by another number; return what may stay."""
    has = Q(*(Q(tags__epoch=epoch, tags__tag=mark.tag) for epoch, mark in marks.items()), _connector=Q.OR)
    numbered = set(DiscoveryEnrolment.objects.filter(has).values_list("id", flat=True))
    there = DiscoveryEnrolment.objects.filter(Q(id__in=numbered) | Q(person=person))
    kept = None
    for enrolment in there:
        if enrolment.person_id == person.id and enrolment.id in numbered:
            kept = enrolment
            continue
        if enrolment.person_id != person.id:
            budgets.inherit(former=enrolment.person_id, person_id=person.id)
        enrolment.delete()
    return kept


def _made(person: Person, number: str, marks: MarksByEpoch) -> DiscoveryEnrolment:
    made = DiscoveryEnrolment.objects.create(person=person, sealed_number=_sealed(person.id, number))
    DiscoveryTag.objects.bulk_create([_row(made.id, epoch, mark) for epoch, mark in marks.items()])
    made.refresh_from_db()
    return made


def _row(enrolment_id: UUID, epoch: int, mark: Marks) -> DiscoveryTag:
    return DiscoveryTag(
        enrolment_id=enrolment_id, epoch_id=epoch, tag=mark.tag, prefix=prefix(mark.tag), leaf=mark.leaf
    )


def _renew(epoch: DiscoveryEpoch) -> int:
    made, after = 0, UUID(int=0)
    tagged = DiscoveryTag.objects.filter(enrolment=OuterRef("id"), epoch=epoch)
    while batch := DiscoveryEnrolment.objects.filter(~Exists(tagged), id__gt=after).order_by("id")[:BATCH]:
        numbers = {each.id: number for each in batch if (number := number_of(each))}
        made += _tag_all(epoch, numbers)
        after = batch[len(batch) - 1].id
    return made


def _tag_all(epoch: DiscoveryEpoch, numbers: dict[UUID, str]) -> int:
    """Give enrolments that are still there the tag of their number; return how many."""
    marks = marks_in(epoch, list(numbers.values())) if numbers else []
    with transaction.atomic():
        locks.together(locks.MEMBERS)
        there = held(numbers, "KEY SHARE") if epoch.number in epochs.going_on() else set()
        rows = [_row(each, epoch.number, mark) for each, mark in zip(numbers, marks, strict=True) if each in there]
        return len(DiscoveryTag.objects.bulk_create(rows, ignore_conflicts=True))


def _sealed(person_id: UUID, number: str) -> bytes:
    return sealing.seal(number.encode(), purpose=b"number " + person_id.bytes)
