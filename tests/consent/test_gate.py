"""The gate: no effect without a decision, no decision without a journal row, and nothing told to who is refused."""

import re
from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from consent import gate, journal, keys, locks, withdrawal
from consent.models import Decision, Grant, LedgerHead, LedgerLeaf, Likeness
from consent.rules import (
    Allowed,
    Claim,
    Point,
    Reason,
)
from consent.withdrawal import Scope
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import document
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.asking import ABOUT, ARRANGED, HOUR, WISH, Tried, ended, held, point_of


def test_an_effect_runs_when_the_grant_stands(grant: Grant, subject: Person, requester: Person) -> None:
    outcome = gate.use(
        point=Point.OPEN,
        requester_id=requester.id,
        claims=[Claim(subject.id)],
        effect=lambda allowed: [fact.id for fact in allowed.grants],
    )
    assert outcome == [grant.id]


def photo(grant: Grant) -> UUID:
    """The subject's likeness that a run has open."""
    return Likeness.objects.get(subject=grant.subject_id).id


@pytest.mark.parametrize("point", Point)
def test_an_allowed_decision_is_journaled_with_the_grant_it_rests_on(grant: Grant, point: Point) -> None:
    job_id, video_id = new_id(), new_id()
    gate.use(
        point=point,
        requester_id=grant.grantee_id,
        claims=[held(grant)],
        wish=WISH,
        about=journal.About(job_id, video_id, likenesses=(photo(grant),)),
        effect=lambda _: None,
    )
    row = Decision.objects.get()
    assert (row.point, row.verdict, row.reason) == (point, "allowed", "")
    assert (row.subject_id, row.requester_id) == (grant.subject_id, grant.grantee_id)
    assert (row.grant_id, row.epoch, row.job_id, row.video_id) == (grant.id, 1, job_id, video_id)
    assert (row.purpose, row.audience) == ("entertainment", "public")


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_keeps_the_effect_from_running_and_is_journaled(
    grant: Grant, requester: Person, reason: Reason
) -> None:
    tried = Tried(point_of(reason), requester, [ARRANGED[reason](grant)], WISH, ABOUT)
    assert tried.ran == []
    row = Decision.objects.get()
    assert (row.verdict, row.reason, row.subject_id) == ("denied", reason, grant.subject_id)


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_tells_neither_person_nor_reason(grant: Grant, requester: Person, reason: Reason) -> None:
    denied = Tried(point_of(reason), requester, [ARRANGED[reason](grant)], WISH, ABOUT).denied
    assert denied
    assert document(denied.status_code, denied.code, str(denied.detail), denied.errors) == {
        "type": "/docs/problems#consent_unavailable",
        "title": "Forbidden",
        "status": 403,
        "code": "consent_unavailable",
        "detail": "This is not covered by a permission. Ask at POST /api/v1/asks, or wish for something else.",
    }
    assert denied.headers == {}


def test_refusals_over_http_are_the_same_byte_for_byte(grant: Grant, requester: Person, stranger: Person) -> None:
    api = factories.client(requester)
    bodies = set()
    for handle, purpose in [("eileen", "education"), ("kim", "entertainment"), ("nobody_at_all", "entertainment")]:
        wish = {"subjects": [handle], "prompt": "surfing", "purpose": purpose, "audience": "public"}
        reply = api.post("/api/v1/jobs", wish, format="json")
        assert reply.status_code == 403
        bodies.add(reply.content)
    assert len(bodies) == 1


def test_a_stale_epoch_is_denied_though_the_grant_stands(grant: Grant, requester: Person) -> None:
    Grant.objects.filter(id=grant.id).update(epoch=2)
    assert Tried(Point.OPEN, requester, [held(grant)]).ran == []
    assert len(Tried(Point.OPEN, requester, [Claim(grant.subject_id, grant.id, 2)]).ran) == 1


def test_a_remembered_grant_is_decided_for_whoever_opens_what_was_made(grant: Grant, stranger: Person) -> None:
    assert len(Tried(Point.OPEN, stranger, [held(grant)]).ran) == 1


def test_a_grant_for_one_person_is_no_grant_for_another(grant: Grant, stranger: Person) -> None:
    assert Tried(Point.REQUEST, stranger, [Claim(grant.subject_id)]).ran == []
    assert Decision.objects.get().reason == "no_grant"


def test_a_new_grant_does_not_revive_what_rested_on_the_old_one(grant: Grant, subject: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=Scope())
    factories.grant(subject, grant.grantee)
    assert Tried(Point.OPEN, grant.grantee, [held(grant)]).ran == []
    assert Decision.objects.get().reason == "ended"


def test_the_grant_of_one_subject_does_not_answer_for_another(
    grant: Grant, stranger: Person, requester: Person
) -> None:
    assert Tried(Point.OPEN, requester, [Claim(stranger.id, grant.id, 1)]).ran == []
    assert Decision.objects.get().reason == "no_grant"


