"""Reporting a video: by anybody, once at a time, into a queue."""

import pytest

from accounts.models import Person
from moderation import actions, reports
from moderation.models import Report
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from worker.models import Video


def report(reporter: Person, video: Video, category: str = "likeness") -> Report:
    """Report a video."""
    return reports.report(reporter=reporter, video_id=video.id, category=category, detail="look")


def test_a_report_is_open_at_first(video: Video, stranger: Person) -> None:
    made = report(stranger, video)
    made.refresh_from_db()
    assert (made.state, made.reporter, made.video, made.detail) == ("open", stranger, video, "look")


def test_somebody_who_cannot_see_a_video_may_report_it(video: Video, stranger: Person) -> None:
    api = factories.client(stranger)
    assert api.get(f"/api/v1/videos/{video.id}/playback").status_code == 404
    assert report(stranger, video).pk


def test_a_second_open_report_of_the_same_person_is_refused(video: Video, stranger: Person) -> None:
    report(stranger, video)
    with pytest.raises(Problem) as refused:
        report(stranger, video, category="violence")
    assert (refused.value.status_code, refused.value.code) == (409, "report_stands_open")
    assert Report.objects.get().category == "likeness"


def test_two_people_may_report_the_same_video(video: Video, stranger: Person, subject: Person) -> None:
    report(stranger, video)
    report(subject, video)
    assert Report.objects.count() == 2


def test_once_it_was_decided_the_same_person_may_report_again(
    video: Video, stranger: Person, moderator: Person
) -> None:
    report(stranger, video)
    actions.dismiss(moderator=moderator, video_id=video.id, category="other", reasons="no")
    report(stranger, video)
    assert list(Report.objects.order_by("id").values_list("state", flat=True)) == ["dismissed", "open"]


def test_a_video_that_never_was_cannot_be_reported(stranger: Person) -> None:
    with pytest.raises(Problem) as refused:
        reports.report(reporter=stranger, video_id=new_id(), category="other", detail="")
    assert (refused.value.status_code, refused.value.code) == (404, "not_found")
    assert Report.objects.count() == 0


def test_the_queue_holds_what_is_open_and_only_that(video: Video, stranger: Person, subject: Person) -> None:
    closed, standing = report(stranger, video), report(subject, video)
    Report.objects.filter(id=closed.id).update(state=Report.State.UPHELD)
    assert list(reports.queue()) == [standing]


def test_ones_own_reports_are_ones_own(video: Video, stranger: Person, subject: Person) -> None:
    mine = report(stranger, video)
    report(subject, video)
    assert list(reports.of_person(stranger)) == [mine]
