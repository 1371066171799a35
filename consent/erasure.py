"""What this room erases of somebody who left, and what it keeps: the proof of what was permitted and of its end."""

from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.rights.erasers import Counts, Eraser, Kept
from consent import leaving
from consent.models import (
    Acceptance,
    Ask,
    Choice,
    Decision,
    Grant,
    Likeness,
    Permit,
    PermitSubject,
    Veto,
    Withdrawal,
)
from consent.rules import State

PROOF = (
    "proof of what was permitted and of its end (GDPR articles 5(2) and 7(1)); ids and terms, no name and no picture"
)
FENCE = "so that nothing that was ended can be used again; ids alone"


def _count(person_id: UUID) -> Counts:
    return {
        "likenesses": _photos(person_id).count(),
        "keys of likenesses": _enrolled(person_id).count(),
        "asks": _asks(person_id).count(),
        "people chosen or excepted": _choices(person_id).count(),
        "own words in grants": _worded(person_id).count(),
        "standing grants": _standing(person_id).count(),
    }


def _erase(person_id: UUID) -> None:
    if _standing(person_id).exists() or _enrolled(person_id).exists():  # in the very moment in which the person left
        with transaction.atomic():
            leaving.end_all(person_id=person_id)
    for name in _photos(person_id).values_list("file", flat=True):
        default_storage.delete(name)
    _photos(person_id).update(file="")
    _asks(person_id).delete()
    _choices(person_id).delete()
    _worded(person_id).update(text_rules=[], words_salt=None)


def _photos(person_id: UUID) -> QuerySet[Likeness]:
    return Likeness.objects.filter(subject=person_id).exclude(file="")


def _enrolled(person_id: UUID) -> QuerySet[Likeness]:
    return Likeness.objects.filter(subject=person_id, erased_at=None)


def _asks(person_id: UUID) -> QuerySet[Ask]:
    return Ask.objects.filter(Q(requester=person_id) | Q(subject=person_id))


def _choices(person_id: UUID) -> QuerySet[Choice]:
    return Choice.objects.filter(Q(subject=person_id) | Q(person=person_id))


def _worded(person_id: UUID) -> QuerySet[Grant]:
    return Grant.objects.filter(subject=person_id).exclude(text_rules=[])


def _standing(person_id: UUID) -> QuerySet[Grant]:
    theirs = Q(subject=person_id) | Q(grantee=person_id) | Q(guardian=person_id)
    return Grant.objects.filter(theirs, state=State.GIVEN)


PROOFS = Eraser(
    count=_count,
    erase=_erase,
    kept=(
        Kept(Grant, lambda one: Grant.objects.filter(Q(subject=one) | Q(grantee=one) | Q(guardian=one)), PROOF),
        Kept(Withdrawal, lambda one: Withdrawal.objects.filter(subject=one), PROOF),
        Kept(Decision, lambda one: Decision.objects.filter(Q(subject=one) | Q(requester=one)), PROOF),
        Kept(Acceptance, lambda one: Acceptance.objects.filter(subject=one), PROOF),
        Kept(Permit, lambda one: Permit.objects.filter(requester=one), PROOF),
        Kept(PermitSubject, lambda one: PermitSubject.objects.filter(subject=one), PROOF),
        Kept(Veto, lambda one: Veto.objects.filter(subject=one), FENCE),
        Kept(Likeness, lambda one: Likeness.objects.filter(Q(subject=one) | Q(guardian=one)), FENCE),
    ),
)
