"""The bytes of videos: kept under names that reveal nothing, and removed once a grant has ended."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from tests import factories
from worker import pipeline, storage
from worker.models import Job, Unsealed, Video

Listing = Callable[[], list[str]]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "holiday.mp4"
    path.write_bytes(b"a film")
    return path


@pytest.fixture
def poster(tmp_path: Path) -> Path:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"a poster")
    return path


def unsealed() -> list[str]:
    return list(Unsealed.objects.order_by("name").values_list("name", flat=True))


def withdraw(grant: Grant) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=withdrawal.Scope(grant_id=grant.id))


def files(video: Video) -> list[bool]:
    return [default_storage.exists(name) for name in (video.file, video.poster)]


def purged() -> QuerySet[Video]:
    return Video.objects.exclude(purged_at=None)


def test_a_file_is_kept_whole_under_a_random_name(media: Listing, job: Job, film: Path) -> None:
    with storage.kept(job.id, *[film] * 5) as names:
        assert len(set(names)) == 5
        assert all(re.fullmatch(r"videos/([0-9a-f]{2})/\1[0-9a-f]{30}\.mp4", name) for name in names)
        with default_storage.open(names.pop()) as stored:
            assert stored.read() == b"a film"


def test_what_is_kept_stays_when_all_goes_well(media: Listing, job: Job, film: Path, poster: Path) -> None:
    with storage.kept(job.id, film, poster) as names:
        pass
    assert [Path(name).suffix for name in names] == [".mp4", ".jpg"]
    assert all(default_storage.exists(name) for name in names)
    assert unsealed() == sorted(names)


def test_what_is_kept_goes_when_something_is_raised(media: Listing, job: Job, film: Path, poster: Path) -> None:
    with pytest.raises(KeyboardInterrupt), storage.kept(job.id, film, poster):
        assert len(media()) == 2
        assert len(unsealed()) == 2
        raise KeyboardInterrupt
    assert (media(), unsealed()) == ([], [])


def test_nothing_is_kept_when_the_second_cannot_be(media: Listing, job: Job, film: Path) -> None:
    with pytest.raises(FileNotFoundError), storage.kept(job.id, film, film.with_name("missing.jpg")):
        pass
    assert (media(), unsealed()) == ([], [])


def test_dropping_what_is_gone_already_is_fine(media: Listing, film: Path) -> None:
    storage.keep(film, "videos/00/one.mp4")
    storage.drop(["videos/00/one.mp4", "videos/00/one.mp4", "videos/00/none.mp4"])
    assert media() == []


def test_the_bytes_of_a_withdrawn_video_are_removed_once(media: Listing, video: Video, grant: Grant) -> None:
    withdraw(grant)
    assert files(video) == [True, True]
    assert storage.purge_ended() == 1
    assert (files(video), purged().count()) == ([False, False], 1)
    first = purged().get().purged_at
    assert storage.purge_ended() == 0
    assert purged().get().purged_at == first


def test_the_record_of_a_purged_video_stays(media: Listing, video: Video, grant: Grant) -> None:
    withdraw(grant)
    storage.purge_ended()
    assert Video.objects.get().depictions.count() == 1


def test_a_video_whose_grant_stands_is_not_touched(media: Listing, video: Video) -> None:
    assert storage.purge_ended() == 0
    assert (files(video), purged().count()) == ([True, True], 0)


def test_one_ended_grant_of_two_is_enough(media: Listing, grant: Grant, subject: Person, requester: Person) -> None:
    ben = factories.enrolled("ben")
    other = factories.grant(ben, requester)
    together, alone = factories.video(requester, subject, ben), factories.video(requester, subject)
    withdraw(other)
    assert storage.purge_ended() == 1
    assert (files(together), files(alone)) == ([False, False], [True, True])


@pytest.mark.parametrize("state", ["revoked", "expired", "invalidated"])
def test_every_end_of_a_grant_counts(media: Listing, video: Video, state: str) -> None:
    Grant.objects.update(state=state, ended_at=Now())
    assert storage.purge_ended() == 1
    assert files(video) == [False, False]


def test_the_bytes_of_an_earlier_epoch_are_removed(media: Listing, video: Video) -> None:
    Grant.objects.update(epoch=2)
    assert (storage.purge_ended(), files(video)) == (1, [False, False])


def test_one_purge_goes_on_until_nothing_is_left(
    media: Listing, grant: Grant, subject: Person, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "AT_ONCE", 2)
    videos = [factories.video(requester, subject) for _ in range(5)]
    withdraw(grant)
    assert storage.purge_ended() == 5
    assert not any(exists for video in videos for exists in files(video))


def test_a_purge_that_was_interrupted_is_finished_by_the_next(
    media: Listing, grant: Grant, subject: Person, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = [factories.video(requester, subject) for _ in range(2)]
    withdraw(grant)
    drop, done = storage.drop, []

    def failing(names: list[str]) -> None:
        if done:
            raise OSError("the store is away")
        done.append(drop(names))

    monkeypatch.setattr(storage, "AT_ONCE", 1)
    with monkeypatch.context() as patched:
        patched.setattr(storage, "drop", failing)
        with pytest.raises(OSError, match="the store is away"):
            storage.purge_ended()
    assert storage.purge_ended() == 1
    assert (purged().count(), [files(video) for video in videos]) == (2, [[False, False]] * 2)


# A video that was vetoed


def test_the_bytes_of_a_vetoed_video_and_of_its_remixes_are_removed_and_no_others(
    media: Listing, subject: Person, requester: Person, stranger: Person
) -> None:
    factories.grant(subject, requester, may_remix=True)
    original, sibling = (factories.video(requester, subject) for _ in range(2))
    remix = factories.video(stranger, remix_of=original.id)
    again = factories.video(requester, remix_of=remix.id)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(video_id=original.id))
    assert storage.purge_ended() == 3
    assert [any(files(video)) for video in (original, remix, again)] == [False] * 3
    assert all(files(sibling))
    assert (set(purged()), storage.purge_ended()) == ({original, remix, again}, 0)


def test_the_bytes_of_what_was_only_stopped_stay(media: Listing, video: Video, subject: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(), mode=withdrawal.Mode.STOP)
    assert (storage.purge_ended(), files(video)) == (0, [True, True])


# What a killed run leaves


@pytest.fixture
def left(media: Listing, job: Job, film: Path, poster: Path) -> Listing:
    """What a run left that was killed between storing its files and the seal."""
    with storage.kept(job.id, film, poster):
        pass
    return media


def end(job: Job, ago: timedelta = timedelta(0)) -> None:
    Job.objects.filter(id=job.id).update(status="cancelled_consent", ended_at=Now() - ago)


def test_nothing_is_removed_while_the_job_may_still_be_sealed(left: Listing, job: Job) -> None:
    assert (storage.purge_unsealed(), len(left()), len(unsealed())) == (0, 2, 2)


def test_what_a_killed_run_stored_is_removed_once_its_job_has_ended(left: Listing, job: Job) -> None:
    end(job)
    assert (storage.purge_unsealed(), left()) == (2, [])


def test_it_is_looked_for_again_while_a_run_that_slept_may_write_it(left: Listing, job: Job, film: Path) -> None:
    end(job)
    storage.purge_unsealed()
    storage.keep(film, unsealed()[0])
    assert (storage.purge_unsealed(), left()) == (2, [])
    end(job, ago=timedelta(hours=2))
    assert (storage.purge_unsealed(), unsealed(), storage.purge_unsealed()) == (2, [], 0)


def test_a_sealed_video_keeps_its_files_whatever_an_earlier_run_left(left: Listing, job: Job) -> None:
    pipeline.run(job.id)
    made = Video.objects.get()
    assert (len(left()), storage.purge_unsealed(), len(left())) == (4, 2, 2)
    assert files(made) == [True, True]
