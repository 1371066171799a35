"""More mutants, as in test_gate_mutants: of receipts, anchors and keys, and of what a permit and a withdrawal say."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.models import Person
from consent import anchors, ends, fences, grants, groups, keys, ledger, permits, receipts, withdrawal
from consent.models import Choice, Grant, Permit
from tests.consent import promises_of_groups as of_groups
from tests.consent import promises_of_proof as of_proof
from tests.consent import promises_of_wiring as of_wiring
from tests.consent.probing import kept
from tests.consent.test_gate_mutants import Patch, Row, around, nothing, patched, spend_unchecked


def any_job(real: Callable[..., Any], *, permit_id: Any, **rest: Any) -> Any:
    """Redeem for whatever job."""
    return real(**{**rest, "permit_id": permit_id, "job_id": Permit.objects.get(id=permit_id).job_id})


def except_everybody(subject: Person, people: Sequence[Person]) -> None:
    """Except also the subject."""
    for person in people:
        groups._write(subject, person, Choice.Kind.EXCEPTED)


def by_size_alone(real: Callable[..., None], anchor: anchors.Anchor, size: int) -> None:
    """Compare how many leaves there are, and not which."""
    if size < anchor.size:
        real(anchor, size)


def without_photos(real: Callable[..., bool], claims: Any, lineage: Any = (), *, anew: bool = False, **_: Any) -> bool:
    """Look at the grants alone."""
    return real(claims, lineage, anew=anew)


MUTANTS: dict[str, Row] = {
    # Permits, photos, withdrawals.
    "a permit fits any job": (of_wiring.a_permit_is_for_its_own_job, around(permits, "redeem", any_job)),
    "a permit lives long": (of_wiring.a_permit_lives_a_day, patched(permits, "LIFE", timedelta(days=9))),
    "a seal believes what it is handed": (
        of_wiring.a_seal_is_for_what_the_permit_says,
        patched(permits, "spend", spend_unchecked),
    ),
    "a run goes on with an erased photo": (
        of_wiring.a_run_ends_with_its_photo,
        around(fences, "standing", without_photos),
    ),
    "oneself is kept out of ones own groups": (
        of_groups.one_may_withdraw_from_oneself,
        patched(groups, "except_named", except_everybody),
    ),
    "who loses a grant keeps what they took up": (
        of_groups.who_loses_their_grant_loses_what_they_took_up,
        patched(withdrawal, "_covered", lambda subject, scope: Grant.objects.filter(id=scope.grant_id)),
    ),
    "the stopped are renewed with the offer": (
        of_groups.who_was_stopped_is_not_renewed,
        lambda patch: patch.setattr(
            grants, "_change", lambda grant, _: Grant.objects.filter(rests_on=grant).update(expires_at=grant.expires_at)
        ),
    ),
    # Receipts.
    "a receipt leads nowhere": (
        of_proof.a_receipt_of_a_grant_holds_offline,
        patched(receipts, "base64", SimpleNamespace(b64encode=lambda _: b"")),
    ),
    "a receipt says less than the grant": (
        of_proof.a_receipt_says_every_term,
        around(receipts, "terms", lambda real, grant: {**real(grant), "text_rules": []}),
    ),
    "a change is not recorded": (
        of_proof.a_receipt_says_the_terms_that_hold_now,
        patched(grants, "ledger", SimpleNamespace(append=nothing, Entry=ledger.Entry)),
    ),
    "a withdrawal names nothing that ended": (
        of_proof.a_receipt_of_a_withdrawal_names_what_ended,
        patched(ends, "said", lambda _: []),
    ),
    # Anchors and keys.
    "an older database is served": (of_proof.an_older_database_is_refused, patched(anchors, "_require_same", nothing)),
    "another ledger is served": (
        of_proof.another_ledger_is_refused,
        around(anchors, "_require_same", by_size_alone),
    ),
    "an anchor goes back": (of_proof.an_anchor_never_goes_back, patched(anchors, "_goes_on", lambda *_: True)),
    "an anchor of another ledger is replaced": (
        of_proof.an_anchor_of_another_ledger_is_not_replaced,
        patched(anchors, "_goes_on", lambda *_: True),
    ),
    "anchors are kept in the file alone": (
        of_proof.an_anchor_stands_in_two_places,
        patched(anchors, "_write_storage", nothing),
    ),
    "anchors are kept in storage alone": (
        of_proof.an_anchor_stands_in_two_places,
        patched(anchors, "_write_file", nothing),
    ),
    "anybody signs an anchor": (of_proof.an_altered_anchor_is_refused, patched(keys, "holds", lambda _: True)),
    "a process starts on any database": (
        of_proof.a_refused_database_ends_the_process,
        patched(anchors, "check", nothing),
    ),
    "any key goes on signing": (of_proof.another_key_is_refused, patched(keys, "signer", lambda _: keys.key_id())),
    "withdrawals are not anchored": (
        of_proof.a_withdrawal_is_anchored_and_a_use_is_not,
        patched(ledger, "transaction", SimpleNamespace(on_commit=nothing)),
    ),
    "uses are never anchored": (of_proof.uses_are_anchored_now_and_then, patched(ledger, "ANCHOR_EVERY", 10**9)),
    "every use is anchored": (
        of_proof.a_withdrawal_is_anchored_and_a_use_is_not,
        patched(ledger, "ANCHOR_EVERY", 1),
    ),
    "an accepted loss leaves the old anchor": (
        of_proof.an_acceptance_of_a_loss_begins_anew,
        patched(anchors, "reset", anchors.keep),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_removed_check_is_noticed(db: None, name: str, monkeypatch: Patch) -> None:
    probe, plant = MUTANTS[name]
    assert kept(probe)
    plant(monkeypatch)
    assert not kept(probe)
