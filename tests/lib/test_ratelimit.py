"""Rate limits: one statement a request, right across threads, and headers that tell the truth."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from socialvideo.lib import ratelimit
from socialvideo.lib.models import RequestCount
from socialvideo.lib.ratelimit import Policy, Reading, count

FEW = Policy("few", 5, 60)


@pytest.fixture(autouse=True)
def quotas_as_they_are(settings: Any) -> None:
    """Quotas as they are in service."""
    settings.RATE_LIMIT_FACTOR = 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in seconds, which a test may move on."""
    now = [6000.0]
    monkeypatch.setattr(ratelimit.time, "time", lambda: now[0])
    return now


def test_counting_is_one_statement(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        count(FEW, "sam")


def test_each_request_leaves_one_less_and_the_next_window_is_full_again(db: None, clock: list[float]) -> None:
    assert [count(FEW, "sam").left for _ in range(6)] == [4, 3, 2, 1, 0, -1]
    clock[0] += 59
    assert count(FEW, "sam") == Reading(FEW, -2, 1)
    clock[0] += 1
    assert count(FEW, "sam") == Reading(FEW, 4, 60)


def test_callers_and_policies_are_counted_apart(db: None, clock: list[float]) -> None:
    other = Policy("other", 5, 60)
    assert [count(*pair).left for pair in [(FEW, "sam"), (FEW, "kim"), (other, "sam"), (FEW, "sam")]] == [4, 4, 4, 3]


def test_what_is_stored_names_no_caller(db: None) -> None:
    count(FEW, "203.0.113.7")
    assert "203.0.113.7" not in RequestCount.objects.get().bucket


def test_the_factor_multiplies_the_quota(db: None, settings: Any) -> None:
    settings.RATE_LIMIT_FACTOR = 10
    assert count(FEW, "sam").left == 49


@pytest.mark.django_db(transaction=True)
def test_of_twenty_threads_each_reads_another_count(clock: list[float]) -> None:
    def one(_: int) -> int:
        try:
            return count(FEW, "sam").left
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        left = sorted(pool.map(one, range(20)))
    assert left == list(range(-15, 5))
    assert RequestCount.objects.get().count == 20


def reply_to(request: HttpRequest, status: int = 200) -> HttpResponse:
    """What the middleware makes of a view's reply."""
    return ratelimit.headers(lambda _: HttpResponse("view", status=status))(request)


def test_a_counted_reply_carries_what_was_counted(db: None) -> None:
    request = RequestFactory().get("/api/v1/me")
    request.rate_reading = Reading(FEW, 3, 17)  # type: ignore[attr-defined]
    response = reply_to(request)
    assert (response["RateLimit-Policy"], response["RateLimit"]) == ('"few";q=5;w=60', '"few";r=3;t=17')
    assert RequestCount.objects.count() == 0


def test_less_than_nothing_is_told_as_nothing(db: None) -> None:
    request = RequestFactory().get("/api/v1/me")
    request.rate_reading = Reading(FEW, -3, 17)  # type: ignore[attr-defined]
    assert reply_to(request)["RateLimit"] == '"few";r=0;t=17'


def test_what_was_refused_uncounted_is_counted_by_address(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "REFUSED", FEW)
    statuses = [reply_to(RequestFactory().get("/api/v1/x"), 404).status_code for _ in range(7)]
    assert statuses == [404] * 5 + [429] * 2
    assert reply_to(RequestFactory().get("/api/v1/x", REMOTE_ADDR="10.0.0.1"), 404).status_code == 404


@pytest.mark.parametrize(("address", "status"), [("/admin/", 200), ("/livez", 200), ("/api/v1/x", 500)])
def test_what_is_no_api_or_our_own_fault_is_not_counted(db: None, address: str, status: int) -> None:
    assert "RateLimit" not in reply_to(RequestFactory().get(address), status)
    assert RequestCount.objects.count() == 0


@pytest.mark.parametrize("name", ["DEFAULT", "SIGN_UP", "LOG_IN", "UPLOAD", "GENERATE", "REFUSED"])
def test_every_policy_has_a_name_of_its_own_and_room(name: str) -> None:
    policy = getattr(ratelimit, name)
    assert policy.quota > 0
    assert policy.name == name.lower().replace("_", "-")
