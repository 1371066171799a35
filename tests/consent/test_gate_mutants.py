"""Mutants: each check of the protocol is taken away once, and a probe of the promise must notice.

Every row of the table plants one weakening. The probe must be True on the real code and False under the mutant, so
that no check can be removed without a test that turns red.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F, Value

from consent import (
    cosigning,
    ends,
    fences,
    gate,
    grants,
    journal,
    keys,
    ledger,
    likenesses,
    locks,
    permits,
    proofs,
    receipts,
    reviews,
    rules,
    suspension,
    teens,
    withdrawal,
)
from consent.models import Acceptance, Grant, Permit, PermitSubject
from consent.rules import Allowed, Claim, Facts, Point, Refused, State, Wish
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests.consent import promises, promises_of_guardians, promises_of_scope

Patch = pytest.MonkeyPatch
DAY = timedelta(days=1)


def patched(owner: Any, name: str, value: Any) -> Callable[[Patch], None]:
    """Plant ``value`` in place of what is there."""
    return lambda patch: patch.setattr(owner, name, value)


def around(owner: Any, name: str, weaken: Callable[..., Any]) -> Callable[[Patch], None]:
    """Plant ``weaken``, which is given the real function first."""
    real = getattr(owner, name)
    return lambda patch: patch.setattr(owner, name, lambda *args, **kwargs: weaken(real, *args, **kwargs))


def unconditional(condition: str) -> Callable[[Patch], None]:
    """Take one condition out of the SQL fence."""
    assert condition in fences.VALID
    return patched(fences, "VALID", fences.VALID.replace(condition, "true"))


def read_then_lock(patch: Patch) -> None:
    """Take the lock after the grants were read."""
    share, read = locks.share, gate._read

    def late(point: Point, requester_id: UUID, claims: Sequence[Claim], about: journal.About) -> tuple[Facts, datetime]:
        facts = read(point, requester_id, claims, about)
        share(claim.subject_id for claim in claims)
        return facts

    patch.setattr(locks, "share", nothing)
    patch.setattr(gate, "_read", late)


def no_transaction(patch: Patch) -> None:
    """Let every statement of the gate commit on its own."""

    class Loose:
        def __init__(self, **_: object) -> None: ...

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    patch.setattr(gate, "transaction", SimpleNamespace(atomic=Loose))


def telling(patch: Patch) -> None:
    """Tell the requester why."""

    def tell(denied: gate.Denied, verdict: Refused) -> None:
        Problem.__init__(denied, 403, "consent_unavailable", f"Denied: {verdict.reason}")

    patch.setattr(gate.Denied, "__init__", tell)


def spend_unchecked(redeemed: permits.Redeemed, *, video_id: UUID, effect: Callable[..., Any]) -> Any:
    """Seal without spending the permit."""
    return permits._ask(redeemed, Point.SEAL, lambda _: effect(redeemed.claims, False), video_id)


def spend_ungated(redeemed: permits.Redeemed, *, video_id: UUID, effect: Callable[..., Any]) -> Any:
    """Seal without the gate."""
    Permit.objects.filter(id=redeemed.permit_id).update(state="spent")
    return effect(redeemed.claims, False)


def revived(real: Callable[..., Any], *, permit_id: UUID, **rest: Any) -> Any:
    """Redeem whatever became of the permit."""
    Permit.objects.filter(id=permit_id).update(state="issued")
    return real(permit_id=permit_id, **rest)


def any_spec(real: Callable[..., Any], *, permit_id: UUID, **rest: Any) -> Any:
    """Redeem for whatever spec."""
    return real(**{**rest, "permit_id": permit_id, "digest": bytes(Permit.objects.get(id=permit_id).digest)})


def void_every_time(permit_ids: Sequence[UUID]) -> None:
    """Give the uses back whatever became of the permits."""
    grants.return_use(PermitSubject.objects.filter(permit__in=permit_ids).values_list("grant", flat=True))


def for_anybody(real: Callable[..., Any], point: Point, _: UUID, claims: Sequence[Claim], about: journal.About) -> Any:
    """Read the grant of the subject, whoever it is for."""
    some = Grant.objects.filter(subject=claims[0].subject_id).first()
    return real(point, some.grantee_id if some else new_id(), claims, about)


def everybody(point: Point, claims: Sequence[Claim], about: journal.About) -> frozenset[UUID]:
    """Count everybody as enrolled."""
    return frozenset(claim.subject_id for claim in claims)


def signing_a_part(content: dict[str, Any]) -> dict[str, object]:
    """Sign the terms of a receipt alone."""
    return {**content, "signature": keys.signed({"terms": content["terms"]})["signature"]}


def of_whomever(real: Callable[..., Any], point: Point, claim: Claim, wish: Wish, facts: Facts, now: datetime) -> Any:
    """Take the grant that is remembered, whoever it is of."""
    return real(point, replace(claim, subject_id=facts.grants[claim.key].subject_id), wish, facts, now)


def accepted_anything(_: Point, about: journal.About) -> frozenset[UUID]:
    """Read who accepted some render of the video."""
    return frozenset(Acceptance.objects.filter(video_id=about.video_id).values_list("subject", flat=True))


def accepted_by_anybody(real: Callable[..., Any], point: Point, claim: Claim, grant: Any, facts: Facts) -> Any:
    """Take whatever acceptance there is for that of the subject."""
    everybody = frozenset({claim.subject_id}) if facts.accepted else facts.accepted
    return real(point, claim, grant, replace(facts, accepted=everybody))


def vetoed_by_the_asked(real: Callable[..., Any], point: Point, claims: Sequence[Claim], *rest: Any) -> Any:
    """Count the vetoes of those alone whose claims are asked about."""
    wish, facts, now = rest
    asked = facts.vetoed & {claim.subject_id for claim in claims}
    return real(point, claims, wish, replace(facts, vetoed=asked), now)


def nothing(*_: object, **__: object) -> None:
    """Do nothing."""


LATE, EARLY = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
Row = tuple[Callable[[], bool], Callable[[Patch], None]]

MUTANTS: dict[str, Row] = {
    # The lock.
    "uses take no lock": (promises.a_use_holds_the_lock_shared, patched(locks, "share", nothing)),
    "the lock comes after the read": (promises.the_lock_comes_before_the_read, read_then_lock),
    "withdrawals take no lock": (promises.a_withdrawal_holds_the_lock_exclusive, patched(locks, "exclude", nothing)),
    "withdrawals share the lock": (
        promises.a_withdrawal_holds_the_lock_exclusive,
        patched(locks, "exclude", locks.share),
    ),
    "jobs end without the lock": (promises.a_job_ends_under_the_lock, patched(locks, "share", nothing)),
    "the gate has no transaction": (promises.an_effect_that_breaks_leaves_no_trace, no_transaction),
    # The rules.
    "state is ignored": (
        promises.an_ended_grant_covers_nothing,
        around(rules, "standing", lambda real, g, e, now: real(replace(g, state=State.GIVEN), e, now)),
    ),
    "epoch is ignored": (
        promises.a_stale_epoch_covers_nothing,
        around(rules, "standing", lambda real, g, e, now: real(g, None, now)),
    ),
    "expiry is ignored": (
        promises.an_expired_grant_covers_nothing,
        around(rules, "standing", lambda real, g, e, now: real(replace(g, expires_at=LATE), e, now)),
    ),
    "not_before is ignored": (
        promises.a_grant_of_tomorrow_covers_nothing_today,
        around(rules, "standing", lambda real, g, e, now: real(replace(g, not_before=EARLY), e, now)),
    ),
    "audience is ignored": (
        promises.a_wider_audience_is_not_covered,
        around(rules, "_scope_fault", lambda real, p, g, w: real(p, g, replace(w, audience=None))),
    ),
    "purpose is ignored": (
        promises.another_purpose_is_not_covered,
        around(rules, "_scope_fault", lambda real, p, g, w: real(p, g, replace(w, purpose=None))),
    ),
    "uses are ignored": (
        promises.uses_run_out,
        around(rules, "_use_fault", lambda real, p, c, g, f: real(p, c, replace(g, uses=0), f)),
    ),
    "one subject is enough": (
        promises.every_subject_must_agree,
        around(rules, "decide", lambda real, p, claims, *rest: real(p, claims[:1], *rest)),
    ),
    "a grant of somebody else will do": (
        promises.a_grant_is_of_its_subject,
        around(rules, "_fault", of_whomever),
    ),
    # The gate.
    "the verdict is ignored": (
        promises.an_effect_runs_only_if_allowed,
        patched(rules, "decide", lambda *_: Allowed(())),
    ),
    "a grant serves anybody": (promises.a_grant_is_for_its_grantee, around(gate, "_read", for_anybody)),
    "everybody counts as enrolled": (
        promises.without_a_likeness_nothing_is_requested,
        patched(gate, "_enrolled", everybody),
    ),
    "the gate does without the key": (
        promises.nothing_is_used_without_the_key,
        patched(gate, "keys", SimpleNamespace(private_key=nothing)),
    ),
    "a refusal tells why": (promises.all_refusals_read_the_same, telling),
    # The journal.
    "allowed uses are not journaled": (promises.an_allowed_use_is_journaled, patched(journal, "write", nothing)),
    "denied uses are not journaled": (promises.a_denied_use_is_journaled, patched(journal, "write", nothing)),
    "quiet denials are not journaled": (
        promises.a_denied_use_is_journaled,
        patched(Refused, "__bool__", lambda _: True),
    ),
    # The fence.
    "every fence holds": (promises.fence_breaks(epoch=2), patched(fences, "valid", lambda _: "true")),
    "the fence ignores the state": (
        promises.fence_breaks(state="revoked", ended_at=LATE),
        unconditional("g.state = 'given'"),
    ),
    "the fence ignores the epoch": (promises.fence_breaks(epoch=2), unconditional("g.epoch = {epoch}")),
    "the fence ignores the beginning": (
        promises.fence_breaks(not_before=EARLY.replace(year=2100), expires_at=LATE),
        unconditional("g.not_before <= statement_timestamp()"),
    ),
    "the fence ignores the end": (
        promises.fence_breaks(not_before=LATE.replace(year=2000), expires_at=LATE.replace(year=2001)),
        unconditional("statement_timestamp() < g.expires_at"),
    ),
    "one fence is enough": (
        promises.one_broken_fence_breaks_all,
        around(fences, "standing", lambda real, claims: any(real([claim]) for claim in claims)),
    ),
    # Permits.
    "steps are not rechecked": (promises.a_running_job_is_stopped, patched(permits, "recheck", nothing)),
    "every recheck passes": (promises.a_running_job_is_stopped, patched(fences, "standing", lambda *_, **__: True)),
    "a permit is spent again and again": (
        promises.a_permit_makes_one_video,
        patched(permits, "spend", spend_unchecked),
    ),
    "sealing asks nobody": (promises.nothing_is_sealed_after_a_withdrawal, patched(permits, "spend", spend_ungated)),
    "a permit fits any spec": (promises.a_permit_is_for_its_own_spec, around(permits, "redeem", any_spec)),
    "a void permit is redeemed": (promises.a_void_permit_is_not_redeemed, around(permits, "redeem", revived)),
    "uses are not counted": (promises.an_issued_permit_is_a_use, patched(grants, "count_use", nothing)),
    "uses are not given back": (promises.a_use_is_given_back_once, patched(grants, "return_use", nothing)),
    "uses are given back again and again": (
        promises.a_use_is_given_back_once,
        patched(permits, "void", void_every_time),
    ),
    # Withdrawal and grants.
    "a withdrawal leaves the epoch": (
        promises.a_withdrawal_raises_the_epoch,
        patched(ends, "F", lambda _: Value(0)),
    ),
    "a withdrawal covers nothing": (
        promises.a_withdrawal_ends_what_it_covers,
        patched(withdrawal, "_covered", lambda *_: Grant.objects.none()),
    ),
    "a withdrawal covers everybodys": (
        promises.a_withdrawal_is_of_ones_own_grants,
        patched(withdrawal, "_covered", lambda *_: Grant.objects.filter(state="given")),
    ),
    "a withdrawal tells nobody": (
        promises.a_withdrawal_is_told,
        patched(ends, "bus", SimpleNamespace(announce=nothing)),
    ),
    "a likeness is not demanded": (promises.a_grant_needs_a_likeness, patched(grants, "_require_likeness", nothing)),
    "a grant may last for ever": (
        promises.a_grant_lasts_a_year_at_most,
        patched(grants, "checked_expiry", lambda expires_at, now: expires_at or now + DAY),
    ),
    "erasing keeps the key": (
        promises.an_erased_photo_cannot_be_opened,
        patched(likenesses, "destroy", lambda _: True),
    ),
    # What a grant covers.
    "a closed grant is used anew": (
        promises_of_scope.a_closed_grant_begins_nothing,
        patched(rules, "NEW_USES", frozenset()),
    ),
    "a closed grant ends also what was made": (
        promises_of_scope.a_closed_grant_begins_nothing,
        patched(rules, "NEW_USES", frozenset(Point)),
    ),
    "a closed grant lets a job go on": (
        promises_of_scope.a_closed_grant_goes_on_with_nothing,
        around(fences, "standing", lambda real, claims, lineage=(), **_: real(claims, lineage)),
    ),
    "stopping does nothing": (
        promises_of_scope.stopping_closes_and_ends_nothing,
        patched(withdrawal, "_end", nothing),
    ),
    "stopping ends the grant": (
        promises_of_scope.stopping_closes_and_ends_nothing,
        around(withdrawal, "_end", lambda real, ids, _, now: real(ids, withdrawal.Mode.UNPUBLISH, now)),
    ),
    "erasing leaves the key": (
        promises_of_scope.erasing_destroys_the_key,
        patched(withdrawal, "likenesses", SimpleNamespace(destroy=nothing)),
    ),
    "modalities are ignored": (
        promises_of_scope.a_modality_must_be_granted,
        around(rules, "_scope_fault", lambda real, p, g, w: real(p, g, replace(w, modalities=frozenset()))),
    ),
    "categories are ignored": (
        promises_of_scope.a_denied_category_is_refused,
        around(rules, "_scope_fault", lambda real, p, g, w: real(p, g, replace(w, categories=frozenset()))),
    ),
    "text rules are ignored": (promises_of_scope.a_text_rule_refuses, patched(rules, "mentions", lambda *_: False)),
    "text rules are taken to the letter": (
        promises_of_scope.a_text_rule_finds_look_alikes,
        patched(rules, "_words", lambda text: f" {text} "),
    ),
    "rights are ignored": (
        promises_of_scope.a_right_must_be_granted,
        around(rules, "_use_fault", lambda real, p, c, g, f: real(p, replace(c, right=None), g, f)),
    ),
    # Remixes.
    "a remix asks for no right": (
        promises_of_scope.a_remix_asks_for_the_right,
        patched(permits, "replace", lambda claim, **_: claim),
    ),
    "a remix inherits nobody": (
        promises_of_scope.a_remix_inherits_everybody,
        around(permits, "issue", lambda real, *, origin, **rest: real(**rest)),
    ),
    "a remix counts no use": (
        promises_of_scope.a_remix_is_a_use_of_what_it_inherits,
        patched(grants, "count_use", nothing),
    ),
    "a remix forgets its lineage": (
        promises_of_scope.a_remix_remembers_its_lineage,
        around(permits, "issue", lambda real, *, origin, **r: real(**r, origin=permits.Origin(origin.claims))),
    ),
    # Reviews and vetoes.
    "reviews are ignored": (
        promises_of_scope.a_draft_is_not_published_unseen,
        around(rules, "_use_fault", lambda real, p, c, g, f: real(p, c, replace(g, review=False), f)),
    ),
    "any render that was accepted will do": (
        promises_of_scope.an_acceptance_is_of_one_render,
        patched(gate, "_accepted", accepted_anything),
    ),
    "anybody accepts for anybody": (
        promises_of_scope.an_acceptance_is_of_ones_own,
        around(rules, "_use_fault", accepted_by_anybody),
    ),
    "a seal keeps the review to itself": (
        promises_of_scope.a_seal_tells_of_a_review,
        lambda patch: patch.setattr(permits, "any", lambda _: False, raising=False),
    ),
    "vetoes are not read": (
        promises_of_scope.a_veto_ends_the_video,
        patched(gate, "_vetoed", lambda _: frozenset()),
    ),
    "a veto ends one video alone": (
        promises_of_scope.a_veto_ends_every_remix,
        around(gate, "_vetoed", lambda real, about: real(replace(about, lineage=about.lineage[-1:]))),
    ),
    "a veto counts for who vetoed alone": (
        promises_of_scope.a_veto_is_refused_whoever_is_asked,
        around(rules, "decide", vetoed_by_the_asked),
    ),
    "the fence ignores vetoes": (
        promises_of_scope.a_veto_breaks_the_fence,
        patched(fences, "unvetoed", lambda column: f"{column} IS NOT NULL"),
    ),
    "a veto is not written": (
        promises_of_scope.a_veto_is_written_and_told,
        patched(reviews, "Veto", SimpleNamespace(objects=SimpleNamespace(get_or_create=nothing))),
    ),
    "a veto is not told": (
        promises_of_scope.a_veto_is_written_and_told,
        patched(reviews, "bus", SimpleNamespace(announce=nothing)),
    ),
    "anybody has a say": (
        promises_of_scope.only_who_is_shown_has_a_say,
        patched(reviews, "_require_shown", nothing),
    ),
    "a preview is not told": (
        promises_of_scope.a_preview_is_told_and_counts_nothing,
        patched(journal, "write", nothing),
    ),
    # The photo of a run.
    "a step does not look for the photo": (
        promises_of_scope.a_run_makes_no_step_with_an_erased_photo,
        around(fences, "standing", lambda real, *claims, likenesses=(), **rest: real(*claims, **rest)),
    ),
    "a seal does not look for the photo": (
        promises_of_scope.a_run_seals_nothing_of_an_erased_photo,
        patched(rules, "PHOTO_USES", frozenset({Point.REQUEST, Point.START})),
    ),
    "any photo of the subject will do": (
        promises_of_scope.a_run_goes_on_with_no_other_photo,
        around(gate, "_enrolled", lambda real, point, *rest: real(Point.REQUEST, *rest)),
    ),
    "a trial is journaled": (
        promises_of_scope.a_trial_leaves_no_trace,
        patched(gate, "would", lambda **asked: gate.use(point=Point.REQUEST, effect=nothing, **asked)),
    ),
    # The guardian's word, and suspension.
    "an unconfirmed grant counts": (
        promises_of_guardians.an_unconfirmed_grant_covers_nothing,
        around(rules, "standing", lambda real, g, e, now: real(replace(g, awaits_guardian=False), e, now)),
    ),
    "the fence ignores the guardian": (
        promises.fence_breaks(guardian=F("subject")),
        unconditional("(g.guardian_id IS NULL OR g.cosigned_at IS NOT NULL)"),
    ),
    "an unconfirmed likeness counts": (
        promises_of_guardians.an_unconfirmed_likeness_is_not_enrolled,
        patched(gate, "_enrolled", everybody),
    ),
    "teenagers need no guardian": (
        promises_of_guardians.a_teenagers_grant_is_the_guardians_to_confirm,
        patched(teens, "guardian_for", nothing),
    ),
    "teenagers grant to everyone": (
        promises_of_guardians.a_teenager_grants_nothing_to_everyone,
        patched(teens, "require_grantable", nothing),
    ),
    "a guardian's word outlives them": (
        promises_of_guardians.a_guardian_who_leaves_takes_their_word_along,
        patched(cosigning, "sever", nothing),
    ),
    "a suspension ends no grant": (
        promises_of_guardians.a_suspension_ends_what_the_person_was_granted,
        patched(suspension, "end_all", nothing),
    ),
    # Ledger and receipts.
    "leaves have no prefix": (
        promises.a_receipt_names_its_leaf,
        patched(ledger, "leaf_hash", lambda body: hashlib.sha256(body).digest()),
    ),
    "nodes have no prefix": (promises.the_head_is_the_root_of_the_leaves, patched(proofs, "NODE", b"")),
    "the frontier does not grow": (
        promises.the_head_is_the_root_of_the_leaves,
        patched(ledger, "grown", lambda frontier, size, leaf: ([leaf], {})),
    ),
    "a receipt is signed over a part": (
        promises.a_receipt_is_signed_over_all_of_it,
        patched(receipts, "keys", SimpleNamespace(signed=signing_a_part)),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_removed_check_is_noticed(db: None, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    probe, plant = MUTANTS[name]
    assert probe() is True
    plant(monkeypatch)
    assert probe() is False