def test_one_subject_without_a_grant_denies_the_whole_and_is_the_one_journaled(grant: Grant, requester: Person) -> None:
    other = factories.enrolled()
    assert Tried(Point.REQUEST, requester, [Claim(grant.subject_id), Claim(other.id)]).ran == []
    row = Decision.objects.get()
    assert (row.subject_id, row.verdict) == (other.id, "denied")


def test_every_subject_of_an_allowed_effect_gets_a_row_and_a_leaf(grant: Grant, requester: Person) -> None:
    other = factories.enrolled()
    second = factories.grant(other, requester)
    leaves = LedgerLeaf.objects.count()
    tried = Tried(Point.OPEN, requester, [Claim(grant.subject_id), Claim(other.id)])
    assert [fact.id for fact in tried.ran[0].grants] == [grant.id, second.id]
    rows = Decision.objects.order_by("leaf_id")
    assert [row.subject_id for row in rows] == [grant.subject_id, other.id]
    assert [row.leaf_id for row in rows] == [leaves, leaves + 1]


def test_an_effect_that_raises_leaves_no_row_no_leaf_and_no_change(grant: Grant, requester: Person) -> None:
    head = LedgerHead.objects.get()

    def fault(_: Allowed) -> None:
        Person.objects.filter(id=requester.id).update(bio="changed")
        raise RuntimeError("the effect broke")

    with pytest.raises(RuntimeError, match="the effect broke"):
        gate.use(point=Point.OPEN, requester_id=requester.id, claims=[held(grant)], effect=fault)
    assert Decision.objects.count() == 0
    assert LedgerLeaf.objects.count() == LedgerHead.objects.get().size == head.size
    assert Person.objects.get(id=requester.id).bio == ""


