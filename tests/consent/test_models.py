"""The tables: what no code path may store, whoever writes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models.functions import Now

from accounts.models import Person
from consent import asks, gate, permits, withdrawal
from consent.models import (
    Acceptance,
    Ask,
    Decision,
    Grant,
    LedgerHead,
    LedgerLeaf,
    Likeness,
    Permit,
    PermitSubject,
    Veto,
    Withdrawal,
)
from consent.rules import Audience, Category, Claim, Point, Purpose, State, Wish
from consent.withdrawal import Scope
from socialvideo.lib.ids import new_id
from tests import factories


def refuses(change: Callable[[], Any], why: str) -> None:
    """Assert that the database refuses the change."""
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        change()


def decide(grant: Grant) -> Decision:
    """Let the gate write a decision."""
    claim = Claim(grant.subject_id, grant.id, 1)
    gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[claim], effect=lambda _: None)
    return Decision.objects.get()


def permit_of(grant: Grant) -> Permit:
    """Issue a permit under the grant."""
    return permits.issue(
        requester=grant.grantee,
        subjects=[grant.subject_id],
        digest=bytes(32),
        wish=Wish(),
        job_id=new_id(),
        effect=lambda permit: permit,
    )


def test_the_journal_is_never_changed_and_never_dropped(grant: Grant) -> None:
    decide(grant)
    refuses(
        lambda: Decision.objects.update(verdict="denied", reason="ended"), "append-only: UPDATE of consent_decision"
    )
    refuses(lambda: Decision.objects.all().delete(), "append-only: DELETE of consent_decision")
    assert Decision.objects.get().verdict == "allowed"


def test_a_withdrawal_is_never_changed_and_never_dropped(grant: Grant) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    refuses(lambda: Withdrawal.objects.update(scope="grant"), "append-only: UPDATE of consent_withdrawal")
    refuses(lambda: Withdrawal.objects.all().delete(), "append-only: DELETE of consent_withdrawal")
    assert Withdrawal.objects.get().scope == "everything"


@pytest.mark.parametrize("table", [Acceptance, Veto])
def test_what_a_subject_said_of_a_video_is_never_changed_and_never_dropped(
    subject: Person, table: type[Acceptance] | type[Veto]
) -> None:
    Acceptance.objects.create(subject=subject, video_id=new_id(), digest=bytes(32))
    Veto.objects.create(subject=subject, video_id=new_id())
    before = table.objects.values().get()
    refuses(lambda: table.objects.update(video_id=new_id()), f"append-only: UPDATE of {table._meta.db_table}")
    refuses(lambda: table.objects.all().delete(), f"append-only: DELETE of {table._meta.db_table}")
    assert table.objects.values().get() == before


def test_a_veto_is_once_a_video_and_an_acceptance_once_a_render(subject: Person) -> None:
    video_id = new_id()
    Veto.objects.create(subject=subject, video_id=video_id)
    refuses(lambda: Veto.objects.create(subject=subject, video_id=video_id), "veto_once")
    for digest in (bytes(32), b"x" * 32):
        Acceptance.objects.create(subject=subject, video_id=video_id, digest=digest)
        refuses(lambda d=digest: Acceptance.objects.create(subject=subject, video_id=video_id, digest=d), "acceptance")  # type: ignore[misc]


@pytest.mark.parametrize("after", [None, Now() + timedelta(days=1)], ids=["opened", "later"])
def test_a_closed_grant_stays_closed(grant: Grant, after: Any) -> None:
    row = Grant.objects.filter(id=grant.id)
    row.update(closed_at=Now())
    refuses(lambda: row.update(closed_at=after), "stays closed")
    assert row.get().closed_at


@pytest.mark.parametrize("end", [state for state in State if state is not State.GIVEN])
@pytest.mark.parametrize("after", State)
def test_an_ended_grant_stays_as_it_ended(grant: Grant, end: State, after: State) -> None:
    row = Grant.objects.filter(id=grant.id)
    row.update(state=end, ended_at=Now())
    if end is not after:
        refuses(lambda: row.update(state=after, ended_at=None if after is State.GIVEN else Now()), "stays so")
    assert row.get().state == end


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_an_epoch_is_never_lowered(grant: Grant, epoch: int) -> None:
    row = Grant.objects.filter(id=grant.id)
    row.update(epoch=3)
    refuses(lambda: row.update(epoch=epoch), "never lowers its epoch")
    assert row.get().epoch == 3


def test_a_grant_keeps_its_people(grant: Grant, stranger: Person) -> None:
    row = Grant.objects.filter(id=grant.id)
    refuses(lambda: row.update(grantee=stranger), "keeps its people")
    refuses(lambda: row.update(subject=stranger), "keeps its people")
    assert row.get().grantee_id == grant.grantee_id


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"uses": 6}, "grant_uses_counted"),
        ({"expires_at": models.F("not_before")}, "grant_expires_later"),
        ({"state": "withdrawn"}, "grant_ended"),
        ({"ended_at": Now()}, "grant_ended"),
        ({"state": "paused", "ended_at": Now()}, "grant_state_known"),
        ({"audience": "everybody"}, "grant_audience_known"),
    ],
)
def test_the_database_refuses_a_grant_that_cannot_be(grant: Grant, fields: dict[str, Any], constraint: str) -> None:
    refuses(lambda: Grant.objects.filter(id=grant.id).update(**fields), constraint)


def test_the_database_refuses_a_second_standing_grant_of_a_pair(grant: Grant) -> None:
    twin = Grant.objects.get()
    twin.pk = new_id()
    refuses(lambda: twin.save(force_insert=True), "grant_one_standing")


def test_the_database_refuses_a_second_active_likeness(subject: Person) -> None:
    refuses(lambda: factories.likeness(subject), "likeness_one_active")


@pytest.mark.parametrize("fields", [{"key": None}, {"erased_at": Now()}])
def test_a_likeness_has_its_key_exactly_until_it_is_erased(subject: Person, fields: dict[str, Any]) -> None:
    refuses(lambda: Likeness.objects.update(**fields), "likeness_erased_has_no_key")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"verdict": "allowed", "reason": "", "grant": None}, "decision_has_its_ground"),
        ({"verdict": "allowed", "reason": "ended"}, "decision_has_its_ground"),
        ({"verdict": "denied", "reason": ""}, "decision_has_its_ground"),
        ({"verdict": "perhaps", "reason": "ended"}, "decision_has_its_ground"),
    ],
)
def test_a_decision_without_its_ground_is_refused(grant: Grant, fields: dict[str, Any], constraint: str) -> None:
    leaf = LedgerLeaf.objects.create(index=9, kind="use", body=b"", leaf_hash=bytes(32))
    known: dict[str, Any] = {"point": "open", "subject": grant.subject, "requester": grant.grantee, "grant": grant}
    refuses(lambda: Decision.objects.create(**{**known, **fields}, leaf=leaf), constraint)


def test_a_permit_has_each_grant_once_and_ends_after_it_began(grant: Grant) -> None:
    permit = permit_of(grant)
    row = permit.subjects.get()
    refuses(
        lambda: PermitSubject.objects.create(
            permit=permit, subject=row.subject, grant=grant, epoch=1, likeness=row.likeness, place=1
        ),
        "permit_grant_once",
    )
    refuses(lambda: Permit.objects.update(expires_at=models.F("created_at")), "permit_expires_later")


def test_an_index_below_zero_and_a_size_below_zero_are_refused(db: None) -> None:
    refuses(
        lambda: LedgerLeaf.objects.create(index=-1, kind="x", body=b"", leaf_hash=bytes(32)), "leaf_index_from_zero"
    )
    refuses(lambda: LedgerHead.objects.update(size=-1), "ledger_size_from_zero")


def test_a_withdrawal_has_a_known_scope(subject: Person) -> None:
    leaf = LedgerLeaf.objects.create(index=9, kind="x", body=b"", leaf_hash=bytes(32))
    refuses(
        lambda: Withdrawal.objects.create(subject=subject, scope="some", at=Now(), receipt={}, leaf=leaf),
        "withdrawal_scope_known",
    )


def test_nobody_asks_themselves_and_an_answer_has_its_time(subject: Person, requester: Person) -> None:
    wish: dict[str, Any] = {"purposes": ["personal"], "audience": "private"}
    refuses(lambda: Ask.objects.create(requester=subject, subject=subject, **wish), "ask_not_oneself")
    refuses(lambda: Ask.objects.create(requester=requester, subject=subject, **wish, answered_at=Now()), "ask_answered")


def test_the_fact_of_a_grant_is_what_its_row_says(grant: Grant) -> None:
    fact = Grant.objects.get(id=grant.id).fact()
    assert (fact.id, fact.subject_id, fact.state, fact.epoch) == (grant.id, grant.subject_id, State.GIVEN, 1)
    assert (fact.not_before, fact.expires_at) == (grant.not_before, grant.expires_at)
    assert (fact.uses, fact.max_uses, fact.audience) == (0, 5, Audience.PUBLIC)
    assert fact.purposes == {Purpose.ENTERTAINMENT}
    assert fact.expires_at - fact.not_before == timedelta(days=90)
    assert (fact.modalities, fact.rights, fact.denied) == ({"face"}, frozenset(), set(Category) - {Category.MEDICAL})
    assert (fact.text_rules, fact.review, fact.closed) == ((), False, False)
    terms = {"may_remix": True, "may_download": True, "text_rules": ["rome"], "review": True, "closed_at": Now()}
    Grant.objects.update(**terms, modalities=["voice"], denied_categories=["crime"])
    fact = Grant.objects.get(id=grant.id).fact()
    assert (fact.modalities, fact.rights, fact.denied) == ({"voice"}, {"remix", "download"}, {"crime"})
    assert (fact.text_rules, fact.review, fact.closed) == (("rome",), True, True)


def test_rows_name_themselves_by_ids_and_states(grant: Grant) -> None:
    subject, requester = grant.subject, grant.grantee
    permit = permit_of(grant)
    ask = asks.ask(requester=requester, subject=subject, purposes=["personal"], audience="private", message="")
    done = withdrawal.withdraw(subject=subject, scope=Scope())
    assert str(Likeness.objects.get()) == f"likeness of {subject.id}"
    assert str(ask) == f"{requester.id} asks {subject.id}"
    assert str(grant) == f"{subject.id} grants {requester.id} (given)"
    assert str(permit) == f"permit {permit.id} (issued)"
    assert str(permit.subjects.get()) == f"{subject.id} in {permit.id}"
    assert str(LedgerLeaf.objects.first()) == "0 grant"
    assert str(LedgerHead.objects.get()) == "ledger of 4"
    assert str(Decision.objects.get()) == "request allowed"
    assert str(done) == f"{subject.id} withdraws everything"


def test_the_tables_that_only_grow_are_guarded_by_triggers(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE ANY(%s)", [["consent%", "grant%"]]
        )
        names = {name for (name,) in cursor.fetchall()}
    assert names == {
        "consent_ledgerleaf_append_only",
        "consent_decision_append_only",
        "consent_withdrawal_append_only",
        "consent_veto_append_only",
        "consent_acceptance_append_only",
        "consent_ledgernode_append_only",
        "grant_only_ends",
    }
