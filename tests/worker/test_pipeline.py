"""The pipeline: a permit becomes exactly one video, and what may not be sealed leaves nothing behind."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from pytest_django import Settings

from accounts.models import Person
from consent import permits
from consent.models import Decision, Grant, Permit
from socialvideo.lib.ids import new_id
from tests import factories
from tests.worker.runs import Happening, Listing, ended
from worker import encoding, jobs, leases, pipeline, storage
from worker.engines.base import Clip, EngineFailed, OnStep, Scene
from worker.engines.preview import PreviewEngine
from worker.models import Depiction, Job, Video

# What comes out


def test_a_permit_becomes_a_video_that_plays(job: Job, portrayed: Person, requester: Person, media: Listing) -> None:
    pipeline.run(job.id)
    video = Video.objects.get()
    facts = encoding.probe(Path(default_storage.path(video.file)))
    assert (facts.width, facts.height, facts.fps, facts.frames, facts.duration_ms) == (90, 160, 6, 6, 1000)
    assert (video.width, video.height, video.fps, video.duration_ms) == (90, 160, 6, 1000)
    assert (video.size_bytes, bytes(video.content_digest).hex()) == (facts.size_bytes, facts.sha256)
    assert (video.owner, video.engine, video.is_preview, video.prompt) == (
        requester,
        "preview",
        True,
        "surfing at sunset",
    )
    assert media() == sorted(name.removeprefix("videos/") for name in (video.file, video.poster))


def test_the_job_ends_with_its_video_and_the_permit_is_spent(job: Job, portrait_grant: Grant) -> None:
    pipeline.run(job.id)
    assert ended(job) == ("completed", "", 1)
    assert (job.progress, job.video, job.attempts) == (100, Video.objects.get(), 1)
    assert job.ended_at
    assert Permit.objects.get().state == "spent"
    assert [decision.point for decision in Decision.objects.order_by("leaf")] == ["request", "start", "seal"]


def test_each_subject_is_depicted_once_with_the_grant_it_rests_on(
    portrait_grant: Grant, portrayed: Person, requester: Person
) -> None:
    other = factories.portrayed("grace")
    second = factories.grant(other, requester)
    Grant.objects.filter(id=second.id).update(epoch=4)
    pipeline.run(factories.job(requester, other, portrayed).id)
    depicted = Depiction.objects.order_by("id").values_list("subject", "grant", "epoch")
    assert list(depicted) == [(other.id, second.id, 4), (portrayed.id, portrait_grant.id, 1)]


def test_the_poster_is_a_jpeg_beside_the_film(job: Job) -> None:
    pipeline.run(job.id)
    with default_storage.open(Video.objects.get().poster) as poster:
        assert poster.read(3) == b"\xff\xd8\xff"


def test_the_same_spec_gives_the_same_bytes(portrait_grant: Grant, portrayed: Person, requester: Person) -> None:
    for _ in range(2):
        pipeline.run(factories.job(requester, portrayed).id)
    first, second = Video.objects.all()
    assert bytes(first.content_digest) == bytes(second.content_digest)
    assert first.file != second.file


def test_progress_is_reported_on_the_way(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(jobs, "report", lambda claimed, progress: seen.append(progress))
    pipeline.run(job.id)
    assert seen == [0, 16, 33, 50, 66, 83]


def test_progress_is_not_written_for_every_step_of_a_long_run(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(jobs, "report", lambda claimed, progress: seen.append(progress))
    claimed = jobs.claim(job.id)
    assert claimed
    redeemed = permits.redeem(permit_id=claimed.permit_id, digest=claimed.spec.digest, job_id=claimed.job_id)
    on_step = pipeline._checks(claimed, redeemed)
    for step in range(200):
        on_step(step, 200)
    assert seen == list(range(0, 100, 2))


def test_consent_is_rechecked_before_every_step(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[object] = []
    monkeypatch.setattr(permits, "recheck", checks.append)
    pipeline.run(job.id)
    assert len(checks) == 6


# A lease that is lost


def taken_over(job: Job) -> Happening:
    return lambda: Job.objects.filter(id=job.id).update(fence=9)


def test_a_job_taken_over_while_rendering_is_left_to_the_other(
    job: Job, media: Listing, between_steps: Callable[[Happening], None]
) -> None:
    between_steps(taken_over(job))
    pipeline.run(job.id)
    assert ended(job) == ("in_progress", "", 1)
    assert (job.fence, Video.objects.count(), media()) == (9, 0, [])


def test_a_job_taken_over_before_the_seal_drops_its_files_and_leaves_the_permit(
    job: Job, media: Listing, before_the_seal: Callable[[Happening], None]
) -> None:
    before_the_seal(taken_over(job))
    pipeline.run(job.id)
    assert ended(job) == ("in_progress", "", 1)
    assert (Video.objects.count(), Depiction.objects.count(), media()) == (0, 0, [])
    assert Permit.objects.get().state == "redeemed"
    assert not Decision.objects.filter(point="seal").exists()


# Failures


class Broken:
    """An engine that refuses every scene."""

    name: ClassVar[str] = "preview"
    is_preview: ClassVar[bool] = True

    def render(self, scene: Scene, on_step: OnStep) -> Clip:
        """Refuse."""
        raise EngineFailed("out_of_memory", "Ask for a smaller video.")


def test_an_engine_that_fails_ends_the_job_with_its_code_and_gives_the_use_back(
    job: Job, media: Listing, fake_engine: Callable[[object], None]
) -> None:
    fake_engine(Broken())
    pipeline.run(job.id)
    assert ended(job) == ("failed", "out_of_memory", 0)
    assert job.failure_detail == "Ask for a smaller video."
    assert (Video.objects.count(), media()) == (0, [])


def test_an_engine_that_fails_halfway_leaves_no_files(
    job: Job, media: Listing, fake_engine: Callable[[object], None]
) -> None:
    class Halfway(PreviewEngine):
        def render(self, scene: Scene, on_step: OnStep) -> Clip:
            clip = super().render(scene, on_step)

            def frames() -> Iterator[object]:
                yield next(clip.frames)
                raise EngineFailed("out_of_memory", "Ask for a smaller video.")

            return Clip(frames(), clip.width, clip.height, clip.fps)  # type: ignore[arg-type]

    fake_engine(Halfway())
    pipeline.run(job.id)
    assert ended(job) == ("failed", "out_of_memory", 0)
    assert (Video.objects.count(), media()) == (0, [])


@pytest.mark.parametrize("state", ["void", "spent"])
def test_a_permit_that_is_no_longer_usable_fails_the_job(job: Job, media: Listing, state: str) -> None:
    Permit.objects.update(state=state)
    pipeline.run(job.id)
    assert ended(job)[:2] == ("failed", "permit_unusable")
    assert (Permit.objects.get().state, Video.objects.count(), media()) == (state, 0, [])


def test_a_permit_past_its_life_fails_the_job_and_gives_the_use_back(job: Job) -> None:
    Permit.objects.update(created_at="2020-01-01T00:00Z", expires_at="2020-01-02T00:00Z")
    pipeline.run(job.id)
    assert ended(job) == ("failed", "permit_unusable", 0)
    assert Video.objects.count() == 0


def test_a_spec_that_was_changed_after_the_permit_is_not_rendered(job: Job, media: Listing) -> None:
    Job.objects.update(spec={**job.spec, "prompt": "something else"})
    pipeline.run(job.id)
    assert ended(job) == ("failed", "permit_unusable", 0)
    assert (Video.objects.count(), media()) == (0, [])


def test_a_store_that_fails_at_the_poster_does_not_keep_the_film(
    job: Job, media: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = storage.keep

    def full(path: Path, name: str) -> None:
        if path.suffix == ".jpg":
            raise OSError("no space left")
        keep(path, name)

    monkeypatch.setattr(storage, "keep", full)
    with pytest.raises(OSError, match="no space left"):
        pipeline.run(job.id)
    assert (media(), Video.objects.count()) == ([], 0)
    assert ended(job) == ("in_progress", "", 1)


# Once, whatever happens


def test_running_twice_makes_one_video(job: Job, media: Listing) -> None:
    pipeline.run(job.id)
    pipeline.run(job.id)
    assert (Video.objects.count(), len(media())) == (1, 2)
    assert ended(job) == ("completed", "", 1)


def test_a_job_that_somebody_else_runs_is_not_run(job: Job, media: Listing) -> None:
    jobs.claim(job.id)
    pipeline.run(job.id)
    assert (Video.objects.count(), media()) == (0, [])


def test_running_an_unknown_job_does_nothing(db: None) -> None:
    pipeline.run(new_id())
    assert Decision.objects.count() == 0


@pytest.mark.parametrize("redeemed", [False, True], ids=["after the claim", "after the start"])
def test_a_worker_that_was_killed_is_replaced_and_one_video_is_made(job: Job, media: Listing, redeemed: bool) -> None:
    dead = jobs.claim(job.id)
    assert dead
    if redeemed:
        permits.redeem(permit_id=dead.permit_id, digest=dead.spec.digest, job_id=dead.job_id)
    pipeline.run(job.id)
    assert Video.objects.count() == 0
    Job.objects.update(lease_until=Now())
    pipeline.run(job.id)
    assert ended(job) == ("completed", "", 1)
    assert (job.fence, job.attempts, Video.objects.count(), len(media())) == (2, 2, 1, 2)


def test_a_worker_that_wakes_after_another_sealed_makes_no_second_video(
    job: Job, media: Listing, before_the_seal: Callable[[Happening], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken() -> None:
        monkeypatch.undo()
        Job.objects.update(lease_until=Now())
        pipeline.run(job.id)

    before_the_seal(overtaken)
    pipeline.run(job.id)
    assert (Video.objects.count(), len(media())) == (1, 2)
    assert ended(job) == ("completed", "", 1)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_worker_that_is_shut_down_puts_the_job_back(
    job: Job, media: Listing, between_steps: Callable[[Happening], None], stop: type[BaseException]
) -> None:
    def shut_down() -> None:
        raise stop

    between_steps(shut_down)
    with pytest.raises(stop):
        pipeline.run(job.id)
    assert ended(job) == ("queued", "", 1)
    assert (job.attempts, job.progress, Video.objects.count(), media()) == (0, 0, 0, [])


# The lease


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_kept_while_a_step_takes_long_and_let_go_when_it_is_lost(
    grant: Grant, subject: Person, requester: Person, settings: Settings
) -> None:
    settings.JOB_LEASE_SECONDS = 0.06
    claimed = jobs.claim(factories.job(requester, subject).id)
    assert claimed
    first = Job.objects.get().lease_until
    with leases.kept(partial(jobs.renew, claimed), "test"):
        time.sleep(0.15)
        renewed = Job.objects.get().lease_until
        Job.objects.update(fence=9)
        time.sleep(0.05)
        lost = Job.objects.get().lease_until
        time.sleep(0.1)
    assert first and renewed and lost
    assert first < renewed
    assert Job.objects.get().lease_until == lost


def test_an_engine_is_made_once_and_a_model_engine_is_told_its_folder(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(pipeline, "ENGINES", {})
    settings.ENGINES = {"preview": "worker.engines.preview.PreviewEngine", "diffusion": "pathlib.PurePath"}
    settings.MODEL = "models/wan"
    assert pipeline.engine("preview") is pipeline.engine("preview")
    assert str(pipeline.engine("diffusion")) == "models/wan"


# Reviewing


def test_a_video_that_somebody_wishes_to_see_first_waits(portrayed: Person, requester: Person) -> None:
    factories.grant(portrayed, requester, review=True)
    job = factories.job(requester, portrayed)
    pipeline.run(job.id)
    assert ended(job) == ("awaiting_review", "", 1)
    assert (job.progress, job.video) == (100, Video.objects.get())
