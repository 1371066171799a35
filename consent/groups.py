"""Grants to a group: the people that a subject chose, mutual follows, everyone.

Such a grant is an offer. Who takes it up gets a grant of their own that rests on it: with its terms and its count of
uses, and an epoch of its own, so that a person who leaves the group loses what they made and nobody else does.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts import blocks, graph
from accounts.models import Person
from consent import ends, ledger, locks, receipts
from consent.models import Choice, Grant
from consent.rules import Allowed, GrantFact, Group, State
from socialvideo.lib.errors import Problem

# The terms that a grant takes over from the offer that it rests on.
TAKEN_OVER = (
    "purposes",
    "audience",
    "modalities",
    "denied_categories",
    "text_rules",
    "review",
    "guardian_id",
    "cosigned_at",
    "may_remix",
    "may_stitch",
    "may_download",
    "not_before",
    "expires_at",
    "affirmed_at",
    "max_uses",
)


def answering(requester_id: UUID, subject_ids: list[UUID]) -> Q:
    """Return what picks the given grants of these subjects that may answer a requester: their own, and their groups'.

    None answers somebody with whom a block stands. Read under the subjects' shared locks: whoever leaves a group, and
    whoever blocks, waits for their exclusive ones.
    """
    word = Choice.objects.filter(subject=OuterRef("subject"), person=requester_id)
    chosen = Exists(word.filter(kind=Choice.Kind.CHOSEN))
    excepted = Exists(word.filter(kind=Choice.Kind.EXCEPTED))
    by_hand = Q(group=Group.CHOSEN) & chosen
    mutual = Q(group=Group.MUTUALS) & graph.mutual(requester_id)
    member = (Q(group=Group.EVERYONE) | by_hand | mutual) & ~excepted & ~Q(subject=requester_id)
    named = Q(grantee=requester_id, rests_on=None)
    return Q(subject__in=subject_ids, state=State.GIVEN) & (named | member) & apart(requester_id)


def apart(requester_id: UUID) -> Q:
    """Return the condition that no block stands between a grant's subject and who would make something under it."""
    return blocks.none_between(requester_id, OuterRef("subject"))


def taken_up(allowed: Allowed, requester_id: UUID) -> Allowed:
    """Return the verdict with every offer replaced by the requester's own grant that rests on it.

    In the transaction that allowed it and holds the offers' rows, so that one person's grant is made once.
    """
    return Allowed(tuple(_own(fact, requester_id) if fact.group else fact for fact in allowed.grants))


def choose(*, subject: Person, person: Person, kind: Choice.Kind) -> Choice:
    """Choose a person by hand, or except them from every group; what they lose by it ends at once. 422 for oneself."""
    if subject.pk == person.pk:
        raise Problem(422, "choose_oneself", "It is your own likeness: grant it to yourself at POST /api/v1/grants.")
    with transaction.atomic(durable=True):
        locks.exclude([subject.id])
        if kind == Choice.Kind.EXCEPTED:
            ends.invalidate(_taken_up(subject, person))
        return _write(subject, person, kind)


def unchoose(*, subject: Person, person: Person) -> None:
    """Take one's word on a person back; what rested on their being chosen ends at once. Repeating changes nothing."""
    with transaction.atomic(durable=True):
        locks.exclude([subject.id])
        word = Choice.objects.filter(subject=subject, person=person)
        if word.exists():
            word.delete()
            ends.invalidate(_taken_up(subject, person).filter(rests_on__group=Group.CHOSEN))
            _record(subject, person, "")


def forget(choice: Choice) -> None:
    """Take a word on a person back, in the caller's transaction that has ended what rested on it."""
    choice.delete()
    _record(choice.subject, choice.person, "")


def choices(subject: Person) -> QuerySet[Choice]:
    """Return the people whom a subject chose or excepted."""
    return Choice.objects.filter(subject=subject).select_related("person")


def except_named(subject: Person, people: Sequence[Person]) -> None:
    """Keep people from whom a subject just withdrew out of the groups that still stand, in that transaction.

    Else a person who lost their own grant would take up an offer to everyone in the next moment. Nobody is in a group
    of their own.
    """
    others = [person for person in people if person.pk != subject.pk]
    if others and Grant.objects.filter(subject=subject, state=State.GIVEN).exclude(group="").exists():
        for person in others:
            _write(subject, person, Choice.Kind.EXCEPTED)


def part(*, one: UUID, other: UUID) -> None:
    """End what rests on two people following each other, in the transaction in which they cease to."""
    locks.exclude([one, other])
    either = Q(subject=one, grantee=other) | Q(subject=other, grantee=one)
    ends.invalidate(Grant.objects.filter(either, rests_on__group=Group.MUTUALS, state=State.GIVEN))


def _own(offer: GrantFact, requester_id: UUID) -> GrantFact:
    mine = Grant.objects.filter(rests_on=offer.id, grantee=requester_id, state=State.GIVEN, closed_at=None).first()
    if mine is None:
        base = Grant.objects.get(id=offer.id)
        terms = {name: getattr(base, name) for name in TAKEN_OVER}
        mine = Grant.objects.create(subject_id=base.subject_id, grantee_id=requester_id, rests_on=base, **terms)
        ledger.append([ledger.Entry("grant", receipts.terms(mine))])
    return mine.fact()


def _taken_up(subject: Person, person: Person) -> QuerySet[Grant]:
    return Grant.objects.filter(subject=subject, grantee=person, rests_on__isnull=False, state=State.GIVEN)


def _write(subject: Person, person: Person, kind: Choice.Kind) -> Choice:
    row, fresh = Choice.objects.get_or_create(subject=subject, person=person, defaults={"kind": kind})
    if fresh or row.kind != kind:
        Choice.objects.filter(id=row.id).update(kind=kind, at=Now())
        row.refresh_from_db(fields=["kind", "at"])
        _record(subject, person, kind)
    return row


def _record(subject: Person, person: Person, kind: str) -> None:
    ledger.append([ledger.Entry("choice", {"subject": str(subject.id), "person": str(person.id), "choice": kind})])