def test_an_effect_is_undone_when_the_journal_cannot_be_written(
    grant: Grant, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(**_: object) -> None:
        raise RuntimeError("no journal")

    monkeypatch.setattr(journal, "write", fault)
    with pytest.raises(RuntimeError, match="no journal"):
        gate.use(
            point=Point.OPEN,
            requester_id=requester.id,
            claims=[held(grant)],
            effect=lambda _: Person.objects.filter(id=requester.id).update(bio="changed"),
        )
    assert Person.objects.get(id=requester.id).bio == ""


def test_nothing_is_used_while_the_key_cannot_be_read(
    grant: Grant, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault() -> None:
        raise PermissionError("no key")

    monkeypatch.setattr(keys, "private_key", fault)
    ran: list[Allowed] = []
    with pytest.raises(PermissionError, match="no key"):
        gate.use(point=Point.OPEN, requester_id=requester.id, claims=[held(grant)], effect=ran.append)
    assert (ran, Decision.objects.count()) == ([], 0)


def test_a_quiet_use_writes_nothing_when_allowed_and_a_row_when_denied(grant: Grant, requester: Person) -> None:
    def chunk() -> str:
        return gate.use(
            point=Point.CHUNK, requester_id=requester.id, claims=[held(grant)], effect=lambda _: "sent", quiet=True
        )

    assert chunk() == "sent"
    assert Decision.objects.count() == 0
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    with pytest.raises(gate.Denied):
        chunk()
    assert Decision.objects.get().reason == "ended"


def test_an_effect_on_nobody_is_an_error_and_does_not_run(requester: Person) -> None:
    ran: list[Allowed] = []
    with pytest.raises(ValueError, match="names its subjects"):
        gate.use(point=Point.OPEN, requester_id=requester.id, claims=[], effect=ran.append)
    assert ran == []


@pytest.mark.django_db(transaction=True)
def test_a_denial_is_committed_though_the_effect_never_ran(
    subject: Person, requester: Person, observer: psycopg.Connection
) -> None:
    assert Tried(Point.REQUEST, requester, [Claim(subject.id)]).ran == []
    assert observer.execute("SELECT reason FROM consent_decision").fetchall() == [("no_grant",)]
    assert observer.execute("SELECT kind FROM consent_ledgerleaf").fetchall() == [("use",)]


@pytest.mark.django_db(transaction=True)
def test_the_gate_refuses_to_run_inside_another_transaction(grant: Grant, requester: Person) -> None:
    ran: list[Allowed] = []
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        gate.use(point=Point.OPEN, requester_id=requester.id, claims=[held(grant)], effect=ran.append)
    assert ran == []


@pytest.mark.django_db(transaction=True)
def test_a_person_who_does_not_exist_is_refused_and_the_effect_does_not_run(requester: Person) -> None:
    ran: list[Allowed] = []
    with pytest.raises(Exception, match="violates foreign key"):
        gate.use(point=Point.REQUEST, requester_id=requester.id, claims=[Claim(new_id())], effect=ran.append)
    assert (ran, LedgerLeaf.objects.count()) == ([], 0)


# The order of statements. The lock is one statement and the read the next, else the read could be older than the wait.

STEPS = {
    "place": r"SELECT CASE WHEN pg_try_advisory_xact_lock\(k, 0\)",
    "lock": r"SELECT pg_advisory_xact_lock_shared\(k\) FROM unnest",
    "grants held": r'SELECT .* FROM "consent_grant" .* FOR NO KEY UPDATE',
    "grants": r'SELECT .* FROM "consent_grant" ',
    "likenesses": r'SELECT .* FROM "consent_likeness" ',
    "acceptances": r'SELECT .* FROM "consent_acceptance" ',
    "vetoes": r'SELECT .* FROM "consent_veto" ',
    "effect": r'UPDATE "accounts_person" ',
    "head held": r"\s*SELECT .* FROM consent_ledgerhead .* FOR UPDATE",
    "leaves and head": r"\s*WITH head AS \(UPDATE consent_ledgerhead .*\s.*INSERT INTO consent_ledgerleaf ",
    "decisions": r'INSERT INTO "consent_decision" ',
}
WRITTEN = ["effect", "head held", "leaves and head", "decisions"]


def steps(queries: CaptureQueriesContext) -> list[str]:
    """The statements between the begin and the end of the transaction, each by its name above."""
    statements = [query["sql"] for query in queries.captured_queries]
    inner = [sql for sql in statements if not re.match("SAVEPOINT|RELEASE|BEGIN|COMMIT", sql)]
    return [next(name for name, pattern in STEPS.items() if re.match(pattern, sql)) for sql in inner]


@pytest.mark.parametrize(
    ("point", "read"),
    [
        (Point.REQUEST, ["grants", "grants held", "likenesses"]),
        (Point.START, ["grants", "likenesses"]),
        (Point.STEP, ["grants", "likenesses"]),
        (Point.SEAL, ["grants", "likenesses"]),
        (Point.PUBLISH, ["grants"]),
        (Point.OPEN, ["grants"]),
        (Point.CHUNK, ["grants"]),
    ],
)
def test_the_statements_of_a_use_come_in_one_order(grant: Grant, point: Point, read: list[str]) -> None:
    about = journal.About(likenesses=(photo(grant),))
    with CaptureQueriesContext(connection) as queries:
        gate.use(
            point=point,
            requester_id=grant.grantee_id,
            claims=[held(grant)],
            about=about,
            effect=lambda _: Person.objects.filter(id=grant.grantee_id).update(bio="seen"),
        )
    assert steps(queries) == ["place", "lock", *read, *WRITTEN]


@pytest.mark.parametrize(
    ("point", "read"),
    [(Point.OPEN, ["grants", "vetoes"]), (Point.PUBLISH, ["grants", "acceptances", "vetoes"])],
)
def test_a_use_of_a_video_also_reads_what_its_subjects_said_of_it(grant: Grant, point: Point, read: list[str]) -> None:
    with CaptureQueriesContext(connection) as queries:
        Tried(point, grant.grantee, [held(grant)], about=ABOUT)
    assert steps(queries) == ["place", "lock", *read, *WRITTEN[1:]]


def test_a_denied_use_reads_and_journals_and_does_nothing_else(grant: Grant) -> None:
    claim = ended(grant)
    with CaptureQueriesContext(connection) as queries, pytest.raises(gate.Denied):
        gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[claim], effect=lambda _: None)
    assert steps(queries) == ["place", "lock", "grants", *WRITTEN[1:]]


def test_a_quiet_use_is_two_statements(grant: Grant) -> None:
    with CaptureQueriesContext(connection) as queries:
        gate.use(
            point=Point.CHUNK,
            requester_id=grant.grantee_id,
            claims=[held(grant)],
            effect=lambda _: None,
            quiet=True,
        )
    assert steps(queries) == ["lock", "grants"]


def test_the_number_of_statements_does_not_grow_with_the_subjects(grant: Grant, requester: Person) -> None:
    counts = []
    claims = [Claim(grant.subject_id)]
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            Tried(Point.REQUEST, requester, claims)
        counts.append(len(steps(queries)))
        for _ in range(4):
            other = factories.enrolled()
            factories.grant(other, requester)
            claims.append(Claim(other.id))
    assert counts == [7, 7]


def test_the_clock_of_a_decision_is_the_databases_after_the_lock(
    grant: Grant, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grant expires while the gate waits for the lock: the read comes after the wait, so it sees that."""
    real = locks.share

    def slow(subject_ids: object) -> None:
        real(subject_ids)
        now: datetime = database_now()
        Grant.objects.filter(id=grant.id).update(not_before=now - HOUR, expires_at=now)

    monkeypatch.setattr(locks, "share", slow)
    assert Tried(Point.OPEN, requester, [held(grant)]).ran == []
    assert Decision.objects.get().reason == "expired"
