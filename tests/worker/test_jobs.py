"""Jobs: submitted, claimed under a lease, reported, ended; and a worker that lost its lease changes nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import Person
from consent import audit, gate, permits, withdrawal
from consent.models import Decision, Grant, Permit, PermitSubject
from consent.rules import NOBODY, Audience, Purpose
from socialvideo.lib import queue
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from worker import jobs
from worker.jobs import Claimed, LeaseLost
from worker.models import Job, Video

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Sent = list[tuple[str, dict[str, str]]]


@pytest.fixture
def job(grant: Grant, subject: Person, requester: Person) -> Job:
    """A queued job of the requester for the subject."""
    return factories.job(requester, subject)


@pytest.fixture
def claimed(job: Job) -> Claimed:
    """That job, claimed by a worker."""
    return take(job.id)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What was handed to the broker."""
    messages: Sent = []
    monkeypatch.setattr(queue.app, "send_task", lambda name, kwargs: messages.append((name, kwargs)))
    return messages


def take(job_id: UUID) -> Claimed:
    claimed = jobs.claim(job_id)
    assert claimed
    return claimed


def lapse(job_id: UUID) -> None:
    """Let the job's lease run out, as if its worker were dead."""
    Job.objects.filter(id=job_id).update(lease_until=LONG_AGO)


def row(job_id: UUID) -> dict[str, object]:
    return Job.objects.filter(id=job_id).values().get()


def uses(grant: Grant) -> int:
    return Grant.objects.get(id=grant.id).uses


def permit_state(job_id: UUID) -> str:
    return Permit.objects.get(job=job_id).state


# Submitting


def test_a_submitted_job_waits_with_its_spec_and_its_permit(job: Job, grant: Grant, subject: Person) -> None:
    job.refresh_from_db()
    assert (job.status, job.progress, job.attempts, job.fence) == ("queued", 0, 0, 0)
    assert job.spec == factories.spec(subject).stored()
    assert bytes(job.permit.digest) == factories.spec(subject).digest
    held = PermitSubject.objects.get(permit=job.permit)
    assert (held.subject_id, held.grant_id, held.epoch) == (subject.id, grant.id, 1)
    assert uses(grant) == 1


