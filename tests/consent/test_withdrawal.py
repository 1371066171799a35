"""Withdrawing: one commit ends the grants, tells everybody, and leaves a receipt that anybody can check."""

import base64
import hashlib
import json
from collections.abc import Callable
from threading import Barrier
from typing import Any

import psycopg
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from consent import fences, keys, likenesses, locks, withdrawal
from consent.models import Grant, LedgerLeaf, Likeness, Permit, Veto, Withdrawal
from consent.withdrawal import Mode, Scope
from socialvideo.lib.clock import database_now, rfc3339
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.conftest import Elsewhere, refused
from worker import jobs
from worker.models import Video

HANDLER = "worker.jobs.cancel_for"


def states() -> dict[Any, tuple[str, int]]:
    """State and epoch of every grant."""
    return {row.id: (row.state, row.epoch) for row in Grant.objects.all()}


def verified(receipt: dict[str, Any], pem: str) -> bool:
    """Check a receipt as an outsider would: with the published key, JSON and SHA-256 alone."""
    public = load_pem_public_key(pem.encode())
    assert isinstance(public, Ed25519PublicKey)
    rest = {name: value for name, value in receipt.items() if name != "signature"}
    try:
        public.verify(base64.b64decode(receipt["signature"]["value"]), canonical(rest))
    except InvalidSignature:
        return False
    return bool(rest["ledger"]["leaf_hash"] == hashlib.sha256(b"\x00" + canonical(rest["terms"])).hexdigest())


def canonical(content: object) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8, by the standard library."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_withdrawing_one_grant_ends_that_one(grant: Grant, stranger: Person) -> None:
    other = factories.grant(grant.subject, stranger)
    done = withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id))
    assert states() == {grant.id: ("withdrawn", 2), other.id: ("given", 1)}
    assert done.scope == "grant"
    row = Grant.objects.get(id=grant.id)
    assert (row.ended_at, row.version) == (done.at, 2)


def test_withdrawing_from_a_grantee_ends_theirs(grant: Grant, stranger: Person) -> None:
    other = factories.grant(grant.subject, stranger)
    done = withdrawal.withdraw(subject=grant.subject, scope=Scope(grantee=stranger))
    assert states() == {grant.id: ("given", 1), other.id: ("withdrawn", 2)}
    assert done.scope == "grantee"


def test_withdrawing_everything_ends_all_of_ones_own_and_nobody_elses(grant: Grant, stranger: Person) -> None:
    second = factories.grant(grant.subject, stranger)
    foreign = factories.grant(factories.enrolled(), grant.grantee)
    done = withdrawal.withdraw(subject=grant.subject, scope=Scope())
    assert states() == {grant.id: ("withdrawn", 2), second.id: ("withdrawn", 2), foreign.id: ("given", 1)}
    assert done.scope == "everything"


def test_nobody_withdraws_what_they_did_not_give(grant: Grant, stranger: Person) -> None:
    for person, grant_id in ((stranger, grant.id), (grant.grantee, grant.id), (grant.subject, new_id())):
        with refused(404, "not_found"):
            withdrawal.withdraw(subject=person, scope=Scope(grant_id=grant_id))
    assert (states(), Withdrawal.objects.count()) == ({grant.id: ("given", 1)}, 0)


def test_a_grant_is_withdrawn_once(grant: Grant) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id))
    with refused(404, "not_found"):
        withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id))
    assert (states(), Withdrawal.objects.count()) == ({grant.id: ("withdrawn", 2)}, 1)


def test_a_grant_past_its_end_can_still_be_withdrawn(grant: Grant) -> None:
    now = database_now()
    Grant.objects.update(not_before=grant.not_before.replace(year=2000), expires_at=now)
    withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id))
    assert states() == {grant.id: ("withdrawn", 2)}


@pytest.mark.parametrize("scope", ["grantee", "everything"])
def test_withdrawing_when_nothing_stands_still_gives_a_receipt(subject: Person, requester: Person, scope: str) -> None:
    done = withdrawal.withdraw(subject=subject, scope=Scope(grantee=requester if scope == "grantee" else None))
    assert (done.scope, done.receipt["terms"]["grants"]) == (scope, [])
    assert verified(done.receipt, keys.public_pem())


def test_a_receipt_says_what_ended_and_when(grant: Grant) -> None:
    Grant.objects.update(epoch=4)
    done = withdrawal.withdraw(subject=grant.subject, scope=Scope())
    receipt = Withdrawal.objects.get().receipt
    assert receipt["terms"]["kind"] == "withdrawal"
    assert receipt["terms"]["withdrawal"] == str(done.id)
    assert receipt["terms"]["subject"] == str(grant.subject_id)
    assert receipt["terms"]["withdrawn_at"] == rfc3339(done.at)
    assert receipt["terms"]["grants"] == [{"grant": str(grant.id), "ended_epoch": 4}]
    assert receipt["ledger"]["leaf_index"] == done.leaf_id


