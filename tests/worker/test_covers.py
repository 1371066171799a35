"""The poster of a chosen moment: made of the sealed film, stored under a name of its own, the one before removed."""

from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from accounts.models import Person
from tests import factories
from tests.worker import films
from tests.worker.films import GREEN, RED, shown
from tests.worker.runs import Listing
from worker import covers, storage
from worker.models import Video


@pytest.fixture
def film(media: Listing, requester: Person) -> Video:
    """A second of red and one of green."""
    return films.footage(requester, RED, GREEN)


def poster(film: Video) -> Any:
    """Which colour the poster has."""
    film.refresh_from_db()
    return shown(np.asarray(Image.open(default_storage.path(film.poster))))


@pytest.mark.parametrize(("at", "colour"), [(200, RED), (1800, GREEN)])
def test_the_poster_is_of_the_moment_that_was_chosen_and_the_one_before_is_gone(
    film: Video, media: Listing, at: int, colour: Any
) -> None:
    before, files = film.poster, media()
    covers.choose(video_id=film.id, cover_ms=at)
    covers.make(film.id)
    assert (poster(film), film.cover_ms, film.stray) == (colour, None, "")
    assert film.poster != before and not default_storage.exists(before)
    assert len(media()) == len(files)


def test_publishing_with_a_moment_wishes_for_that_poster(film: Video, requester: Person) -> None:
    factories.post(requester, film, cover_ms=1800)
    assert Video.objects.get().cover_ms == 1800
    covers.make(film.id)
    assert poster(film) == GREEN


def test_making_it_again_changes_nothing(film: Video, media: Listing) -> None:
    covers.choose(video_id=film.id, cover_ms=200)
    covers.make(film.id)
    film.refresh_from_db()
    name, files = film.poster, media()
    covers.make(film.id)
    film.refresh_from_db()
    assert (film.poster, media()) == (name, files)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("place", ["random_name", "keep", "drop"])
def test_what_a_killed_worker_leaves_is_finished_and_removed_by_the_next(
    film: Video, media: Listing, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    files = media()
    covers.choose(video_id=film.id, cover_ms=1800)
    real = getattr(storage, place)

    def dying(*args: Any) -> Any:
        real(*args) if place == "keep" else None
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(storage, place, dying)
        with pytest.raises(Killed):
            covers.make(film.id)
    covers.make(film.id)
    assert (poster(film), film.stray, film.cover_ms) == (GREEN, "", None)
    # A file that was stored in a transaction that never committed is found by its name, which was written before.
    assert len(media()) == len(files)


def test_a_film_that_is_gone_gets_no_poster(film: Video, media: Listing) -> None:
    covers.choose(video_id=film.id, cover_ms=200)
    storage.purge_these(Video.objects.all())
    covers.make(film.id)
    film.refresh_from_db()
    assert (media(), film.cover_ms, film.stray) == ([], None, "")


def test_a_purge_removes_the_poster_that_came_meanwhile(
    film: Video, media: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    covers.choose(video_id=film.id, cover_ms=200)
    mark = storage._mark

    def late(*args: Any) -> None:
        covers.make(film.id)
        mark(*args)

    monkeypatch.setattr(storage, "_mark", late)
    monkeypatch.setattr(
        storage, "drop", lambda names, drop=storage.drop: drop(n for n in names if not n.endswith("mp4"))
    )
    storage.purge_these(Video.objects.all())
    assert [name for name in media() if not name.endswith("mp4")] == []


def test_a_moment_without_a_picture_leaves_the_poster_that_is_there(film: Video) -> None:
    films.put(film, b"not a film", 2)
    before = film.poster
    covers.choose(video_id=film.id, cover_ms=200)
    covers.make(film.id)
    film.refresh_from_db()
    assert (film.poster, film.cover_ms, film.stray) == (before, None, "")


def test_a_wish_that_was_forgotten_is_woken_by_the_sweep(
    film: Video, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("socialvideo.lib.queue.app.send_task", lambda name, kwargs: sent.append((name, kwargs)))
    Video.objects.filter(id=film.id).update(cover_ms=5)
    with django_capture_on_commit_callbacks(execute=True):
        covers.sweep()
    assert sent == [(covers.MAKE, {"video_id": str(film.id)})]
