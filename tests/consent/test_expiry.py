"""A grant past its time is written down as expired, with what a withdrawal does, and never one that was renewed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

import verify_receipt
from accounts.models import Person
from consent import audit, expiry, grants, keys, locks, receipts
from consent.models import Grant, LedgerLeaf, Permit
from socialvideo.lib import queue
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories
from tests.consent.conftest import Elsewhere
from worker import jobs, storage
from worker.models import Job, Video

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def lapse(*given: Grant) -> None:
    """Let grants be past their time since an hour ago."""
    now = database_now()
    Grant.objects.filter(id__in=[one.id for one in given]).update(not_before=now - DAY, expires_at=now - HOUR)


def states() -> dict[Any, tuple[str, int, bool]]:
    """State and epoch of every grant, and whether it says when it ended."""
    return {row.id: (row.state, row.epoch, row.ended_at is not None) for row in Grant.objects.all()}


def kinds() -> list[str]:
    """What the ledger holds, oldest first."""
    return list(LedgerLeaf.objects.order_by("index").values_list("kind", flat=True))


def test_a_grant_past_its_time_ends_and_the_ledger_and_the_receipt_say_so(grant: Grant) -> None:
    lapse(grant)
    assert expiry.sweep() == 1
    assert states() == {grant.id: ("expired", 2, True)}
    receipt: Any = receipts.of_grant(Grant.objects.get())
    assert receipt["dpv:hasConsentStatus"]["@type"] == "dpv:ConsentExpired"
    assert (receipt["terms"]["kind"], receipt["terms"]["state"]) == ("expiry", "expired")
    assert receipt["terms"]["grants"] == [{"grant": str(grant.id), "ended_epoch": 1}]
    assert verify_receipt.check_receipt(keys.canonical(receipt).decode(), keys.public_pem().encode())
    assert (kinds(), audit.first()) == (["grant", "expiry"], [])


def test_what_stands_or_is_used_up_or_ended_otherwise_is_left_alone(grant: Grant, stranger: Person) -> None:
    used_up = factories.grant(grant.subject, stranger)
    Grant.objects.filter(id=used_up.id).update(uses=5)
    revoked = factories.grant(grant.subject, factories.person())
    lapse(revoked)
    Grant.objects.filter(id=revoked.id).update(state="revoked", ended_at=database_now())
    before = list(Grant.objects.order_by("id").values())
    assert expiry.sweep() == 0
    assert (list(Grant.objects.order_by("id").values()), kinds()) == (before, ["grant"] * 3)


def test_sweeping_twice_ends_nothing_twice(grant: Grant) -> None:
    lapse(grant)
    assert (expiry.sweep(), expiry.sweep()) == (1, 0)
    assert (states(), kinds()) == ({grant.id: ("expired", 2, True)}, ["grant", "expiry"])


def test_a_closed_grant_ends_with_its_time_too(grant: Grant) -> None:
    lapse(grant)
    Grant.objects.update(closed_at=database_now())
    assert expiry.sweep() == 1


def test_all_of_several_subjects_end_in_rounds_and_small_commits(
    requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "IN_A_ROUND", 3)
    monkeypatch.setattr(expiry, "AT_ONCE", 2)
    busy = factories.enrolled()
    given = [factories.grant(busy, factories.person()) for _ in range(5)]
    given += [factories.grant(factories.enrolled(), requester) for _ in range(2)]
    lapse(*given)
    assert expiry.sweep() == 7
    assert set(states().values()) == {("expired", 2, True)}
    assert (kinds().count("expiry"), audit.first()) == (7, [])


def test_when_nothing_is_past_its_time_one_query_says_so(
    grant: Grant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert expiry.sweep() == 0


@pytest.mark.parametrize("others", [1, 8])
def test_the_statements_of_a_sweep_are_as_many_for_eight_grants_as_for_one(subject: Person, others: int) -> None:
    lapse(*[factories.grant(subject, factories.person()) for _ in range(others)])
    with CaptureQueriesContext(transaction.get_connection()) as captured:
        assert expiry.sweep() == others
    own = [query["sql"] for query in captured.captured_queries if "worker_" not in query["sql"]]
    assert len([sql for sql in own if "SAVEPOINT" not in sql]) == 10


# What rests on it


def test_jobs_are_cancelled_and_the_bytes_of_videos_purged(
    grant: Grant,
    video: Video,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    waiting = factories.job(grant.grantee, grant.subject)
    sent: list[str] = []
    monkeypatch.setattr(queue.app, "send_task", lambda name, kwargs: sent.append(name))
    lapse(grant)
    with django_capture_on_commit_callbacks(execute=True):
        expiry.sweep()
    assert Job.objects.get(id=waiting.id).status == "cancelled_consent"
    assert Permit.objects.get(job=waiting).state == "void"
    assert sent == [jobs.PURGE]
    assert (storage.purge_ended(), Video.objects.get(id=video.id).purged_at is not None) == (1, True)


def test_a_draft_that_waits_for_a_review_is_refused(requester: Person) -> None:
    ada = factories.enrolled("ada")
    given = factories.grant(ada, requester, review=True)
    draft = factories.video(requester, ada)
    lapse(given)
    expiry.sweep()
    assert Job.objects.get(video=draft).status == "refused"


def test_nothing_is_ended_when_it_cannot_be_written_down(grant: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = factories.job(grant.grantee, grant.subject)
    lapse(grant)
    monkeypatch.setattr(keys, "signer", lambda known: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        expiry.sweep()
    assert states() == {grant.id: ("given", 1, False)}
    assert (Job.objects.get(id=waiting.id).status, kinds().count("expiry")) == ("queued", 0)


@pytest.mark.django_db(transaction=True)
def test_streams_are_told_at_the_commit(grant: Grant, observer: psycopg.Connection) -> None:
    observer.execute("LISTEN ended")
    lapse(grant)
    expiry.sweep()
    (told,) = observer.notifies(timeout=5, stop_after=1)
    assert told.payload == f"grant:{grant.id}"


# Races


@pytest.mark.django_db(transaction=True)
def test_a_grant_that_is_renewed_while_the_sweep_waits_goes_on(
    grant: Grant, elsewhere: Elsewhere, until_waiting: Callable[[int], None]
) -> None:
    lapse(grant)
    with transaction.atomic():
        # A renewal that began in time: it holds the lock, and only its commit tells of the later end.
        locks.exclude([grant.subject_id])
        Grant.objects.update(expires_at=database_now() + DAY)
        swept = elsewhere(expiry.sweep)
        until_waiting(1)
    assert (swept.result(10), states(), kinds()) == (0, {grant.id: ("given", 1, False)}, ["grant"])


@pytest.mark.django_db(transaction=True)
def test_the_sweep_waits_for_a_use_that_is_open(
    grant: Grant, elsewhere: Elsewhere, until_waiting: Callable[[int], None]
) -> None:
    lapse(grant)
    with transaction.atomic():
        locks.share([grant.subject_id])
        swept = elsewhere(expiry.sweep)
        until_waiting(1)
        assert states() == {grant.id: ("given", 1, False)}
    assert (swept.result(10), states()) == (1, {grant.id: ("expired", 2, True)})


def test_what_has_expired_is_not_renewed(grant: Grant) -> None:
    lapse(grant)
    expiry.sweep()
    with pytest.raises(Problem, match="has ended"):
        grants.renew(grant=grant, expires_at=None, more_uses=1)
    assert states() == {grant.id: ("expired", 2, True)}


@pytest.mark.django_db(transaction=True)
def test_of_two_sweeps_at_once_each_grant_is_ended_by_one(requester: Person, elsewhere: Elsewhere) -> None:
    lapse(*[factories.grant(factories.enrolled(), requester) for _ in range(6)])
    sweeps = [elsewhere(expiry.sweep) for _ in range(3)]
    assert sum(sweep.result(20) for sweep in sweeps) == 6
    assert (kinds().count("expiry"), set(states().values())) == (6, {("expired", 2, True)})