def test_the_wake_up_is_sent_at_commit_and_not_before(
    grant: Grant,
    subject: Person,
    requester: Person,
    sent: Sent,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        job = factories.job(requester, subject)
    assert sent == []
    for callback in callbacks:
        callback()
    assert sent == [("worker.tasks.run_job", {"job_id": str(job.id)})]


REFUSED = {
    "no grant": {},
    "a used-up grant": {"max_uses": 1},
    "another purpose": {"purposes": frozenset({Purpose.EDUCATION})},
    "a wider audience": {"audience": Audience.FOLLOWERS},
}


@pytest.mark.parametrize("terms", REFUSED.values(), ids=REFUSED)
def test_a_refused_wish_stores_nothing_but_the_denial(
    subject: Person, requester: Person, sent: Sent, terms: dict[str, object]
) -> None:
    given = factories.grant(subject, requester, **terms) if terms else None
    if given:
        Grant.objects.filter(max_uses=1).update(uses=1)
    with pytest.raises(gate.Denied):
        factories.job(requester, subject)
    assert (Job.objects.count(), Permit.objects.count(), PermitSubject.objects.count(), sent) == (0, 0, 0, [])
    assert given is None or uses(given) == (1 if given.max_uses == 1 else 0)
    assert Decision.objects.get().verdict == "denied"


def test_one_subject_without_a_grant_refuses_the_wish_for_all(grant: Grant, subject: Person, requester: Person) -> None:
    with pytest.raises(gate.Denied):
        factories.job(requester, subject, factories.enrolled())
    assert (Job.objects.count(), Permit.objects.count(), uses(grant)) == (0, 0, 0)


def test_a_wish_for_nobody_stores_nothing_but_the_denial(grant: Grant, subject: Person, requester: Person) -> None:
    with pytest.raises(gate.Denied):
        factories.job(requester, subject, Person(id=NOBODY))
    assert (Job.objects.count(), Permit.objects.count(), uses(grant)) == (0, 0, 0)
    assert list(Decision.objects.values_list("subject", "verdict", "reason")) == [(None, "denied", "no_grant")]
    assert audit.first() == []


# Claiming


def test_a_claim_takes_the_job_under_a_lease(job: Job, subject: Person) -> None:
    claimed = take(job.id)
    assert claimed == Claimed(job.id, 1, job.permit_id, factories.spec(subject))
    after = Job.objects.annotate(left=F("lease_until") - Now()).get()
    assert (after.status, after.attempts, after.fence) == ("in_progress", 1, 1)
    assert 0 < after.left.total_seconds() <= 15


def test_a_claimed_job_cannot_be_claimed_again(claimed: Claimed) -> None:
    before = row(claimed.job_id)
    assert jobs.claim(claimed.job_id) is None
    assert row(claimed.job_id) == before


def test_a_lease_that_ran_out_can_be_claimed_and_raises_the_fence(claimed: Claimed) -> None:
    jobs.report(claimed, 40)
    lapse(claimed.job_id)
    assert take(claimed.job_id).fence == claimed.fence + 1
    after = Job.objects.get()
    assert (after.attempts, after.progress) == (2, 0)


def test_a_job_tried_too_often_cannot_be_claimed(claimed: Claimed, settings: Settings) -> None:
    lapse(claimed.job_id)
    settings.JOB_ATTEMPTS = 1
    assert jobs.claim(claimed.job_id) is None
    assert Job.objects.get().fence == 1


def test_an_unknown_job_cannot_be_claimed(db: None) -> None:
    assert jobs.claim(new_id()) is None


END: dict[str, Callable[[Claimed], None]] = {
    "failed": lambda claimed: jobs.fail(claimed, "bad_size", "Too small."),
    "cancelled_consent": jobs.cancel,
}


@pytest.mark.parametrize("end", END)
def test_an_ended_job_cannot_be_claimed(claimed: Claimed, end: str) -> None:
    END[end](claimed)
    assert jobs.claim(claimed.job_id) is None
    assert Job.objects.get().status == end


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_claim_at_once_one_gets_the_job(job: Job) -> None:
    together = Barrier(2)

    def race() -> Claimed | None:
        try:
            together.wait()
            return jobs.claim(job.id)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = [future.result() for future in [pool.submit(race), pool.submit(race)]]
    assert results.count(None) == 1
    assert Job.objects.get().attempts == 1


# Reporting


def test_a_report_moves_progress_and_lease(claimed: Claimed) -> None:
    lapse(claimed.job_id)
    jobs.report(claimed, 42)
    after = Job.objects.get()
    assert after.progress == 42
    assert after.lease_until and after.lease_until > LONG_AGO


def test_renewing_moves_the_lease_alone(claimed: Claimed) -> None:
    jobs.report(claimed, 42)
    lapse(claimed.job_id)
    jobs.renew(claimed)
    after = Job.objects.get()
    assert after.progress == 42
    assert after.lease_until and after.lease_until > LONG_AGO


def made_by(claimed: Claimed) -> Video:
    """The video of the job's own permit."""
    return factories._row(new_id(), Job.objects.get(id=claimed.job_id).requester, claimed, b"film")


STALE: dict[str, Callable[[Claimed], None]] = {
    "renew": jobs.renew,
    "report": lambda claimed: jobs.report(claimed, 90),
    "complete": lambda claimed: jobs.complete(claimed, made_by(claimed).id),
}
SILENT: dict[str, Callable[[Claimed], None]] = {
    "fail": lambda claimed: jobs.fail(claimed, "crashed", "Gone."),
    "cancel": jobs.cancel,
    "let_go": jobs.let_go,
}


@pytest.mark.parametrize("move", STALE)
def test_a_stale_fence_is_told_that_its_lease_is_lost_and_changes_nothing(claimed: Claimed, move: str) -> None:
    lapse(claimed.job_id)
    take(claimed.job_id)
    before = row(claimed.job_id)
    with pytest.raises(LeaseLost):
        STALE[move](claimed)
    assert row(claimed.job_id) == before


def test_a_job_is_not_completed_with_the_video_of_another(claimed: Claimed, grant: Grant, subject: Person) -> None:
    assert grant.grantee
    other, before = factories.video(grant.grantee, subject), row(claimed.job_id)
    for video_id in (other.id, new_id()):
        with pytest.raises(LeaseLost):
            jobs.complete(claimed, video_id)
    assert row(claimed.job_id) == before
    jobs.complete(claimed, made_by(claimed).id)


@pytest.mark.parametrize("move", SILENT)
def test_a_stale_fence_ends_nothing_and_gives_no_use_back(claimed: Claimed, grant: Grant, move: str) -> None:
    lapse(claimed.job_id)
    take(claimed.job_id)
    before = row(claimed.job_id)
    SILENT[move](claimed)
    assert row(claimed.job_id) == before
    assert (permit_state(claimed.job_id), uses(grant)) == ("issued", 1)


@pytest.mark.parametrize("move", STALE)
def test_nothing_can_be_reported_of_a_cancelled_job(claimed: Claimed, move: str) -> None:
    jobs.cancel(claimed)
    before = row(claimed.job_id)
    with pytest.raises(LeaseLost):
        STALE[move](claimed)
    assert row(claimed.job_id) == before


# Ending


def test_a_failed_job_says_why_and_gives_the_use_back(claimed: Claimed, grant: Grant) -> None:
    jobs.fail(claimed, "bad_size", "x" * 400)
    after = Job.objects.get()
    assert (after.status, after.failure_code, after.failure_detail) == ("failed", "bad_size", "x" * 300)
    assert after.ended_at
    assert (permit_state(claimed.job_id), uses(grant)) == ("void", 0)


def test_a_cancelled_job_gives_the_use_back(claimed: Claimed, grant: Grant) -> None:
    jobs.cancel(claimed)
    after = Job.objects.get()
    assert (after.status, after.failure_code, after.video_id) == ("cancelled_consent", "", None)
    assert after.ended_at
    assert (permit_state(claimed.job_id), uses(grant)) == ("void", 0)


@pytest.mark.parametrize("end", END)
def test_ending_twice_gives_one_use_back(claimed: Claimed, grant: Grant, end: str) -> None:
    Grant.objects.update(uses=3)
    END[end](claimed)
    END[end](claimed)
    assert uses(grant) == 2


def test_a_use_of_an_earlier_epoch_is_not_given_back(claimed: Claimed, grant: Grant) -> None:
    Grant.objects.update(epoch=2)
    jobs.cancel(claimed)
    assert (permit_state(claimed.job_id), uses(grant)) == ("void", 1)


def test_a_use_is_not_given_back_after_completion(grant: Grant, subject: Person, requester: Person) -> None:
    made = factories.video(requester, subject)
    claimed = Claimed(made.job.id, 1, made.permit_id, factories.spec(subject))
    for move in SILENT.values():
        move(claimed)
    permits.void([made.permit_id])
    assert (permit_state(made.job.id), uses(grant)) == ("spent", 1)
    job = Job.objects.get()
    assert (job.status, job.progress, job.video_id) == ("completed", 100, made.id)


def test_a_job_let_go_waits_again_and_that_was_no_attempt(claimed: Claimed, grant: Grant) -> None:
    jobs.report(claimed, 60)
    jobs.let_go(claimed)
    job = Job.objects.get()
    assert (job.status, job.progress, job.attempts, job.fence, job.lease_until) == ("queued", 0, 0, 1, None)
    assert (permit_state(job.id), uses(grant)) == ("issued", 1)
    assert take(job.id).fence == 2


# Withdrawing


@pytest.mark.parametrize("running", [False, True])
def test_a_withdrawal_cancels_what_waits_and_what_runs(
    job: Job, subject: Person, requester: Person, running: bool
) -> None:
    if running:
        take(job.id)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(grantee=requester))
    after = Job.objects.get()
    assert (after.status, permit_state(job.id)) == ("cancelled_consent", "void")
    assert after.ended_at
    assert jobs.claim(job.id) is None


