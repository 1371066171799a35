"""Jobs, uploads and videos in the panel."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Scope
from tests import factories
from tests.worker import sending
from worker import jobs
from worker.models import Video


@pytest.fixture
def staff(client: Client, moderator: Person) -> Client:
    """A browser in which the moderator is logged in."""
    client.force_login(moderator)
    return client


def page(browser: Client, video: Video) -> str:
    """Return a video's page as text."""
    return browser.get(f"/admin/worker/video/{video.id}/change/").content.decode()


def badges(shown: str) -> list[str]:
    """Return the words on a coloured ground."""
    return re.findall(r'text-\[11px\] uppercase[^"]*"\s*>\s*([^<>]+?)\s*</span>', shown)


def test_a_stand_in_carries_a_badge(staff: Client, video: Video) -> None:
    assert badges(staff.get("/admin/worker/video/").content.decode()) == ["preview"]
    assert badges(page(staff, video)) == ["preview"]


def test_generated_footage_does_not(staff: Client, video: Video) -> None:
    Video.objects.update(is_preview=False)
    assert badges(page(staff, video)) == ["generated"]


def test_a_video_leads_to_its_reports_job_and_permit(staff: Client, video: Video) -> None:
    shown = page(staff, video)
    for address in (f"/moderation/report/?video={video.id}", f"/worker/job/{video.job.id}/", f"/{video.permit_id}/"):
        assert address in shown


def test_a_video_shows_nothing_of_where_its_bytes_lie(staff: Client, video: Video) -> None:
    shown = page(staff, video)
    assert video.file not in shown
    assert video.poster not in shown


def test_a_video_says_under_which_grant_it_shows_whom(staff: Client, video: Video, subject: Person) -> None:
    assert "a grant that is given, now at epoch 1" in page(staff, video)
    withdrawal.withdraw(subject=subject, scope=Scope())
    assert "a grant that is withdrawn, now at epoch 2" in page(staff, video)


def test_a_video_of_three_costs_no_more_queries_than_one_of_one(
    staff: Client, video: Video, subject: Person, requester: Person
) -> None:
    others = [factories.enrolled(), factories.enrolled()]
    for other in others:
        factories.grant(other, requester)
    crowded = factories.video(requester, subject, *others)
    costs = []
    for film in (video, crowded):
        with CaptureQueriesContext(connection) as captured:
            page(staff, film)
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_a_failed_job_says_why(staff: Client, grant: Grant, subject: Person, requester: Person) -> None:
    claimed = jobs.claim(factories.job(requester, subject).id)
    assert claimed
    jobs.fail(claimed, "engine_failed", "It ran out of memory.")
    shown = staff.get(f"/admin/worker/job/{claimed.job_id}/change/").content.decode()
    for part in ("failed", "engine_failed", "It ran out of memory.", "surfing at sunset", "0 %"):
        assert part in shown


def test_jobs_are_filtered_by_status(staff: Client, video: Video, subject: Person, requester: Person) -> None:
    queued = factories.job(requester, subject)
    rows = staff.get("/admin/worker/job/", {"status__exact": "queued"}).context["cl"].result_list
    assert list(rows) == [queued]


def test_no_staff_path_moves_a_job(staff: Client, grant: Grant, subject: Person, requester: Person) -> None:
    job = factories.job(requester, subject)
    sent = {"status": "failed", "failure_code": "x", "attempts": 2}
    assert staff.post(f"/admin/worker/job/{job.id}/change/", sent).status_code == 403
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("queued", 0)


def test_an_upload_shows_how_far_it_is_and_not_what_it_was_called(staff: Client, api: APIClient, film: bytes) -> None:
    upload = sending.begin(api, film, name="my daughter").row
    shown = staff.get(f"/admin/worker/upload/{upload.id}/change/").content.decode()
    assert "receiving" in shown
    assert "my daughter" not in shown
    assert staff.post(f"/admin/worker/upload/{upload.id}/change/", {"status": "ready"}).status_code == 403
    assert staff.get("/admin/worker/upload/").context["cl"].result_list[0] == upload
