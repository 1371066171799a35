"""A video's record: for its owner and the people in it, gone for all when a grant ended or it was taken down."""

from collections.abc import Callable

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


def test_a_video_that_lost_a_depiction_is_not_shown(video: Video, requester: Person) -> None:
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


# Lists


def listed(person: Person) -> tuple[list[Video], list[Video]]:
    """What the person made, and what shows them."""
    made = videos.made_by(person, after=None, limit=9)
    return list(made), list(videos.showing(person, after=None, limit=9))


@pytest.fixture
def theirs(video: Video, subject: Person, stranger: Person) -> Video:
    """A newer video of the subject, by somebody else."""
    factories.grant(subject, stranger)
    return factories.video(stranger, subject)


def test_one_lists_what_one_made_and_what_shows_one_newest_first(
    video: Video, theirs: Video, requester: Person, subject: Person
) -> None:
    assert (listed(requester), listed(subject)) == (([video], []), ([], [theirs, video]))
    assert list(videos.showing(subject, after=theirs.id, limit=9)) == [video]


def test_who_is_in_a_video_by_two_grants_finds_it_once(video: Video, subject: Person, requester: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(), mode=withdrawal.Mode.STOP)
    second = factories.grant(subject, requester)
    Depiction.objects.create(video=video, subject=subject, grant=second, epoch=1)
    Video.objects.update(depiction_count=2)
    assert listed(subject) == ([], [video])


@pytest.mark.parametrize(
    "end",
    [
        lambda video: withdrawal.withdraw(subject=video.depictions.get().subject, scope=withdrawal.Scope()),
        lambda video: withdrawal.withdraw(
            subject=video.depictions.get().subject, scope=withdrawal.Scope(video_id=video.id)
        ),
        lambda video: videos.take_down(video.id),
        lambda video: Grant.objects.update(epoch=2),
        lambda video: Grant.objects.update(not_before="2020-01-01T00:00Z", expires_at=Now()),
        lambda video: Depiction.objects.all().delete(),
    ],
    ids=["withdrawn", "vetoed", "taken down", "stale", "expired", "nobody in it"],
)
def test_what_cannot_be_read_is_in_no_list(
    video: Video, requester: Person, subject: Person, end: Callable[[Video], object]
) -> None:
    end(video)
    assert (listed(requester), listed(subject)) == (([], []), ([], []))
