"""Members who may be found: they proved their number, and take it back with everything that hangs on it at once.

Row locks of an enrolment, weakest first: whoever points to it holds KEY SHARE, a tick SHARE, the change of one's own
contacts NO KEY UPDATE, opting out UPDATE. So nothing is ever hung on an enrolment that is being removed.
"""

import logging
from collections.abc import Iterable, Sequence
from uuid import UUID

import psycopg
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from accounts.discovery import budgets, codes, epochs, remote, sealing
from accounts.discovery.prefixes import prefix
from accounts.models import DiscoveryEnrolment, DiscoveryEpoch, DiscoveryTag, NumberCode, Person
from socialvideo.lib.errors import Problem

log = logging.getLogger(__name__)

TAG = 32
BATCH = 500
FOUND = "SELECT enrolment_id FROM accounts_discoverytag WHERE epoch_id = %s AND prefix = ANY(%s::bigint[])"
HELD = "SELECT id FROM accounts_discoveryenrolment WHERE id = ANY(%s) ORDER BY id FOR "
Tags = dict[int, bytes]


def enrol(*, person: Person, challenge: str, code: str) -> DiscoveryEnrolment:
    """Have a person be found by the number that the code proves. Whoever had that number before loses it."""
    tags = tags_of(codes.claimed(challenge))
    number = codes.redeem(challenge=challenge, code=code, purpose=codes.Purpose.ENROLMENT, person=person)
    with transaction.atomic():
        _queue(tags)
        kept = _cleared(person, tags)
        return kept or _made(person, number, tags)


def find(person: Person) -> DiscoveryEnrolment:
    """Return the enrolment of a person, else the 404 problem."""
    found = DiscoveryEnrolment.objects.filter(person=person).first()
    if found is None:
        raise Problem(404, "not_enrolled", "You may not be found. Prove your number with PUT /contacts/enrolment.")
    return found


def require(person: Person) -> None:
    """Raise the 409 problem for who may not be found: only they can find others."""
    if not DiscoveryEnrolment.objects.filter(person=person).exists():
        raise Problem(409, "not_enrolled", "Prove your number first: only who may be found can find others.")


def opt_out(*, person: Person) -> None:
    """Remove a person's enrolment with every tag, edge in either direction, match and code. Repeating it is fine."""
    with transaction.atomic():
        NumberCode.objects.filter(person=person).delete()
        for enrolment in DiscoveryEnrolment.objects.filter(person=person).select_for_update():
            enrolment.delete()


def renew() -> int:
    """Give every member the tags that they lack in an epoch that has not ended; return how many tags were made."""
    return sum(_renew(epoch) for epoch in epochs.unended())


def tags_of(number: str) -> Tags:
    """Return the tag of a number in each epoch that has not ended; the 503 problem without the signer."""
    return {epoch.number: tags_in(epoch, [number])[0] for epoch in epochs.unended()}


def tags_in(epoch: DiscoveryEpoch, numbers: Sequence[str]) -> list[bytes]:
    """Return the tag of each number in one epoch."""
    contents = [number.encode() for number in numbers]
    return [output[:TAG] for output in remote.outputs(epoch.number, bytes(epoch.public_key), contents)]


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


def _queue(tags: Tags) -> None:
    """Have two who prove the same number at once do so one after the other."""
    with connection.cursor() as cursor:
        for tag in sorted(tags.values()):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [prefix(tag)])


def _cleared(person: Person, tags: Tags) -> DiscoveryEnrolment | None:
    """Remove who had the number before, and what this person had by another number; return what may stay."""
    has = Q(*(Q(tags__epoch=epoch, tags__tag=tag) for epoch, tag in tags.items()), _connector=Q.OR)
    numbered = set(DiscoveryEnrolment.objects.filter(has).values_list("id", flat=True))
    there = DiscoveryEnrolment.objects.filter(Q(id__in=numbered) | Q(person=person)).order_by("id")
    kept = None
    for enrolment in there.select_for_update():
        if enrolment.person_id == person.id and enrolment.id in numbered:
            kept = enrolment
            continue
        if enrolment.person_id != person.id:
            budgets.inherit(former=enrolment.person_id, person_id=person.id)
        enrolment.delete()
    return kept


def _made(person: Person, number: str, tags: Tags) -> DiscoveryEnrolment:
    made = DiscoveryEnrolment.objects.create(person=person, sealed_number=_sealed(person.id, number))
    DiscoveryTag.objects.bulk_create([_row(made.id, epoch, tag) for epoch, tag in tags.items()])
    made.refresh_from_db()
    return made


def _row(enrolment_id: UUID, epoch: int, tag: bytes) -> DiscoveryTag:
    return DiscoveryTag(enrolment_id=enrolment_id, epoch_id=epoch, tag=tag, prefix=prefix(tag))


def _renew(epoch: DiscoveryEpoch) -> int:
    made, after = 0, UUID(int=0)
    tagged = DiscoveryTag.objects.filter(enrolment=OuterRef("id"), epoch=epoch)
    while batch := DiscoveryEnrolment.objects.filter(~Exists(tagged), id__gt=after).order_by("id")[:BATCH]:
        numbers = {each.id: number for each in batch if (number := _number(each))}
        made += _tag_all(epoch, numbers)
        after = batch[len(batch) - 1].id
    return made


def _tag_all(epoch: DiscoveryEpoch, numbers: dict[UUID, str]) -> int:
    """Give enrolments that are still there the tag of their number; return how many."""
    tags = tags_in(epoch, list(numbers.values())) if numbers else []
    with transaction.atomic():
        there = held(numbers, "KEY SHARE")
        rows = [_row(each, epoch.number, tag) for each, tag in zip(numbers, tags, strict=True) if each in there]
        return len(DiscoveryTag.objects.bulk_create(rows, ignore_conflicts=True))


def _sealed(person_id: UUID, number: str) -> bytes:
    return sealing.seal(number.encode(), purpose=b"number " + person_id.bytes)


def _number(enrolment: DiscoveryEnrolment) -> str | None:
    """The number, or None when our key did not seal it: then its person has to prove it anew."""
    try:
        return sealing.unseal(bytes(enrolment.sealed_number), purpose=b"number " + enrolment.person_id.bytes).decode()
    except sealing.Unreadable:
        log.error("the number of enrolment %s cannot be opened with DISCOVERY_NUMBER_KEY_FILE", enrolment.id)
        return None