def test_a_receipt_is_verified_offline_and_no_word_of_it_can_be_changed(grant: Grant) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    receipt = Withdrawal.objects.get().receipt
    assert verified(receipt, keys.public_pem())
    for name in set(receipt) - {"signature"}:
        assert not verified({**receipt, name: "other"}, keys.public_pem())


def test_the_leaf_of_a_withdrawal_is_the_hash_that_its_receipt_names(grant: Grant) -> None:
    done = withdrawal.withdraw(subject=grant.subject, scope=Scope())
    leaf = LedgerLeaf.objects.get(kind="withdrawal")
    assert done.receipt["ledger"]["leaf_hash"] == hashlib.sha256(b"\x00" + bytes(leaf.body)).hexdigest()
    assert done.leaf_id == leaf.index


def test_handlers_run_in_the_order_of_the_settings_with_the_ended_grants(
    grant: Grant, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    heard: list[tuple[str, list[Any]]] = []

    def hear(name: str) -> Callable[..., None]:
        return lambda *, grant_ids: heard.append((name, grant_ids))

    monkeypatch.setattr(jobs, "cancel_for", hear("first"))
    monkeypatch.setattr(jobs, "sweep", hear("second"))
    settings.WITHDRAWAL_HANDLERS = [HANDLER, "worker.jobs.sweep"]
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    assert heard == [("first", [grant.id]), ("second", [grant.id])]


def test_a_handler_that_fails_undoes_the_whole_withdrawal(grant: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(**_: object) -> None:
        about = {"requester": grant.grantee, "job_id": new_id(), "digest": b"", "subject_count": 1}
        Permit.objects.create(**about, expires_at=grant.expires_at)
        raise RuntimeError("handler broke")

    monkeypatch.setattr(HANDLER, fault)
    leaves = LedgerLeaf.objects.count()
    with pytest.raises(RuntimeError, match="handler broke"):
        withdrawal.withdraw(subject=grant.subject, scope=Scope())
    assert states() == {grant.id: ("given", 1)}
    assert (Withdrawal.objects.count(), Permit.objects.count(), LedgerLeaf.objects.count()) == (0, 0, leaves)


def test_a_withdrawal_cancels_the_jobs_that_rest_on_it_and_gives_their_uses_back(
    grant: Grant, requester: Person
) -> None:
    other = factories.enrolled()
    theirs = factories.grant(other, requester)
    job = factories.job(requester, grant.subject, other)
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    job.refresh_from_db()
    assert (job.status, Permit.objects.get().state) == ("cancelled_consent", "void")
    assert Grant.objects.get(id=theirs.id).uses == 0


def test_the_lock_is_taken_before_anything_is_read(grant: Grant) -> None:
    with CaptureQueriesContext(connection) as queries:
        withdrawal.withdraw(subject=grant.subject, scope=Scope())
    statements = [query["sql"] for query in queries.captured_queries if not query["sql"].startswith("SAVEPOINT")]
    assert statements[0].startswith("SELECT pg_advisory_xact_lock(k)")
    assert str(locks.key(grant.subject_id)) in statements[0]
    assert "consent_grant" in statements[1]


def test_a_withdrawal_takes_the_same_statements_for_one_grant_and_for_eight(grant: Grant) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            withdrawal.withdraw(subject=grant.subject, scope=Scope())
        counts.append(len(queries))
        for _ in range(8):
            factories.grant(grant.subject, factories.person())
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_is_told_at_its_commit_and_not_before(
    grant: Grant, observer: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer.execute("LISTEN ended")

    def fault(**_: object) -> None:
        raise RuntimeError("handler broke")

    with monkeypatch.context() as patch:
        patch.setattr(withdrawal, "_receipted", lambda *_: fault())
        with pytest.raises(RuntimeError, match="handler broke"):
            withdrawal.withdraw(subject=grant.subject, scope=Scope())
    assert [told.payload for told in observer.notifies(timeout=0)] == []
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    assert [told.payload for told in observer.notifies(timeout=5, stop_after=1)] == [f"grant:{grant.id}"]


@pytest.mark.django_db(transaction=True)
def test_subjects_of_one_job_who_withdraw_at_once_do_not_wait_for_each_other(
    grant: Grant, requester: Person, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cancels the job, and gives the other's grant its use back: the rows must be taken in one order."""
    other = factories.enrolled()
    factories.grant(other, requester)
    factories.job(requester, grant.subject, other)
    together = Barrier(2)
    cancel_for = jobs.cancel_for

    def at_once(*, grant_ids: list[Any]) -> None:
        together.wait(5)
        cancel_for(grant_ids=grant_ids)

    monkeypatch.setattr(HANDLER, at_once)
    people = (grant.subject, other)
    trials = [elsewhere(lambda who=who: withdrawal.withdraw(subject=who, scope=Scope())) for who in people]
    assert [trial.exception(10) for trial in trials] == [None, None]
    assert [state for state, _ in states().values()] == ["withdrawn", "withdrawn"]


# How far a withdrawal goes.


def test_stopping_closes_the_grant_and_leaves_its_epoch(grant: Grant) -> None:
    done = withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id), mode=Mode.STOP)
    row = Grant.objects.get()
    assert (row.state, row.epoch, row.version, row.closed_at, row.ended_at) == ("given", 1, 2, done.at, None)
    assert (done.mode, done.receipt["terms"]["mode"]) == ("stop", "stop")
    assert verified(done.receipt, keys.public_pem())


def test_stopping_twice_keeps_the_first_time(grant: Grant) -> None:
    first = withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=Mode.STOP)
    withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=Mode.STOP)
    row = Grant.objects.get()
    assert (row.closed_at, row.version) == (first.at, 2)


