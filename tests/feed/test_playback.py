"""Opening a video: who is entitled, what the gate says, and what its ticket carries."""

from collections.abc import Callable

import pytest
from django.db.models.functions import Now

from accounts import auth, graph
from accounts.models import Person, Session
from consent import withdrawal
from consent.models import Decision, Grant
from consent.rules import Audience
from feed import playback, publishing
from feed.models import Post
from feed.tickets import Ticket, Viewing
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from worker import videos
from worker.models import Rendition, Video


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        act()
    return refused.value.status_code, refused.value.code


def session(person: Person) -> Session:
    return auth.log_in(handle=person.handle, password=factories.PASSWORD, device="")[1]


def opened(viewer: Person, video: Video) -> Viewing:
    return playback.open_video(viewer=viewer, session=session(viewer), video_id=video.id)


def journal(point: str) -> list[tuple[str, Person, str]]:
    lines = Decision.objects.filter(point=point).select_related("requester").order_by("leaf")
    return [(line.verdict, line.requester, line.reason) for line in lines]


# Opening


def test_owner_and_depicted_open_an_unpublished_video(video: Video, subject: Person, requester: Person) -> None:
    for viewer in (requester, subject):
        mine = session(viewer)
        ticket = playback.open_video(viewer=viewer, session=mine, video_id=video.id)
        assert ticket == Viewing(video.id, viewer.id, mine.id)
    assert journal("open") == [("allowed", requester, ""), ("allowed", subject, "")]


def test_each_subject_gets_a_line_in_the_journal(grant: Grant, subject: Person, requester: Person) -> None:
    ben = factories.enrolled("ben")
    factories.grant(ben, requester)
    video = factories.video(requester, subject, ben)
    opened(ben, video)
    lines = Decision.objects.filter(point="open").order_by("leaf")
    assert [(line.subject, line.requester, line.video_id) for line in lines] == [
        (subject, ben, video.id),
        (ben, ben, video.id),
    ]


@pytest.mark.parametrize(
    ("audience", "follows", "entitled"),
    [
        (None, True, False),
        (Audience.PRIVATE, True, False),
        (Audience.FOLLOWERS, False, False),
        (Audience.FOLLOWERS, True, True),
        (Audience.PUBLIC, False, True),
    ],
)
def test_anybody_else_opens_what_a_post_shows_them(
    video: Video, stranger: Person, audience: Audience | None, follows: bool, entitled: bool
) -> None:
    if audience:
        factories.post(video.owner, video, audience)
    if follows:
        graph.follow(follower=stranger, followee=video.owner)
    if entitled:
        assert opened(stranger, video).viewer_id == stranger.id
    else:
        assert refusal(lambda: opened(stranger, video)) == (404, "not_found")
    assert journal("open") == ([("allowed", stranger, "")] if entitled else [])


def test_a_video_that_never_was_is_not_found(requester: Person) -> None:
    assert refusal(lambda: opened(requester, Video(id=new_id()))) == (404, "not_found")


def test_a_withdrawn_video_is_gone_for_whoever_could_see_it(
    video: Video, subject: Person, requester: Person, stranger: Person
) -> None:
    factories.post(requester, video)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    for viewer in (requester, subject, stranger):
        assert refusal(lambda viewer=viewer: opened(viewer, video)) == (410, "gone_consent")  # type: ignore[misc]
    assert journal("open") == [("denied", viewer, "ended") for viewer in (requester, subject, stranger)]


def test_a_withdrawn_video_stays_unknown_to_whoever_could_not_see_it(
    video: Video, subject: Person, stranger: Person
) -> None:
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert refusal(lambda: opened(stranger, video)) == (404, "not_found")
    assert journal("open") == []


def test_a_video_taken_down_is_gone_for_its_audience_and_unknown_to_others(
    video: Video, requester: Person, subject: Person, stranger: Person
) -> None:
    videos.take_down(video.id)
    assert refusal(lambda: opened(requester, video)) == refusal(lambda: opened(subject, video)) == (410, "taken_down")
    assert refusal(lambda: opened(stranger, video)) == (404, "not_found")
    assert journal("open") == []


# Every part after that


def test_parts_of_a_viewing_leave_no_line_in_the_journal(video: Video, requester: Person) -> None:
    ticket = opened(requester, video)
    assert all(playback.reopen(ticket).keys for _ in range(3))
    assert journal("chunk") == []


def test_a_part_that_is_denied_leaves_its_line(video: Video, requester: Person, subject: Person) -> None:
    ticket = opened(requester, video)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert refusal(lambda: playback.reopen(ticket)) == (410, "gone_consent")
    assert journal("chunk") == [("denied", requester, "ended")]


def test_a_grant_that_expired_ends_the_viewing(video: Video, requester: Person) -> None:
    ticket = opened(requester, video)
    Grant.objects.update(not_before="2020-01-01T00:00Z", expires_at=Now())
    assert refusal(lambda: playback.reopen(ticket)) == (410, "gone_consent")
    assert journal("chunk") == [("denied", requester, "expired")]


def log_out(ticket: Viewing) -> None:
    auth.log_out(person=Person.objects.get(id=ticket.viewer_id), session_id=ticket.session_id)


