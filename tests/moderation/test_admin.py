"""The queue in the panel: what a moderator sees of a report, and how they decide it."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from moderation import actions, reports
from moderation.models import Action, Report
from tests import factories
from worker.models import Video

QUEUE = "/admin/moderation/report/"
REASONS = {"category": "likeness", "reasons": "She did not agree to this."}


@pytest.fixture
def staff(client: Client, moderator: Person) -> Client:
    """A browser in which the moderator is logged in."""
    client.force_login(moderator)
    return client


@pytest.fixture
def report(video: Video, stranger: Person) -> Report:
    """A stranger's open report of the video."""
    return reports.report(reporter=stranger, video_id=video.id, category="likeness", detail="My aunt.\nLook.")


def at(report: Report, step: str) -> str:
    """Return the address of a report's page or of a decision about it."""
    return f"{QUEUE}{report.id}/{step}/"


def text(browser: Client, address: str) -> str:
    """Return a page as text."""
    return browser.get(address).content.decode()


def fell(video: Video) -> bool:
    """Tell whether the video is down."""
    video.refresh_from_db()
    return video.taken_down_at is not None


def test_the_queue_begins_with_the_oldest_open_report(staff: Client, report: Report, video: Video) -> None:
    second = reports.report(reporter=video.owner, video_id=video.id, category="other", detail="")
    decided = factories.person()
    closed = reports.report(reporter=decided, video_id=video.id, category="other", detail="")
    Report.objects.filter(id=closed.id).update(state=Report.State.DISMISSED)
    third = reports.report(reporter=decided, video_id=video.id, category="other", detail="")
    shown = text(staff, QUEUE)
    places = [shown.index(at(row, "change")) for row in (report, second, third, closed)]
    assert places == sorted(places)


def test_the_queue_is_filtered_by_category(staff: Client, report: Report, video: Video) -> None:
    other = reports.report(reporter=video.owner, video_id=video.id, category="violence", detail="")
    shown = text(staff, f"{QUEUE}?category__exact=violence")
    assert at(other, "change") in shown
    assert at(report, "change") not in shown


def test_a_report_shows_everything_that_a_moderator_needs(staff: Client, report: Report, video: Video) -> None:
    factories.post(video.owner, video, caption="Eileen surfs")
    reports.report(reporter=video.owner, video_id=video.id, category="other", detail="")
    shown = text(staff, at(report, "change"))
    for part in (
        *("shows me or somebody without permission", "My aunt.<br>Look.", "@kim", "surfing at sunset", "@sam"),
        *("@eileen", "a grant that is given", "preview", "Eileen surfs", f'?video={video.id}" class="text-link">1</a>'),
        *(at(report, "take-down"), at(report, "dismiss")),
    ):
        assert part in shown


def test_a_report_shows_what_was_decided_before(staff: Client, report: Report, moderator: Person) -> None:
    actions.dismiss(moderator=moderator, video_id=report.video_id, category="other", reasons="It is fine.")
    assert "dismissal: It is fine." in text(staff, at(report, "change"))


@pytest.mark.parametrize(
    ("step", "kind", "state"), [("take-down", "takedown", "upheld"), ("dismiss", "dismissal", "dismissed")]
)
def test_a_decision_is_made_with_a_category_and_reasons(
    step: str, kind: str, state: str, staff: Client, report: Report, moderator: Person, video: Video
) -> None:
    response = staff.post(at(report, step), REASONS)
    assert response["Location"] == QUEUE
    action = Action.objects.get()
    assert (action.kind, action.moderator, action.video_id) == (kind, moderator, video.id)
    assert (action.category, action.reasons) == ("likeness", "She did not agree to this.")
    report.refresh_from_db()
    assert (report.state, fell(video)) == (state, kind == "takedown")


def test_after_a_decision_the_queue_says_so(staff: Client, report: Report) -> None:
    assert "can read your reasons" in staff.post(at(report, "dismiss"), REASONS, follow=True).content.decode()


