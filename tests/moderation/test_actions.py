"""Deciding: a take-down reaches every place at once, and the reasons reach whom they concern and nobody else."""

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from accounts import graph
from accounts.models import Person
from moderation import actions, reports
from moderation.models import Action, Report
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from worker.models import Video


def take_down(moderator: Person, video: Video, reasons: str = "not agreed") -> Action:
    """Take a video down."""
    return actions.take_down(moderator=moderator, video_id=video.id, category="likeness", reasons=reasons)


def dismiss(moderator: Person, video: Video) -> Action:
    """Dismiss the reports of a video."""
    return actions.dismiss(moderator=moderator, video_id=video.id, category="other", reasons="within the rules")


def report(reporter: Person, video: Video) -> Report:
    """Report a video."""
    return reports.report(reporter=reporter, video_id=video.id, category="likeness", detail="")


def states() -> list[str]:
    """Return the states of all reports, oldest first."""
    return list(Report.objects.order_by("id").values_list("state", flat=True))


def test_a_take_down_upholds_every_open_report(
    video: Video, stranger: Person, subject: Person, moderator: Person
) -> None:
    report(stranger, video)
    report(subject, video)
    take_down(moderator, video)
    assert states() == ["upheld", "upheld"]


def test_a_take_down_touches_no_other_videos_reports(
    video: Video, stranger: Person, subject: Person, requester: Person, moderator: Person
) -> None:
    other = factories.video(requester, subject)
    report(stranger, other)
    take_down(moderator, video)
    other.refresh_from_db()
    assert (states(), other.taken_down_at) == (["open"], None)


def test_a_take_down_hides_the_post_from_every_feed(video: Video, stranger: Person, moderator: Person) -> None:
    post = factories.post(video.owner, video)
    graph.follow(follower=stranger, followee=video.owner)
    api = factories.client(stranger)
    lists = ("/api/v1/feeds/following", f"/api/v1/people/{video.owner.handle}/posts")
    assert [len(api.get(address).json()["data"]) for address in lists] == [1, 1]
    take_down(moderator, video)
    assert [len(api.get(address).json()["data"]) for address in lists] == [0, 0]
    assert api.get(f"/api/v1/posts/{post.id}").status_code == 410


@pytest.mark.parametrize("who", ["requester", "subject", "stranger"])
def test_a_video_that_is_down_answers_410(
    who: str, video: Video, moderator: Person, request: pytest.FixtureRequest
) -> None:
    factories.post(video.owner, video)
    api = factories.client(request.getfixturevalue(who))
    assert api.get(f"/api/v1/videos/{video.id}/playback").status_code == 200
    take_down(moderator, video)
    answer = api.get(f"/api/v1/videos/{video.id}/playback")
    assert (answer.status_code, answer.json()["code"]) == (410, "taken_down")


def test_a_video_that_is_down_cannot_be_published(video: Video, moderator: Person) -> None:
    take_down(moderator, video)
    with pytest.raises(Problem) as refused:
        factories.post(video.owner, video)
    assert (refused.value.status_code, refused.value.code) == (410, "taken_down")
    assert video.posts.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_take_down_is_told_to_whoever_streams_the_video(video: Video, moderator: Person) -> None:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as ear:
        ear.execute("LISTEN ended")
        take_down(moderator, video)
        assert [notice.payload for notice in ear.notifies(timeout=5, stop_after=1)] == [f"video:{video.id}"]


def test_a_video_is_taken_down_once(video: Video, moderator: Person) -> None:
    first = take_down(moderator, video)
    with pytest.raises(Problem) as refused:
        take_down(moderator, video, reasons="again")
    assert (refused.value.status_code, refused.value.code) == (409, "taken_down_already")
    assert Action.objects.get() == first


def test_a_refused_take_down_closes_no_report(video: Video, stranger: Person, moderator: Person) -> None:
    take_down(moderator, video)
    report(stranger, video)
    with pytest.raises(Problem):
        take_down(moderator, video)
    assert states() == ["open"]


def test_a_dismissal_closes_the_reports_and_leaves_the_video(video: Video, stranger: Person, moderator: Person) -> None:
    report(stranger, video)
    dismiss(moderator, video)
    video.refresh_from_db()
    assert (states(), video.taken_down_at) == (["dismissed"], None)


def test_a_dismissal_answers_an_open_report_or_nothing(video: Video, stranger: Person, moderator: Person) -> None:
    report(stranger, video)
    dismiss(moderator, video)
    with pytest.raises(Problem) as refused:
        dismiss(moderator, video)
    assert (refused.value.status_code, refused.value.code) == (409, "no_open_report")
    assert Action.objects.count() == 1


def test_a_dismissed_video_may_still_be_taken_down(video: Video, stranger: Person, moderator: Person) -> None:
    report(stranger, video)
    dismiss(moderator, video)
    take_down(moderator, video)
    assert list(Action.objects.order_by("id").values_list("kind", flat=True)) == ["dismissal", "takedown"]


@pytest.mark.parametrize("decide", [actions.take_down, actions.dismiss])
def test_nothing_is_decided_about_a_video_that_never_was(decide: object, moderator: Person) -> None:
    assert callable(decide)
    with pytest.raises(Problem) as refused:
        decide(moderator=moderator, video_id=new_id(), category="other", reasons="no")
    assert (refused.value.status_code, refused.value.code) == (404, "not_found")
    assert Action.objects.count() == 0


def test_statements_reach_owner_depicted_and_reporter_and_nobody_else(
    video: Video, requester: Person, subject: Person, stranger: Person, moderator: Person
) -> None:
    report(stranger, video)
    action = take_down(moderator, video)
    bystander = factories.enrolled()
    told = {person: list(actions.concerning(person)) for person in (requester, subject, stranger, bystander, moderator)}
    assert told == {requester: [action], subject: [action], stranger: [action], bystander: [], moderator: []}


def test_a_report_made_afterwards_does_not_open_earlier_statements(
    video: Video, stranger: Person, moderator: Person
) -> None:
    take_down(moderator, video)
    report(stranger, video)
    assert list(actions.concerning(stranger)) == []
    answer = dismiss(moderator, video)
    assert list(actions.concerning(stranger)) == [answer]


def test_an_action_without_reasons_is_refused_by_the_database(
    video: Video, stranger: Person, moderator: Person
) -> None:
    report(stranger, video)
    with pytest.raises(IntegrityError, match="action_says_why"), transaction.atomic():
        actions.dismiss(moderator=moderator, video_id=video.id, category="other", reasons="")
    assert (Action.objects.count(), states()) == (0, ["open"])


@pytest.mark.parametrize(
    "change", ["UPDATE moderation_action SET reasons = 'changed'", "DELETE FROM moderation_action"]
)
def test_an_action_is_never_changed_and_never_dropped(change: str, video: Video, moderator: Person) -> None:
    take_down(moderator, video)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert Action.objects.get().reasons == "not agreed"