def test_a_withdrawal_by_one_subject_gives_the_others_use_back(
    grant: Grant, subject: Person, requester: Person
) -> None:
    ben = factories.enrolled("ben")
    other = factories.grant(ben, requester)
    factories.job(requester, subject, ben)
    assert uses(other) == 1
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(grant_id=grant.id))
    assert Job.objects.get().status == "cancelled_consent"
    assert uses(other) == 0


def test_a_withdrawal_leaves_other_jobs_alone(job: Job, subject: Person, stranger: Person) -> None:
    other = factories.grant(subject, stranger)
    before = row(job.id)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(grant_id=other.id))
    assert (row(job.id), permit_state(job.id)) == (before, "issued")


def test_a_withdrawal_leaves_an_ended_job_as_it_ended(claimed: Claimed, subject: Person) -> None:
    jobs.fail(claimed, "bad_size", "Too small.")
    before = row(claimed.job_id)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert row(claimed.job_id) == before


def test_cancelling_wakes_the_purge_at_commit(
    job: Job,
    grant: Grant,
    sent: Sent,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        jobs.cancel_for(grant_ids=[grant.id])
    assert sent == [("worker.tasks.purge", {})]


# Sweeping


@pytest.fixture
def swept(
    sent: Sent, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> Callable[[], tuple[int, list[str]]]:
    """Sweep; return what it returned and the jobs it sent."""

    def sweep() -> tuple[int, list[str]]:
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            count = jobs.sweep()
        return count, [arguments["job_id"] for _, arguments in sent]

    return sweep


Sweep = Callable[[], tuple[int, list[str]]]


def test_a_forgotten_job_is_sent_again_once_a_lease(job: Job, swept: Sweep) -> None:
    Job.objects.update(sent_at=LONG_AGO)
    assert swept() == (1, [str(job.id)])
    assert swept() == (0, [])


def test_a_job_that_was_just_sent_is_not_sent_again(job: Job, swept: Sweep) -> None:
    assert swept() == (0, [])


def test_a_job_whose_worker_died_is_sent_again(claimed: Claimed, swept: Sweep) -> None:
    lapse(claimed.job_id)
    assert swept() == (1, [str(claimed.job_id)])
    assert Job.objects.get().status == "in_progress"


def test_a_running_job_is_left_alone(claimed: Claimed, swept: Sweep) -> None:
    Job.objects.update(sent_at=LONG_AGO)
    before = row(claimed.job_id)
    assert swept() == (0, [])
    assert row(claimed.job_id) == before


def test_a_job_whose_workers_died_three_times_fails_and_gives_the_use_back(
    job: Job, grant: Grant, swept: Sweep
) -> None:
    for _ in range(3):
        take(job.id)
        lapse(job.id)
    assert swept() == (0, [])
    after = Job.objects.get()
    assert (after.status, after.failure_code, after.attempts) == ("failed", "too_many_attempts", 3)
    assert (permit_state(job.id), uses(grant)) == ("void", 0)


# Reading


def test_one_finds_ones_own_jobs_alone(job: Job, requester: Person, stranger: Person) -> None:
    assert jobs.find(requester, job.id) == job
    assert list(jobs.of_person(requester)) == [job]
    assert list(jobs.of_person(stranger)) == []
    with pytest.raises(Problem) as refused:
        jobs.find(stranger, job.id)
    assert (refused.value.status_code, refused.value.code) == (404, "not_found")


# A grant that is given again


@pytest.mark.parametrize("mode", withdrawal.Mode)
@pytest.mark.parametrize("running", [False, True])
def test_a_grant_that_is_given_again_revives_no_old_job(
    job: Job, subject: Person, requester: Person, settings: Settings, running: bool, mode: withdrawal.Mode
) -> None:
    settings.WITHDRAWAL_HANDLERS = []
    redeemed = None
    if running:
        claimed = take(job.id)
        redeemed = permits.redeem(permit_id=claimed.permit_id, digest=claimed.spec.digest, job_id=job.id)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(), mode=mode)
    if mode is withdrawal.Mode.ERASE:
        factories.likeness(subject)
    fresh = factories.grant(subject, requester)
    with pytest.raises(gate.Denied):
        if redeemed:
            permits.recheck(redeemed)
        else:
            permits.redeem(permit_id=job.permit_id, digest=factories.spec(subject).digest, job_id=job.id)
    assert (uses(fresh), Decision.objects.get(verdict="denied").grant_id != fresh.id) == (0, True)