def test_the_people_concerned_read_what_was_written_in_the_panel(
    staff: Client, report: Report, subject: Person
) -> None:
    staff.post(at(report, "take-down"), REASONS)
    statements = factories.client(subject).get("/api/v1/me/statements").json()["data"]
    assert [(row["kind"], row["reasons"]) for row in statements] == [("takedown", "She did not agree to this.")]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"category": "likeness", "reasons": ""}, "Write down why"),
        ({"category": "likeness", "reasons": "  \n "}, "Write down why"),
        ({"category": "likeness", "reasons": "x" * 1001}, "at most 1000 characters"),
        ({"category": "", "reasons": "because"}, "This field is required"),
        ({"category": "taste", "reasons": "because"}, "Select a valid choice"),
    ],
)
def test_a_decision_without_category_or_reasons_is_refused(
    sent: dict[str, str], message: str, staff: Client, report: Report, video: Video
) -> None:
    response = staff.post(at(report, "take-down"), sent)
    assert message in response.content.decode()
    assert (Action.objects.count(), fell(video)) == (0, False)
    report.refresh_from_db()
    assert report.state == "open"


@pytest.mark.parametrize("step", ["take-down", "dismiss"])
def test_looking_at_the_form_decides_nothing(step: str, staff: Client, report: Report, video: Video) -> None:
    reports.report(reporter=video.owner, video_id=video.id, category="other", detail="")
    assert "Closes 2 open reports of this video." in text(staff, at(report, step))
    assert (Action.objects.count(), fell(video)) == (0, False)


def test_the_form_begins_with_the_category_of_the_report(staff: Client, report: Report) -> None:
    assert '<option value="likeness" selected>' in text(staff, at(report, "take-down"))


@pytest.mark.parametrize(
    ("step", "words"), [("take-down", "is down already"), ("dismiss", "No report of this video is open")]
)
def test_deciding_twice_gives_a_clear_message(step: str, words: str, staff: Client, report: Report) -> None:
    staff.post(at(report, "take-down"), REASONS)
    again = staff.post(at(report, step), REASONS, follow=True)
    assert again.redirect_chain == [(at(report, "change"), 302)]
    assert words in again.content.decode()
    assert Action.objects.count() == 1


def test_a_report_that_does_not_exist_leads_back_to_the_queue(staff: Client, video: Video) -> None:
    response = staff.post(f"{QUEUE}{video.id}/take-down/", REASONS, follow=True)
    assert response.redirect_chain == [(QUEUE, 302)]
    assert "There is no report of this id." in response.content.decode()
    assert Action.objects.count() == 0


@pytest.mark.parametrize("step", ["take-down", "dismiss"])
def test_nobody_but_staff_decides(step: str, client: Client, report: Report, subject: Person, video: Video) -> None:
    client.force_login(subject)
    assert client.post(at(report, step), REASONS)["Location"].startswith("/admin/login/")
    assert (Action.objects.count(), fell(video)) == (0, False)


def test_a_foreign_page_cannot_decide_in_a_moderators_name(report: Report, moderator: Person, video: Video) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(moderator)
    assert browser.post(at(report, "take-down"), REASONS).status_code == 403
    assert (Action.objects.count(), fell(video)) == (0, False)


def test_what_people_write_is_shown_and_not_run(staff: Client, video: Video, stranger: Person) -> None:
    hostile = "<script>alert(1)</script>"
    Video.objects.filter(id=video.id).update(prompt=hostile)
    factories.post(video.owner, video, caption=hostile)
    report = reports.report(reporter=stranger, video_id=video.id, category="other", detail=hostile)
    for address in ("/admin/", QUEUE, at(report, "change"), at(report, "take-down"), page_of(video)):
        assert hostile not in text(staff, address)


def page_of(video: Video) -> str:
    """Return the address of a video's page."""
    return reverse("admin:worker_video_change", args=[video.id])
