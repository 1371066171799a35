"""Whatever ends on the way, a grant, a photo or the video that is remixed: no further step, no video, no file."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection
from django.db.models.functions import Now
from pytest_django import Settings

from accounts.models import Person
from consent import likenesses, withdrawal
from consent.models import Decision, Grant, Permit
from consent.withdrawal import Mode
from tests import factories
from tests.worker.runs import Happening, Listing, ended, withdraw_all
from worker import jobs, pipeline, videos
from worker.models import Depiction, Job, Video

# Consent that ends on the way


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("handlers", [["worker.jobs.cancel_for"], []], ids=["tidied", "untidied"])
def test_a_withdrawal_between_two_steps_stops_the_job_and_leaves_nothing(
    job: Job,
    portrayed: Person,
    media: Listing,
    between_steps: Callable[[Happening], None],
    settings: Settings,
    handlers: list[str],
    mode: Mode,
) -> None:
    settings.WITHDRAWAL_HANDLERS = handlers
    between_steps(withdraw_all(portrayed, mode))
    pipeline.run(job.id)
    assert ended(job)[:2] == ("cancelled_consent", "")
    assert (Video.objects.count(), Depiction.objects.count(), media()) == (0, 0, [])
    assert Permit.objects.get().state == "void"


def test_the_step_after_a_withdrawal_is_not_made(
    job: Job, portrayed: Person, between_steps: Callable[[Happening], None], settings: Settings
) -> None:
    settings.WITHDRAWAL_HANDLERS = []
    between_steps(withdraw_all(portrayed))
    pipeline.run(job.id)
    job.refresh_from_db()
    assert job.progress == 50
    denied = Decision.objects.get(verdict="denied")
    assert (denied.point, denied.reason, denied.job_id) == ("step", "ended", job.id)


@pytest.mark.parametrize("handlers", [["worker.jobs.cancel_for"], []], ids=["tidied", "untidied"])
def test_a_withdrawal_before_the_seal_makes_no_video_and_leaves_no_files(
    job: Job,
    portrayed: Person,
    media: Listing,
    before_the_seal: Callable[[Happening], None],
    settings: Settings,
    handlers: list[str],
) -> None:
    settings.WITHDRAWAL_HANDLERS = handlers
    stored: list[int] = []
    before_the_seal(lambda: (stored.append(len(media())), withdraw_all(portrayed)()))
    pipeline.run(job.id)
    assert stored == [2]
    assert ended(job)[:2] == ("cancelled_consent", "")
    assert (Video.objects.count(), Depiction.objects.count(), media()) == (0, 0, [])
    assert Decision.objects.get(verdict="denied").point == "seal"


def test_a_withdrawal_before_the_start_renders_nothing(
    job: Job, portrayed: Person, media: Listing, settings: Settings, fake_engine: Callable[[object], None]
) -> None:
    settings.WITHDRAWAL_HANDLERS = []
    fake_engine(None)
    withdraw_all(portrayed)()
    pipeline.run(job.id)
    assert ended(job)[:2] == ("cancelled_consent", "")
    assert (Decision.objects.get(verdict="denied").point, media()) == ("start", [])


def test_a_grant_that_expires_while_rendering_stops_the_job(
    job: Job, media: Listing, between_steps: Callable[[Happening], None]
) -> None:
    between_steps(lambda: Grant.objects.update(not_before="2020-01-01T00:00Z", expires_at=Now()))
    pipeline.run(job.id)
    assert ended(job) == ("cancelled_consent", "", 0)
    assert (Video.objects.count(), media()) == (0, [])


# A photo that is erased on the way


def erased(subject: Person) -> Happening:
    return lambda: likenesses.erase(subject=subject)


def replaced(subject: Person) -> Happening:
    return lambda: likenesses.enrol(subject=subject, upload=factories.PORTRAIT.read_bytes())


@pytest.mark.parametrize("happening", [erased, replaced])
def test_an_erased_or_replaced_photo_stops_the_job_at_the_next_step(
    job: Job,
    portrayed: Person,
    media: Listing,
    between_steps: Callable[[Happening], None],
    happening: Callable[[Person], Happening],
) -> None:
    between_steps(happening(portrayed))
    pipeline.run(job.id)
    assert ended(job) == ("cancelled_consent", "", 0)
    assert (job.progress, Permit.objects.get().state) == (50, "void")
    assert (Video.objects.count(), media(), Grant.objects.get().state) == (0, [], "given")
    denied = Decision.objects.get(verdict="denied")
    assert (denied.point, denied.reason, denied.subject) == ("step", "no_likeness", portrayed)


@pytest.mark.parametrize("happening", [erased, replaced])
def test_a_photo_erased_or_replaced_before_the_seal_is_in_no_video(
    job: Job,
    portrayed: Person,
    media: Listing,
    before_the_seal: Callable[[Happening], None],
    happening: Callable[[Person], Happening],
) -> None:
    before_the_seal(happening(portrayed))
    pipeline.run(job.id)
    assert ended(job) == ("cancelled_consent", "", 0)
    assert (Video.objects.count(), Depiction.objects.count(), media()) == (0, 0, [])
    assert Decision.objects.get(verdict="denied").point == "seal"


# Remixes


@pytest.fixture
def remix(portrayed: Person, requester: Person, stranger: Person) -> Job:
    """A queued remix, by somebody else, of a video of the portrayed person."""
    factories.grant(portrayed, requester, may_remix=True)
    original = factories.video(requester, portrayed)
    return factories.job(stranger, remix_of=original.id)


def test_a_remix_remembers_what_it_is_made_from_and_whom_it_shows(remix: Job, portrayed: Person) -> None:
    pipeline.run(remix.id)
    remix.refresh_from_db()
    made, original = remix.video, Video.objects.get(job__spec__remix_of=None)
    assert made
    assert (made.remix_of, made.lineage) == (original, [original.id, made.id])
    assert (made.claims(), made.owner) == (original.claims(), remix.requester)


def test_a_veto_of_the_original_between_two_steps_stops_the_remix_at_the_next(
    remix: Job, portrayed: Person, media: Listing, between_steps: Callable[[Happening], None]
) -> None:
    original = Video.objects.get()
    stored, scope = media(), withdrawal.Scope(video_id=original.id)
    between_steps(lambda: withdrawal.withdraw(subject=portrayed, scope=scope))
    pipeline.run(remix.id)
    remix.refresh_from_db()
    assert (remix.status, remix.progress) == ("cancelled_consent", 50)
    assert (Video.objects.get(), media(), Permit.objects.get(job=remix).state) == (original, stored, "void")
    denied = Decision.objects.get(verdict="denied")
    assert (denied.point, denied.reason, denied.subject) == ("step", "vetoed", portrayed)


def test_a_veto_of_the_original_before_the_start_renders_nothing(
    remix: Job, portrayed: Person, fake_engine: Callable[[object], None]
) -> None:
    fake_engine(None)
    withdrawal.withdraw(subject=portrayed, scope=withdrawal.Scope(video_id=Video.objects.get().id))
    pipeline.run(remix.id)
    remix.refresh_from_db()
    assert (remix.status, Video.objects.count()) == ("cancelled_consent", 1)


def assert_taken_down(remix: Job, media: Listing, stored: list[str], original: Video) -> None:
    """The remix failed, and there is nothing of it."""
    remix.refresh_from_db()
    assert (remix.status, remix.failure_code) == ("failed", "original_taken_down")
    assert (Permit.objects.get(job=remix).state, Grant.objects.get().uses) == ("void", 1)
    assert (Video.objects.get(), media()) == (original, stored)
    assert not Decision.objects.filter(job_id=remix.id, point="seal").exists()


def test_a_takedown_of_the_original_between_two_steps_stops_the_remix_at_the_next(
    remix: Job, media: Listing, between_steps: Callable[[Happening], None]
) -> None:
    original, stored = Video.objects.get(), media()
    between_steps(lambda: videos.take_down(original.id))
    pipeline.run(remix.id)
    assert_taken_down(remix, media, stored, original)
    assert remix.progress == 50


def test_a_takedown_of_the_original_before_the_seal_makes_no_remix(
    remix: Job, media: Listing, before_the_seal: Callable[[Happening], None]
) -> None:
    original, stored = Video.objects.get(), media()
    before_the_seal(lambda: videos.take_down(original.id))
    pipeline.run(remix.id)
    assert_taken_down(remix, media, stored, original)


@pytest.mark.django_db(transaction=True)
def test_a_takedown_waits_for_a_remix_that_is_being_sealed_and_takes_it_down_too(
    remix: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, complete = Video.objects.get(), jobs.complete
    with ThreadPoolExecutor(1) as pool:

        def meanwhile(*args: object, **kwargs: object) -> None:
            taken = pool.submit(take_down_apart, original.id)
            with pytest.raises(TimeoutError):
                taken.result(0.2)
            complete(*args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(jobs, "complete", meanwhile)
        pipeline.run(remix.id)
    remix.refresh_from_db()
    assert (remix.status, Video.objects.count()) == ("completed", 2)
    assert not Video.objects.filter(taken_down_at=None).exists()


def take_down_apart(video_id: UUID) -> None:
    """Take a video down on a connection of this thread's own."""
    try:
        videos.take_down(video_id)
    finally:
        connection.close()