def expire(ticket: Viewing) -> None:
    Session.objects.update(created_at="2020-01-01T00:00Z", expires_at="2020-01-02T00:00Z")


def suspend(ticket: Viewing) -> None:
    Person.objects.filter(id=ticket.viewer_id).update(is_active=False)


@pytest.mark.parametrize("end", [log_out, expire, suspend])
def test_a_viewing_ends_with_its_session(video: Video, requester: Person, end: Callable[[Viewing], None]) -> None:
    ticket = opened(requester, video)
    end(ticket)
    assert refusal(lambda: playback.reopen(ticket)) == (401, "session_ended")


def test_another_session_of_the_same_person_does_not_help(video: Video, requester: Person) -> None:
    ticket = opened(requester, video)
    log_out(ticket)
    opened(requester, video)
    assert refusal(lambda: playback.reopen(ticket)) == (401, "session_ended")


def test_a_viewing_ends_with_the_post_or_the_follow_that_entitled_it(video: Video, stranger: Person) -> None:
    factories.post(video.owner, video, Audience.FOLLOWERS)
    graph.follow(follower=stranger, followee=video.owner)
    ticket = opened(stranger, video)
    graph.unfollow(follower=stranger, followee=video.owner)
    assert refusal(lambda: playback.reopen(ticket)) == (404, "not_found")
    graph.follow(follower=stranger, followee=video.owner)
    assert playback.reopen(ticket).keys
    publishing.remove(author=video.owner, post_id=Post.objects.get().id)
    assert refusal(lambda: playback.reopen(ticket)) == (404, "not_found")


def test_a_viewing_ends_with_a_takedown(video: Video, requester: Person) -> None:
    ticket = opened(requester, video)
    videos.take_down(video.id)
    assert refusal(lambda: playback.reopen(ticket)) == (410, "taken_down")


# Downloading


def downloaded(viewer: Person, video: Video) -> Viewing:
    return playback.open_download(viewer=viewer, session=session(viewer), video_id=video.id)


def test_a_download_needs_a_right_of_its_own(video: Video, requester: Person, subject: Person) -> None:
    for viewer in (requester, subject):
        assert refusal(lambda viewer=viewer: downloaded(viewer, video)) == (403, "consent_unavailable")  # type: ignore[misc]
    assert journal("download") == [("denied", viewer, "right") for viewer in (requester, subject)]


def test_whoever_may_watch_may_download_what_everybody_granted(video: Video, stranger: Person) -> None:
    Grant.objects.update(may_download=True)
    assert refusal(lambda: downloaded(stranger, video)) == (404, "not_found")
    factories.post(video.owner, video)
    ticket = downloaded(stranger, video)
    assert (ticket.download, Ticket.read(ticket.ticket(".mp4"), video.id, ".mp4").viewing) == (True, ticket)
    assert journal("download") == [("allowed", stranger, "")]


def test_one_who_did_not_grant_downloads_is_enough(grant: Grant, subject: Person, requester: Person) -> None:
    Grant.objects.update(may_download=True)
    ben = factories.enrolled("ben")
    factories.grant(ben, requester)
    video = factories.video(requester, subject, ben)
    assert refusal(lambda: downloaded(requester, video)) == (403, "consent_unavailable")
    assert [line.subject for line in Decision.objects.filter(point="download")] == [ben]


def test_what_is_gone_is_not_downloaded(video: Video, requester: Person, subject: Person) -> None:
    Grant.objects.update(may_download=True)
    ticket = downloaded(requester, video)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(video_id=video.id))
    assert refusal(lambda: downloaded(requester, video)) == (410, "gone_consent")
    assert refusal(lambda: playback.reopen(ticket)) == (410, "gone_consent")


def test_what_was_stopped_still_plays_and_downloads(video: Video, requester: Person, subject: Person) -> None:
    Grant.objects.update(may_download=True)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(), mode=withdrawal.Mode.STOP)
    assert downloaded(requester, video).download
    assert playback.reopen(opened(requester, video)).keys


@pytest.mark.parametrize(("first", "part"), [("upload", "/720.mp4"), ("sealed", ".mp4")])
def test_the_largest_file_of_an_upload_is_downloaded_and_a_signed_film_as_it_was_sealed(
    requester: Person, first: str, part: str
) -> None:
    film = factories.footage(requester)
    names = {480: film.file if first == "upload" else "videos/small.mp4", 720: "videos/large.mp4"}
    common = {"width": 1, "height": 1, "bandwidth": 1, "codecs": "", "size_bytes": 1, "digest": bytes(32)}
    for rung, name in names.items():
        Rendition.objects.create(video=film, kind="mp4", rung=rung, file=name, **common)
    url = factories.client(requester).get(f"/api/v1/videos/{film.id}/download").data["video_url"]
    assert url.partition("?")[0].endswith(f"{film.id}{part}")


def test_an_address_to_download_is_given_over_http(video: Video, requester: Person) -> None:
    api, address = factories.client(requester), f"/api/v1/videos/{video.id}/download"
    assert api.get(address).status_code == 403
    Grant.objects.update(may_download=True)
    reply = api.get(address)
    assert (reply.status_code, reply["Cache-Control"], set(reply.data)) == (
        200,
        "private, no-store",
        {"video_url", "expires_in"},
    )
