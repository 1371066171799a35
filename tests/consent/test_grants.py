"""Giving a grant, narrowing it, counting its uses."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Person
from consent import asks, fences, grants, likenesses, receipts, withdrawal
from consent.models import Ask, Grant, LedgerLeaf
from consent.rules import State
from consent.withdrawal import Scope
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.conftest import Elsewhere, refused

DAY = timedelta(days=1)


def leaves(kind: str) -> int:
    """How many leaves of this kind the ledger has."""
    return LedgerLeaf.objects.filter(kind=kind).count()


def past_its_end(grant: Grant) -> None:
    """Let the grant have expired."""
    now = database_now()
    Grant.objects.filter(id=grant.id).update(not_before=now - DAY, expires_at=now)


def test_giving_records_the_terms(subject: Person, requester: Person) -> None:
    grant = factories.grant(subject, requester, max_uses=3, may_remix=True)
    row = Grant.objects.get()
    assert row.id == grant.id
    assert (row.subject, row.grantee, row.state, row.epoch, row.version) == (subject, requester, "given", 1, 1)
    assert (row.purposes, row.audience, row.may_remix, row.may_download) == (["entertainment"], "public", True, False)
    assert (row.uses, row.max_uses, row.ended_at) == (0, 3, None)


def test_giving_writes_one_leaf_with_the_terms(grant: Grant) -> None:
    leaf = LedgerLeaf.objects.get()
    assert leaf.kind == "grant"
    assert bytes(leaf.body) == grants.ledger.canonical(
        {"kind": "grant", "at": json.loads(bytes(leaf.body))["at"], **receipts.terms(grant)}
    )


def test_a_person_may_grant_to_themselves(subject: Person) -> None:
    assert factories.grant(subject, subject).grantee_id == subject.id


def test_without_a_likeness_nothing_is_given(requester: Person, stranger: Person) -> None:
    with refused(409, "likeness_missing"):
        factories.grant(stranger, requester)
    assert (Grant.objects.count(), LedgerLeaf.objects.count()) == (0, 0)


def test_with_an_erased_likeness_nothing_is_given(subject: Person, requester: Person) -> None:
    likenesses.erase(subject=subject)
    with refused(409, "likeness_missing"):
        factories.grant(subject, requester)
    assert Grant.objects.count() == 0


def test_a_grant_lasts_ninety_days_unless_said(grant: Grant) -> None:
    assert grant.expires_at - grant.not_before == timedelta(days=90)


def test_a_grant_begins_at_the_databases_present(subject: Person, requester: Person) -> None:
    before = database_now()
    grant = factories.grant(subject, requester)
    assert before < grant.not_before < database_now()


@pytest.mark.parametrize("days", [1, 364])
def test_a_grant_ends_when_the_subject_says(subject: Person, requester: Person, days: int) -> None:
    end = database_now() + days * DAY
    assert factories.grant(subject, requester, expires_at=end).expires_at == end


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (timedelta(), "expiry_in_past"),
        (-DAY, "expiry_in_past"),
        (366 * DAY, "expiry_too_far"),
    ],
)
def test_an_end_that_cannot_be_is_refused(subject: Person, requester: Person, ahead: timedelta, code: str) -> None:
    with refused(422, code) as caught:
        factories.grant(subject, requester, expires_at=database_now() + ahead)
    assert [error.pointer for error in caught.value.errors] == ["/expires_at"]
    assert (Grant.objects.count(), LedgerLeaf.objects.count()) == (0, 0)


def test_the_edges_of_an_end_are_just_after_now_and_a_whole_year() -> None:
    now = datetime.fromisoformat("2026-07-01T12:00:00Z")
    tick = timedelta(microseconds=1)
    assert grants.checked_expiry(now + tick, now) == now + tick
    assert grants.checked_expiry(now + 365 * DAY, now) == now + 365 * DAY
    for wrong in (now, now + 365 * DAY + tick):
        with pytest.raises(Problem):
            grants.checked_expiry(wrong, now)


def test_one_grant_stands_a_pair(grant: Grant) -> None:
    with refused(409, "grant_stands"):
        factories.grant(grant.subject, grant.grantee)
    assert (Grant.objects.count(), leaves("grant")) == (1, 1)


def test_a_grant_for_another_person_stands_beside_it(grant: Grant, stranger: Person) -> None:
    factories.grant(grant.subject, stranger)
    assert Grant.objects.filter(state="given").count() == 2


def test_a_grant_past_its_end_is_marked_expired_and_replaced(grant: Grant) -> None:
    past_its_end(grant)
    fresh = factories.grant(grant.subject, grant.grantee)
    old = Grant.objects.get(id=grant.id)
    assert (old.state, old.epoch, LedgerLeaf.objects.filter(kind="expiry", grant_id=old.id).count()) == (
        "expired",
        2,
        1,
    )
    assert fresh.not_before <= old.ended_at <= database_now()
    assert (fresh.state, fresh.epoch, fresh.id != old.id) == (State.GIVEN, 1, True)


def test_a_withdrawn_grant_is_followed_by_a_new_row(grant: Grant) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    fresh = factories.grant(grant.subject, grant.grantee)
    assert sorted(Grant.objects.values_list("id", "state")) == [(grant.id, "withdrawn"), (fresh.id, "given")]


@pytest.mark.django_db(transaction=True)
def test_of_two_grants_given_at_once_one_stands(subject: Person, requester: Person, elsewhere: Elsewhere) -> None:
    trials = [elsewhere(lambda: factories.grant(subject, requester)) for _ in range(2)]
    faults = [trial.exception(10) for trial in trials]
    assert [fault.code for fault in faults if isinstance(fault, Problem)] == ["grant_stands"]
    assert Grant.objects.get().state == "given"


def asked(requester: Person, subject: Person) -> Ask:
    """Put an ask before the subject."""
    return asks.ask(requester=requester, subject=subject, purposes=["personal"], audience="private", message="")


def answering(subject: Person, grantee: Person, ask: Ask) -> Grant:
    """Give a grant that names the ask it answers."""
    expires_at = database_now() + DAY
    terms = grants.Terms(frozenset({"personal"}), "private", False, False, expires_at, 1)
    return grants.give(subject=subject, grantee=grantee, terms=terms, ask_id=ask.id)


def test_giving_answers_the_ask_it_names(subject: Person, requester: Person) -> None:
    ask = asked(requester, subject)
    answering(subject, requester, ask)
    ask.refresh_from_db()
    assert ask.state == "given"
    assert ask.answered_at is not None


def test_giving_answers_an_open_ask_of_the_pair_unasked(subject: Person, requester: Person) -> None:
    ask = asked(requester, subject)
    asks.answer(subject=subject, ask_id=ask.id, state=Ask.State.DEFERRED)
    factories.grant(subject, requester)
    assert Ask.objects.get().state == "given"


def test_giving_leaves_the_asks_of_others_open(subject: Person, requester: Person, stranger: Person) -> None:
    asked(stranger, subject)
    factories.grant(subject, requester)
    assert Ask.objects.get().state == "requested"


def test_an_ask_of_somebody_else_cannot_be_answered_by_a_grant(
    subject: Person, requester: Person, stranger: Person
) -> None:
    ask = asked(stranger, subject)
    with refused(422, "ask_unknown"):
        answering(subject, requester, ask)
    assert (Grant.objects.count(), Ask.objects.get().state) == (0, "requested")


def test_an_ask_that_was_refused_cannot_be_answered_again(subject: Person, requester: Person) -> None:
    ask = asked(requester, subject)
    asks.answer(subject=subject, ask_id=ask.id, state=Ask.State.REFUSED)
    with refused(422, "ask_unknown"):
        answering(subject, requester, ask)
    assert (Grant.objects.count(), Ask.objects.get().state) == (0, "refused")


def test_narrowing_shortens_and_lowers(grant: Grant) -> None:
    end = grant.expires_at - DAY
    narrowed = grants.narrow(grant=grant, expires_at=end, max_uses=2)
    row = Grant.objects.get()
    assert (row.expires_at, row.max_uses, row.version, row.epoch) == (end, 2, 2, 1)
    assert (narrowed.expires_at, narrowed.max_uses, narrowed.version) == (end, 2, 2)
    assert leaves("narrowing") == 1


@pytest.mark.parametrize("change", [{"expires_at": None, "max_uses": 4}, {"expires_at": DAY, "max_uses": None}])
def test_narrowing_one_term_leaves_the_other(grant: Grant, change: dict[str, Any]) -> None:
    end = database_now() + change["expires_at"] if change["expires_at"] else None
    grants.narrow(grant=grant, expires_at=end, max_uses=change["max_uses"])
    row = Grant.objects.get()
    assert (row.expires_at, row.max_uses) == (end or grant.expires_at, change["max_uses"] or 5)


def test_a_grant_can_be_narrowed_to_what_is_used(grant: Grant) -> None:
    grants.count_use([grant.id])
    grant.refresh_from_db()
    assert grants.narrow(grant=grant, expires_at=None, max_uses=1).max_uses == 1


def test_a_grant_cannot_be_narrowed_below_what_is_used(grant: Grant) -> None:
    Grant.objects.update(uses=2)
    grant.refresh_from_db()
    with refused(422, "would_widen") as caught:
        grants.narrow(grant=grant, expires_at=None, max_uses=1)
    assert caught.value.errors[0].detail == "Choose from 2 (used) to 5."
    assert (Grant.objects.get().max_uses, leaves("narrowing")) == (5, 0)


@pytest.mark.parametrize(
    ("later", "max_uses", "code"),
    [(timedelta(microseconds=1), None, "would_widen"), (None, 6, "would_widen"), (-91 * DAY, None, "expiry_in_past")],
)
def test_a_grant_is_never_widened(grant: Grant, later: timedelta | None, max_uses: int | None, code: str) -> None:
    end = grant.expires_at + later if later else None
    with refused(422, code):
        grants.narrow(grant=grant, expires_at=end, max_uses=max_uses)
    row = Grant.objects.get()
    assert (row.expires_at, row.max_uses, row.version, leaves("narrowing")) == (grant.expires_at, 5, 1, 0)


def test_a_grant_is_not_narrowed_by_who_read_it_before_another_did(grant: Grant) -> None:
    read_before = Grant.objects.get()
    grants.narrow(grant=grant, expires_at=None, max_uses=3)
    with refused(412, "precondition_failed"):
        grants.narrow(grant=read_before, expires_at=None, max_uses=2)
    assert (Grant.objects.get().max_uses, leaves("narrowing")) == (3, 1)


def test_a_grant_is_not_narrowed_by_who_read_it_before_its_use(grant: Grant) -> None:
    grants.count_use([grant.id])
    with refused(412, "precondition_failed"):
        grants.narrow(grant=grant, expires_at=None, max_uses=2)
    assert Grant.objects.get().max_uses == 5


def test_an_ended_grant_cannot_be_narrowed(grant: Grant) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    with refused(409, "grant_ended"):
        grants.narrow(grant=grant, expires_at=None, max_uses=1)
    assert Grant.objects.get().max_uses == 5


def test_a_use_is_counted_for_each_grant_named_and_no_other(grant: Grant, stranger: Person) -> None:
    other = factories.grant(grant.subject, stranger)
    grants.count_use([grant.id])
    assert [Grant.objects.get(id=row.id).uses for row in (grant, other)] == [1, 0]


def test_the_database_counts_no_use_above_the_most(grant: Grant) -> None:
    Grant.objects.update(uses=5)
    with pytest.raises(IntegrityError, match="grant_uses_counted"), transaction.atomic():
        grants.count_use([grant.id])
    assert Grant.objects.get().uses == 5


def test_a_returned_use_can_be_used_again_and_none_is_returned_twice(grant: Grant) -> None:
    grants.count_use([grant.id])
    for expected in (0, 0):
        grants.return_use([grant.id])
        assert Grant.objects.get().uses == expected


def test_a_list_shows_what_one_gave_or_received(grant: Grant, requester: Person) -> None:
    assert list(grants.of_person(grant.subject, "given")) == [grant]
    assert list(grants.of_person(requester, "received")) == [grant]
    assert not grants.of_person(grant.subject, "received").exists()
    assert not grants.of_person(requester, "given").exists()
    with refused(400, "invalid_role"):
        grants.of_person(requester, "both")


def test_a_grant_is_found_by_its_two_people_alone(grant: Grant, stranger: Person) -> None:
    assert grants.find(grant.subject, grant.id) == grants.find(grant.grantee, grant.id) == grant
    for person, grant_id in ((stranger, grant.id), (grant.subject, new_id())):
        with refused(404, "not_found"):
            grants.find(person, grant_id)


# Text rules.


@pytest.mark.parametrize("rule", ["", "  ", "!?", "\u200b", "🎉"])
def test_a_text_rule_without_a_word_is_refused_for_it_would_find_nothing(
    subject: Person, requester: Person, rule: str
) -> None:
    with refused(422, "rule_without_words") as said:
        factories.grant(subject, requester, text_rules=("in rome", rule))
    assert [error.pointer for error in said.value.errors] == ["/text_rules/1"]
    assert Grant.objects.count() == 0


# Renewing.


def closed(grant: Grant) -> None:
    """Let the grant have been stopped."""
    withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=withdrawal.Mode.STOP)


def withdrawn(grant: Grant) -> None:
    """Let the grant have been withdrawn."""
    withdrawal.withdraw(subject=grant.subject, scope=Scope())


def test_renewing_moves_the_end_and_adds_uses(grant: Grant) -> None:
    later = database_now() + 200 * DAY
    grants.renew(grant=grant, expires_at=later, more_uses=3)
    row = Grant.objects.get()
    assert (row.expires_at, row.max_uses, row.uses, row.epoch, row.version) == (later, 8, 0, 1, 2)
    assert row.affirmed_at > grant.not_before
    assert leaves("renewal") == 1


def test_renewing_without_a_word_gives_the_default_period_and_no_use(grant: Grant) -> None:
    Grant.objects.update(expires_at=database_now() + DAY)
    grants.renew(grant=grant, expires_at=None, more_uses=0)
    row = Grant.objects.get()
    assert (row.expires_at - row.affirmed_at, row.max_uses) == (90 * DAY, 5)


def test_what_was_made_before_a_renewal_goes_on_standing(grant: Grant, requester: Person) -> None:
    video = factories.video(requester, grant.subject)
    grants.renew(grant=grant, expires_at=None, more_uses=1)
    assert fences.standing(video.claims(), video.lineage)
    assert Grant.objects.get().uses == 1


def test_a_used_up_grant_is_usable_again_once_it_is_renewed(subject: Person, requester: Person) -> None:
    grant = factories.grant(subject, requester, max_uses=1)
    factories.job(requester, subject)
    with refused(403, "consent_unavailable"):
        factories.job(requester, subject)
    grants.renew(grant=grant, expires_at=None, more_uses=1)
    factories.job(requester, subject)
    assert Grant.objects.get().uses == 2


@pytest.mark.parametrize("end", [past_its_end, closed, withdrawn])
def test_what_ended_is_not_renewed(grant: Grant, end: Callable[[Grant], None]) -> None:
    end(grant)
    before = Grant.objects.values().get()
    with refused(409, "grant_ended"):
        grants.renew(grant=grant, expires_at=None, more_uses=1)
    assert (Grant.objects.values().get(), leaves("renewal")) == (before, 0)


@pytest.mark.parametrize(
    ("days", "more_uses", "code"),
    [(-1, 0, "expiry_in_past"), (400, 0, "expiry_too_far"), (10, 10_000, "too_many_uses")],
)
def test_a_renewal_that_cannot_be_is_refused(grant: Grant, days: int, more_uses: int, code: str) -> None:
    before = Grant.objects.values().get()
    with refused(422, code):
        grants.renew(grant=grant, expires_at=database_now() + days * DAY, more_uses=more_uses)
    assert Grant.objects.values().get() == before
