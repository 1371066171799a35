"""Ladders: each size is stored once, whoever is killed, and nothing is made of what has ended."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from pytest_django import Settings

from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Scope
from tests import factories
from tests.worker.footage import clip
from worker import ladders, pipeline, storage, videos
from worker.media import inspecting
from worker.media.child import MediaFailed
from worker.models import Depiction, Ladder, Rendition, Unsealed, Video

pytestmark = pytest.mark.django_db
Listing = Callable[[], list[str]]


@pytest.fixture
def film(media: Listing, grant: Grant, subject: Person, requester: Person) -> Video:
    """A sealed film of the subject, large enough for three sizes, whose ladder waits."""
    made = factories.video(requester, subject, content=clip(seconds=0.5, width=720, height=1280))
    Ladder.objects.filter(video=made).delete()
    ladders.begin(video_id=made.id, source=made.file)
    return made


def kept(video: Video) -> list[tuple[str, int]]:
    """Kind and size of what is stored."""
    return sorted(Rendition.objects.filter(video=video).values_list("kind", "rung"))


ALL = [("hls", 270), ("hls", 480), ("hls", 720), ("mp4", 480), ("mp4", 720)]


def files(video: Video) -> set[str]:
    """Every file that the video names."""
    video.refresh_from_db()
    names = Rendition.objects.filter(video=video).values_list("file", flat=True)
    return {name for name in (video.file, video.poster, video.preview, video.sprite, *names) if name}


def test_every_size_is_made_once_and_whole_and_the_purge_removes_them_all(film: Video, media: Listing) -> None:
    ladders.run(film.id)
    ladders.run(film.id)
    assert kept(film) == ALL
    ladder = Ladder.objects.get()
    assert (ladder.status, ladder.progress, ladder.attempts) == ("done", 100, 1)
    assert {f"videos/{name}" for name in media()} == files(film)
    for row in Rendition.objects.filter(kind="hls"):
        assert default_storage.size(row.file) == row.size_bytes
        ends = [offset + length for offset, length, _ in row.segments]
        assert [begin for begin, _, _ in row.segments[1:]] == ends[:-1]
        assert (row.segments[0][0], ends[-1] <= row.size_bytes) == (0, True)
    assert (film.blurhash != "", film.sprite_grid["step_ms"] > 0) == (True, True)
    withdrawn(film)
    storage.purge()
    assert (media(), Rendition.objects.count()) == ([], 0)


def test_a_ladder_goes_on_where_a_killed_worker_stopped(film: Video, media: Listing, monkeypatch: Any) -> None:
    stored: list[int] = []
    real = ladders.store

    def store(climb: ladders.Climb, made: Any) -> None:
        if stored:
            raise MediaFailed("killed after the first size")
        stored.append(int(made.rung.name))
        real(climb, made)

    monkeypatch.setattr(ladders, "store", store)
    ladders.run(film.id)
    first = set(Rendition.objects.values_list("id", "file"))
    monkeypatch.setattr(ladders, "store", real)
    ladders.run(film.id)
    assert kept(film) == ALL
    assert first < set(Rendition.objects.values_list("id", "file"))
    assert {f"videos/{name}" for name in media()} == files(film)


def withdrawn(film: Video) -> None:
    withdrawal.withdraw(subject=Person.objects.get(handle="eileen"), scope=Scope())


def taken_down(film: Video) -> None:
    videos.take_down(film.id)


def purged(film: Video) -> None:
    storage.purge_these(Video.objects.filter(id=film.id))


def a_depiction_lost(film: Video) -> None:
    Depiction.objects.filter(video=film).delete()


ENDS = [withdrawn, taken_down, purged, a_depiction_lost]


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_made_of_a_video_that_has_ended(film: Video, end: Callable[[Video], None]) -> None:
    end(film)
    ladders.run(film.id)
    ladder = Ladder.objects.get()
    assert (ladder.status, ladder.failure_code, kept(film)) == ("failed", "video_ended", [])


def test_a_size_that_is_finished_when_the_video_ends_is_not_stored(
    film: Video, media: Listing, monkeypatch: Any
) -> None:
    real = ladders.store

    def store(climb: ladders.Climb, made: Any) -> None:
        withdrawn(film)
        real(climb, made)

    monkeypatch.setattr(ladders, "store", store)
    ladders.run(film.id)
    assert (Ladder.objects.get().failure_code, kept(film), Unsealed.objects.count()) == ("video_ended", [], 0)
    assert {f"videos/{name}" for name in media()} <= files(film)


def test_a_size_that_is_stored_while_its_video_is_purged_goes_with_it(
    film: Video, media: Listing, monkeypatch: Any, tmp_path: Path
) -> None:
    """The purge has listed and removed the files; before it holds the video, one more is stored."""
    ladders.run(film.id)
    real = storage.drop
    late = tmp_path / "late.mp4"
    late.write_bytes(b"late")

    def drop(names: Any) -> None:
        real(names)
        monkeypatch.setattr(storage, "drop", real)
        with storage.kept_for({"ladder_id": film.id}, late) as stored:
            row = Rendition.objects.filter(kind="hls").first()
            Rendition.objects.create(
                video=film, kind="hls", rung=99, width=2, height=2, bandwidth=1, codecs="x", file=stored[0],
                size_bytes=4, digest=bytes(32), segments=row.segments if row else [],
            )  # fmt: skip
            storage.release(stored)

    monkeypatch.setattr(storage, "drop", drop)
    purged(film)
    assert (media(), Rendition.objects.count()) == ([], 0)


def test_a_ladder_that_breaks_again_and_again_fails_and_the_video_stays(film: Video, monkeypatch: Any) -> None:
    def broken(*_: object, **__: object) -> None:
        raise MediaFailed("it broke")

    monkeypatch.setattr(inspecting, "inspect", broken)
    for _ in range(4):
        ladders.run(film.id)
    ladders.sweep()
    ladder = Ladder.objects.get()
    assert (ladder.status, ladder.failure_code, ladder.attempts) == ("failed", "media_failed", 3)
    film.refresh_from_db()
    assert (film.purged_at, default_storage.exists(film.file)) == (None, True)


def test_a_ladder_is_taken_over_when_its_lease_ends_and_the_first_run_stores_no_more(
    film: Video, monkeypatch: Any
) -> None:
    real = ladders.store

    def store(climb: ladders.Climb, made: Any) -> None:
        Ladder.objects.update(lease_until=Now() - timedelta(seconds=1))
        assert ladders.claim(film.id)
        real(climb, made)

    monkeypatch.setattr(ladders, "store", store)
    ladders.run(film.id)
    assert (kept(film), Ladder.objects.get().status) == ([], "in_progress")


def test_a_lost_message_is_sent_again(film: Video) -> None:
    assert ladders.sweep() == 0
    Ladder.objects.update(sent_at=Now() - timedelta(minutes=1))
    assert ladders.sweep() == 1


def test_a_sealed_film_has_its_ladder_in_the_same_commit(
    media: Listing, portrayed: Person, requester: Person, portrait_grant: Grant, settings: Settings
) -> None:
    pipeline.run(factories.job(requester, portrayed).id)
    video = Video.objects.get()
    assert (video.ladder.source, video.ladder.status) == (video.file, "queued")
    ladders.run(video.id)
    assert kept(video) == [("hls", 90), ("mp4", 90)]
