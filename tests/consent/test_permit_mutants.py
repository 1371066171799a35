"""Mutants of what permits say in SQL, and of what shows nobody: each is noticed by a promise."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from consent import gate, permits
from consent.models import Permit, PermitSubject
from consent.rules import Allowed, Claim
from tests.consent import promises_of_wiring as wiring
from tests.consent.probing import kept
from tests.consent.test_gate_mutants import around, patched

Patch = pytest.MonkeyPatch
Row = tuple[Callable[[], bool], Callable[[Patch], None]]


def voiding(said: str, instead: str) -> Callable[[Patch], None]:
    """Change the statement that voids permits."""
    assert permits.VOID.count(said) == 1
    return patched(permits, "VOID", permits.VOID.replace(said, instead))


def passed_as_nobody(claims: Sequence[Claim], effect: Callable[..., Any]) -> Any:
    """Run the effect whoever is claimed."""
    return effect(Allowed(()))


def recounted(real: Callable[..., Any], permit_id: UUID) -> Any:
    """Take the subjects that are left for all."""
    left = PermitSubject.objects.filter(permit=permit_id).count()
    Permit.objects.filter(id=permit_id).update(subject_count=left, lineage=[permit_id])
    return real(permit_id)


MUTANTS: dict[str, Row] = {
    "a spent permit is voided too": (
        wiring.voiding_leaves_what_is_spent,
        voiding("state IN ('issued', 'redeemed')", "true"),
    ),
    "every permit is voided": (
        wiring.voiding_leaves_other_permits_alone,
        voiding("id = ANY(%s)", "%s::uuid[] IS NOT NULL"),
    ),
    "uses are given back under another epoch": (
        wiring.no_use_is_given_back_under_another_epoch,
        voiding("AND g.epoch = s.epoch", ""),
    ),
    "permits are voided in any order": (wiring.voiding_holds_the_permits, voiding("ORDER BY id FOR UPDATE", "")),
    "what shows somebody passes as nobody": (
        wiring.nobody_and_somebody_is_an_error,
        patched(gate, "_unclaimed", passed_as_nobody),
    ),
    "a permit that lost its subject is for nobody": (
        wiring.a_permit_that_lost_a_subject_is_unusable,
        around(permits, "_opened", recounted),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_removed_check_is_noticed(db: None, name: str, monkeypatch: Patch) -> None:
    probe, plant = MUTANTS[name]
    assert kept(probe)
    plant(monkeypatch)
    assert not kept(probe)


def test_a_wish_for_nobody_is_made_of_something(db: None) -> None:
    assert wiring.a_wish_for_nobody_is_made_of_something()
