"""Sessions: what is declared is held to, what is open is counted, what has ended stays ended without its bytes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Person
from tests import factories
from tests.worker import sending
from tests.worker.sending import ADDRESS, Declared
from worker.models import Upload
from worker.uploads import ingest, reaping, sessions

pytestmark = pytest.mark.django_db
Stored = Callable[[], dict[str, bytes]]
LATE = sending.LATE


def refused(api: APIClient, film: bytes, **declared: Any) -> Any:
    """The problem of an upload that is not begun."""
    before = Upload.objects.count()
    response = api.post(ADDRESS, sending.declaration(film, **declared), format="json")
    assert (response.status_code >= 400, Upload.objects.count()) == (True, before), response.content
    return response


def test_an_upload_is_there_for_its_owner_from_the_first(begun: Declared, api: APIClient) -> None:
    shown = begun.read()
    assert (shown["status"], shown["offset"], shown["progress"]) == ("receiving", 0, 0)
    assert shown["part_bytes"] <= 8 * 1024 * 1024
    assert [row["id"] for row in api.get(ADDRESS).json()["data"]] == [shown["id"]]


def test_progress_goes_up_with_the_bytes(begun: Declared) -> None:
    begun.send(0, len(begun.content) // 2 + 1)
    assert (begun.read()["offset"], begun.read()["progress"]) == (len(begun.content) // 2 + 1, 25)
    begun.send(0)
    assert begun.read()["progress"] == 50


@pytest.mark.parametrize("count", [1, 8])
def test_a_list_of_one_and_of_eight_takes_the_same_queries(
    api: APIClient, film: bytes, settings: Settings, count: int
) -> None:
    settings.UPLOAD_SESSIONS = 10
    for _ in range(count):
        sending.begin(api, film)
    with CaptureQueriesContext(connection) as captured:
        assert len(api.get(ADDRESS).json()["data"]) == count
    assert len([query for query in captured.captured_queries if "worker_" in query["sql"]]) == 1


def test_what_may_be_uploaded_is_told_before(api: APIClient, film: bytes, settings: Settings) -> None:
    settings.UPLOAD_DAY_CLIPS, settings.UPLOAD_DAY_BYTES = 3, 10_000_000
    before = api.get(f"{ADDRESS}/limits").json()
    sending.begin(api, film)
    after = api.get(f"{ADDRESS}/limits").json()
    assert (before["clips_left"], before["bytes_left"]) == (3, 10_000_000)
    assert (after["clips_left"], after["bytes_left"]) == (2, 10_000_000 - len(film))
    assert after["sessions_left"] == before["sessions_left"] - 1
    assert {"video/mp4", "video/quicktime"} <= set(after["media_types"])
    assert after["direct_to_storage"] is False


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(api: APIClient, film: bytes, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    response = refused(api, film)
    assert (response.status_code, response.json()["code"]) == (413, "clip_too_large")
    assert response.json()["largest_bytes"] == 1000


@pytest.mark.parametrize(("setting", "code"), [("CLIPS", "upload_clips_used"), ("BYTES", "upload_bytes_used")])
def test_when_the_day_is_used_up_it_is_told_when_the_next_begins(
    api: APIClient, film: bytes, settings: Settings, setting: str, code: str
) -> None:
    setattr(settings, f"UPLOAD_DAY_{setting}", {"CLIPS": 1, "BYTES": len(film) + 1}[setting])
    sending.begin(api, film)
    response = refused(api, film)
    assert (response.status_code, response.json()["code"]) == (429, code)
    assert 0 < int(response["Retry-After"]) <= 86_400
    assert response.json()["resets_at"].endswith("T00:00:00Z")


def test_another_day_has_room_again(api: APIClient, film: bytes, settings: Settings) -> None:
    settings.UPLOAD_DAY_CLIPS = 1
    sending.begin(api, film)
    Upload.objects.update(created_at=Now() - timedelta(days=1))
    sending.begin(api, film)


def test_what_was_given_up_counts_by_what_was_sent(begun: Declared, api: APIClient, settings: Settings) -> None:
    settings.UPLOAD_DAY_BYTES = 1_000_000
    begun.send(0, 300)
    api.delete(begun.address)
    assert api.get(f"{ADDRESS}/limits").json()["bytes_left"] == 1_000_000 - 300


def test_only_so_many_sessions_are_open_at_once(api: APIClient, film: bytes, settings: Settings) -> None:
    settings.UPLOAD_SESSIONS = 1
    first = sending.begin(api, film)
    assert refused(api, film).json()["code"] == "uploads_open"
    api.delete(first.address)
    sending.begin(api, film)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"size_bytes": 0}, "/size_bytes"),
        ({"size_bytes": -5}, "/size_bytes"),
        ({"media_type": "application/pdf"}, "/media_type"),
        ({"media_type": "image/gif"}, "/media_type"),
        ({"sha256": "abc"}, "/sha256"),
        ({"name": "x" * 121}, "/name"),
        ({"offset": 3}, "/offset"),
    ],
    ids=str,
)
def test_what_is_declared_must_be_right(api: APIClient, film: bytes, wrong: dict[str, Any], pointer: str) -> None:
    assert refused(api, film, **wrong).json()["errors"][0]["pointer"] == pointer


def test_bytes_go_to_storage_directly_only_where_there_is_one(api: APIClient, film: bytes, begun: Declared) -> None:
    assert refused(api, film, direct_to_storage=True).json()["code"] == "direct_unavailable"
    assert api.get(f"{begun.address}/parts").json() == {"data": []}
    response = api.put(f"{begun.address}/completion", {"parts": []}, format="json")
    assert (response.status_code, response.json()["code"], begun.row.status) == (409, "upload_incomplete", "receiving")


def test_an_upload_that_is_given_up_leaves_no_bytes_and_takes_no_more(begun: Declared, stored: Stored) -> None:
    begun.send(0, 1000)
    assert len(stored()) == 1
    for _ in range(2):
        assert begun.api.delete(begun.address).status_code == 204
    assert (begun.read()["status"], stored()) == ("cancelled", {})
    assert begun.send(1000).json()["code"] == "upload_ended"
    assert begun.api.head(begun.address).status_code == 410
    assert stored() == {}


def test_a_session_that_nobody_touches_expires_and_its_bytes_go(begun: Declared, stored: Stored) -> None:
    begun.send(0, 1000)
    reaping.reap()
    assert begun.row.status == "receiving"
    Upload.objects.update(touched_at=Now() - LATE)
    reaping.reap()
    assert (begun.row.status, stored()) == ("expired", {})
    assert begun.send(1000).status_code == 410


def test_a_session_that_is_touched_does_not_expire(begun: Declared) -> None:
    Upload.objects.update(touched_at=Now() - LATE, created_at=Now() - LATE)
    begun.send(0, 10)
    assert reaping.expire() == 0
    assert begun.read()["expires_at"] > begun.read()["created_at"]


def test_bytes_that_a_killed_process_left_are_found(begun: Declared, stored: Stored) -> None:
    begun.send(0, 1000)
    Upload.objects.update(status="rejected", failure_code="damaged", ended_at=Now())
    assert (reaping.remove_leftovers(), stored()) == (1, {})
    assert reaping.remove_leftovers() == 0


def failed(begun: Declared) -> None:
    """Have an upload fail by our fault."""
    begun.send(0)
    Upload.objects.update(attempts=3, lease_until=Now() - timedelta(seconds=1))
    ingest.sweep()


def test_what_was_tried_too_often_has_failed_with_a_reason(begun: Declared) -> None:
    failed(begun)
    shown = begun.read()
    assert (shown["status"], shown["failure_code"]) == ("failed", "processing_failed")
    assert "Try it again" in shown["failure_detail"]


def test_what_failed_can_be_tried_again_and_nothing_else(begun: Declared, api: APIClient, stored: Stored) -> None:
    assert api.post(f"{begun.address}/retries").json()["code"] == "upload_not_failed"
    failed(begun)
    response = api.post(f"{begun.address}/retries")
    assert (response.status_code, response["Location"]) == (202, begun.address)
    assert (begun.row.status, begun.row.attempts, begun.row.ended_at) == ("processing", 0, None)
    assert list(stored().values()) == [begun.content]
    assert api.post(f"{begun.address}/retries").status_code == 409


def test_what_failed_is_kept_a_while_and_then_removed(begun: Declared, api: APIClient, stored: Stored) -> None:
    failed(begun)
    reaping.reap()
    assert len(stored()) == 1
    Upload.objects.update(ended_at=Now() - LATE)
    reaping.reap()
    assert (stored(), begun.row.status) == ({}, "expired")
    assert api.post(f"{begun.address}/retries").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_at_once_do_not_pass_the_quota(requester: Person, film: bytes, settings: Settings) -> None:
    settings.UPLOAD_DAY_CLIPS = 3
    clients = [factories.client(requester) for _ in range(8)]

    def begin(api: APIClient) -> int:
        try:
            return int(api.post(ADDRESS, sending.declaration(film), format="json").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(begin, clients))
    assert (statuses, Upload.objects.count()) == ([201] * 3 + [429] * 5, 3)


def test_an_upload_that_moved_on_is_not_handed_over_twice(begun: Declared) -> None:
    begun.send(0)
    assert not sessions.whole(begun.row.id, fence=begun.row.fence)
