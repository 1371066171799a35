"""A video's record: for its owner and the people in it, gone for all when a grant ended or it was taken down."""

import pytest
from django.db import connection
from django.db.models.functions import Now

from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from worker import videos
from worker.models import Depiction, Video


def refusal(person: Person, video: Video) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        videos.find(person, video.id)
    return refused.value.status_code, refused.value.code


def test_owner_and_depicted_find_the_video(video: Video, requester: Person, subject: Person) -> None:
    assert videos.find(requester, video.id) == video
    assert videos.find(subject, video.id) == video


def test_a_stranger_finds_nothing(video: Video, stranger: Person) -> None:
    assert refusal(stranger, video) == (404, "not_found")


def test_a_video_that_never_was_is_not_found(requester: Person) -> None:
    assert refusal(requester, Video(id=new_id())) == (404, "not_found")


def test_a_withdrawn_video_is_gone_for_both(video: Video, requester: Person, subject: Person, stranger: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert refusal(requester, video) == refusal(subject, video) == (410, "gone_consent")
    assert refusal(stranger, video) == (404, "not_found")


def test_a_video_whose_grant_expired_is_gone(video: Video, requester: Person) -> None:
    Grant.objects.update(not_before="2020-01-01T00:00Z", expires_at=Now())
    assert refusal(requester, video) == (410, "gone_consent")


def test_a_video_of_an_earlier_epoch_is_gone(video: Video, requester: Person) -> None:
    Grant.objects.update(epoch=2)
    assert refusal(requester, video) == (410, "gone_consent")


def test_a_video_that_depicts_nobody_is_not_shown(video: Video, requester: Person) -> None:
    Depiction.objects.all().delete()
    assert refusal(requester, video) == (410, "gone_consent")


def test_a_video_taken_down_is_gone_for_both(
    video: Video, requester: Person, subject: Person, stranger: Person
) -> None:
    videos.take_down(video.id)
    assert refusal(requester, video) == refusal(subject, video) == (410, "taken_down")
    assert refusal(stranger, video) == (404, "not_found")


def test_taking_down_twice_keeps_the_first_time(video: Video) -> None:
    Video.objects.update(taken_down_at="2024-01-01T00:00Z")
    videos.take_down(video.id)
    assert Video.objects.get().taken_down_at.isoformat() == "2024-01-01T00:00:00+00:00"  # type: ignore[union-attr]


def test_taking_down_tells_whoever_is_playing_it(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(videos.bus, "announce", lambda kind, ids: told.append((kind, ids, connection.in_atomic_block)))
    videos.take_down(video.id)
    assert told == [("video", [video.id], True)]


def test_one_lists_what_one_made_and_what_shows_one(
    video: Video, requester: Person, subject: Person, stranger: Person
) -> None:
    other = factories.grant(subject, stranger)
    theirs = factories.video(stranger, subject)
    assert other
    assert list(videos.of_person(requester)) == [video]
    assert list(videos.of_person(subject)) == []
    assert set(videos.showing(subject)) == {video, theirs}
    assert list(videos.showing(requester)) == []
