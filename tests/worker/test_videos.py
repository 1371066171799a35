"""A video's record: for its owner and the people in it, gone for all when a grant ended or it was taken down."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models.functions import Now

from accounts.models import Person
from consent import expiry, withdrawal
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


# The state that both lists show beside each video

ENDS: dict[str, tuple[Callable[[Video], object], str]] = {
    "nothing": (lambda video: None, "available"),
    "a stop": (lambda video: end(video, mode=withdrawal.Mode.STOP), "available"),
    "a withdrawal": (lambda video: end(video), "withdrawn"),
    "a veto": (lambda video: end(video, withdrawal.Scope(video_id=video.id)), "withdrawn"),
    "time": (lambda video: Grant.objects.update(not_before="2020-01-01T00:00Z", expires_at=Now()), "withdrawn"),
    "an expiry": (lambda video: (ENDS["time"][0](video), expiry.sweep()), "withdrawn"),
    "a later epoch": (lambda video: Grant.objects.update(epoch=2), "withdrawn"),
    "nobody in it": (lambda video: Depiction.objects.filter(video=video).delete(), "withdrawn"),
    "a takedown": (lambda video: videos.take_down(video.id), "taken_down"),
    "both": (lambda video: (videos.take_down(video.id), end(video)), "taken_down"),
}


def end(video: Video, scope: withdrawal.Scope = withdrawal.Scope(), **mode: withdrawal.Mode) -> object:  # noqa: B008
    """Let whom it shows withdraw."""
    return withdrawal.withdraw(subject=video.depictions.get().subject, scope=scope, **mode)


def shown(person: Person, address: str) -> list[tuple[str, str]]:
    """Id and state of each video of a list."""
    rows = factories.client(person).get(f"/api/v1/{address}").json()["data"]
    return [(row["id"], row["state"]) for row in rows]


@pytest.mark.parametrize(("happens", "state"), ENDS.values(), ids=ENDS)
def test_each_row_says_whether_the_video_can_still_be_watched(
    grant: Grant, subject: Person, requester: Person, happens: Callable[[Video], object], state: str
) -> None:
    video = factories.video(requester, subject)
    happens(video)
    assert shown(requester, "videos") == [(str(video.id), state)]
    still = [(str(video.id), state)] if Depiction.objects.exists() else []
    assert shown(subject, "me/likeness/videos") == still
    reply = factories.client(requester).get(f"/api/v1/videos/{video.id}")
    gone = {"withdrawn": "gone_consent", "taken_down": "taken_down"}
    assert reply.json().get("state", reply.json().get("code")) == gone.get(state, state)


def test_a_video_is_withdrawn_for_all_when_one_of_two_withdraws_and_the_other_row_stands(
    grant: Grant, subject: Person, requester: Person
) -> None:
    other = factories.enrolled()
    factories.grant(other, requester)
    alone, both = factories.video(requester, subject), factories.video(requester, subject, other)
    withdrawal.withdraw(subject=other, scope=withdrawal.Scope())
    rows = [(str(both.id), "withdrawn"), (str(alone.id), "available")]
    assert (shown(requester, "videos"), shown(subject, "me/likeness/videos")) == (rows, rows)


def test_a_remix_is_withdrawn_with_what_it_is_made_from(grant: Grant, subject: Person, requester: Person) -> None:
    Grant.objects.update(may_remix=True)
    original = factories.video(requester, subject)
    remix = factories.video(requester, remix_of=original.id)
    end(original, withdrawal.Scope(video_id=original.id))
    assert shown(requester, "videos") == [(str(remix.id), "withdrawn"), (str(original.id), "withdrawn")]