def test_what_was_stopped_can_still_be_unpublished(grant: Grant) -> None:
    for mode in (Mode.STOP, Mode.UNPUBLISH):
        withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id), mode=mode)
    assert states() == {grant.id: ("withdrawn", 2)}


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_cancels_the_jobs_and_voids_their_permits(grant: Grant, requester: Person, mode: Mode) -> None:
    job = factories.job(requester, grant.subject)
    withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=mode)
    job.refresh_from_db()
    assert (job.status, Permit.objects.get().state) == ("cancelled_consent", "void")


@pytest.mark.parametrize(("mode", "opens"), [(Mode.STOP, True), (Mode.UNPUBLISH, False), (Mode.ERASE, False)])
def test_only_stopping_leaves_what_was_made_to_be_opened(
    video: Video, subject: Person, mode: Mode, opens: bool
) -> None:
    withdrawal.withdraw(subject=subject, scope=Scope(), mode=mode)
    assert fences.standing(video.claims(), video.lineage) is opens
    assert not fences.standing(video.claims(), video.lineage, maker=video.owner_id)


def test_nothing_is_announced_when_only_new_uses_end(grant: Grant) -> None:
    with CaptureQueriesContext(connection) as queries:
        withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=Mode.STOP)
    assert [query["sql"] for query in queries.captured_queries if "pg_notify" in query["sql"]] == []


def test_a_stopped_grant_can_be_given_anew_and_the_old_one_stays_closed(grant: Grant) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=Mode.STOP)
    fresh = factories.grant(grant.subject, grant.grantee)
    old = Grant.objects.get(id=grant.id)
    assert (old.state, fresh.state, fresh.closed_at) == ("given", "given", None)
    assert old.closed_at


def test_erasing_destroys_the_key_in_the_same_commit(grant: Grant) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=Mode.ERASE)
    likeness = Likeness.objects.get()
    assert (likeness.key, states()) == (None, {grant.id: ("withdrawn", 2)})
    assert likeness.erased_at
    with pytest.raises(ValueError, match="erased"):
        likenesses.unseal(likeness)


@pytest.mark.parametrize("mode", Mode)
def test_a_handler_that_fails_undoes_every_mode(grant: Grant, monkeypatch: pytest.MonkeyPatch, mode: Mode) -> None:
    def fault(**_: object) -> None:
        raise RuntimeError("handler broke")

    monkeypatch.setattr(HANDLER, fault)
    with pytest.raises(RuntimeError, match="handler broke"):
        withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=mode)
    assert (states(), Withdrawal.objects.count()) == ({grant.id: ("given", 1)}, 0)
    assert Grant.objects.get().closed_at is None
    assert Likeness.objects.exclude(key=None).count() == 1


def test_what_fails_after_the_key_is_destroyed_brings_it_back(grant: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawal, "_receipted", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=Mode.ERASE)
    assert (states(), Likeness.objects.get().erased_at) == ({grant.id: ("given", 1)}, None)


# One video.


def test_withdrawing_one_video_leaves_the_grant_and_its_other_videos(video: Video, subject: Person) -> None:
    sibling = factories.video(video.owner, subject)
    withdrawal.withdraw(subject=subject, scope=Scope(video_id=video.id))
    assert [state for state, _ in states().values()] == ["given"]
    assert not fences.standing(video.claims(), video.lineage)
    assert fences.standing(sibling.claims(), sibling.lineage)


def test_a_veto_is_told_and_undone_with_a_withdrawal_that_fails(
    video: Video, subject: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CaptureQueriesContext(connection) as queries:
        withdrawal.withdraw(subject=subject, scope=Scope(video_id=video.id))
    assert any("pg_notify" in query["sql"] and f"video:{video.id}" in query["sql"] for query in queries)
    other = factories.video(video.owner, subject)
    monkeypatch.setattr(withdrawal, "_receipted", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        withdrawal.withdraw(subject=subject, scope=Scope(video_id=other.id))
    assert list(Veto.objects.values_list("video_id", flat=True)) == [video.id]


def test_stopping_tells_an_auditor_that_the_epoch_goes_on_standing(grant: Grant) -> None:
    done = withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id), mode=Mode.STOP)
    assert (done.receipt["terms"]["closed"], done.receipt["terms"]["grants"]) == ([str(grant.id)], [])
