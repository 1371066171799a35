"""Jobs and videos over REST."""

from typing import Any

import pytest
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Person
from consent import withdrawal
from consent.models import Decision, Grant, Permit
from socialvideo.lib.ids import new_id
from socialvideo.lib.models import KeptReply
from tests import factories
from worker import jobs, videos
from worker.models import Job, Video

JOBS = "/api/v1/jobs"
WISH = {"subjects": ["eileen"], "prompt": "surfing", "audience": "public"}


@pytest.fixture
def api(requester: Person) -> APIClient:
    """The requester's client."""
    return factories.client(requester)


def post(api: APIClient, key: str = "", **change: object) -> Any:
    """Ask for a video."""
    headers = {"Idempotency-Key": key} if key else {}
    return api.post(JOBS, {**WISH, **change}, format="json", headers=headers)


def withdraw(subject: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())


# Asking


def test_a_wish_is_taken_and_says_where_and_when_to_look(grant: Grant, api: APIClient) -> None:
    reply = post(api, seed=3)
    job = Job.objects.get()
    assert (reply.status_code, reply["Location"], reply["Retry-After"]) == (202, f"{JOBS}/{job.id}", "1")
    assert (reply.data["id"], reply.data["status"], reply.data["progress"]) == (str(job.id), "queued", 0)
    assert (reply.data["engine"], reply.data["prompt"], reply.data["video"]) == ("preview", "surfing", None)
    assert (job.spec["seed"], job.spec["purpose"], job.spec["audience"]) == (3, "entertainment", "public")


def test_an_audience_that_is_not_named_is_private(grant: Grant, api: APIClient) -> None:
    api.post(JOBS, {"subjects": ["eileen"], "prompt": "surfing"}, format="json")
    assert Job.objects.get().spec["audience"] == "private"


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"subjects": []}, "/subjects", "min_length"),
        ({"subjects": ["a", "b", "c", "d"]}, "/subjects", "max_length"),
        ({"subjects": ["x" * 32]}, "/subjects/0", "max_length"),
        ({"subjects": ["eileen", "@Eileen"]}, "/subjects", "subject_twice"),
        ({"prompt": ""}, "/prompt", "blank"),
        ({"prompt": "x" * 2001}, "/prompt", "max_length"),
        ({"prompt": "a\0b"}, "/prompt", "null_characters_not_allowed"),
        ({"seed": -1}, "/seed", "min_value"),
        ({"seed": 2**31}, "/seed", "max_value"),
        ({"purpose": "training"}, "/purpose", "invalid_choice"),
        ({"audience": "everybody"}, "/audience", "invalid_choice"),
        ({"engine": "diffusion"}, "/engine", "unknown_field"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_at_its_place(
    grant: Grant, api: APIClient, change: dict[str, object], pointer: str, code: str
) -> None:
    reply = post(api, **change)
    body = reply.json()
    assert (reply.status_code, [(e["pointer"], e["code"]) for e in body["errors"]]) == (422, [(pointer, code)])
    assert (Job.objects.count(), Permit.objects.count(), Decision.objects.count()) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_handle_that_nobody_has_is_refused_exactly_like_a_person_without_a_grant(
    api: APIClient, stranger: Person, subject: Person
) -> None:
    replies = [post(api, subjects=[handle]) for handle in ("ghost", "kim", "eileen")]
    assert {(reply.status_code, reply.content, reply["Content-Type"]) for reply in replies} == {
        (403, replies[0].content, "application/problem+json")
    }
    assert replies[0].json()["code"] == "consent_unavailable"
    assert (Job.objects.count(), Permit.objects.count()) == (0, 0)


@pytest.mark.parametrize("terms", [{"max_uses": 1}, {"audience": "private"}, {"purposes": frozenset({"education"})}])
def test_a_refusal_does_not_tell_which_rule_it_was(
    api: APIClient, subject: Person, requester: Person, terms: dict[str, object]
) -> None:
    unknown = post(api, subjects=["ghost"])
    factories.grant(subject, requester, **terms)
    Grant.objects.filter(max_uses=1).update(uses=1)
    reply = post(api)
    assert (reply.status_code, reply.content) == (403, unknown.content)
    assert Job.objects.count() == 0


# The same request again


def test_the_same_key_gives_the_first_reply_and_no_second_job(grant: Grant, api: APIClient) -> None:
    first, again = post(api, key="k1"), post(api, key="k1")
    assert (again.status_code, again["Location"], again.json()) == (202, first["Location"], first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert (Job.objects.count(), Grant.objects.get().uses) == (1, 1)


def test_the_same_key_with_another_body_is_refused(grant: Grant, api: APIClient) -> None:
    post(api, key="k1")
    reply = post(api, key="k1", prompt="skiing")
    assert (reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused")
    assert Job.objects.count() == 1


def test_the_same_key_while_the_first_runs_is_refused(grant: Grant, api: APIClient) -> None:
    post(api, key="k1")
    KeptReply.objects.update(status=None, body=None)
    reply = post(api, key="k1")
    assert (reply.status_code, reply.json()["code"]) == (409, "in_flight")
    assert Job.objects.count() == 1


def test_a_refused_wish_may_be_tried_again_under_its_key(api: APIClient, subject: Person, requester: Person) -> None:
    assert post(api, key="k1").status_code == 403
    factories.grant(subject, requester)
    assert post(api, key="k1").status_code == 202
    assert Job.objects.count() == 1


def test_another_persons_key_is_another_key(grant: Grant, api: APIClient, subject: Person, stranger: Person) -> None:
    factories.grant(subject, stranger)
    post(api, key="k1")
    assert post(factories.client(stranger), key="k1").status_code == 202
    assert Job.objects.count() == 2


# Polling


def test_an_open_job_says_when_to_ask_again(grant: Grant, api: APIClient) -> None:
    location = post(api)["Location"]
    reply = api.get(location)
    assert (reply.status_code, reply.data["status"], reply["Retry-After"]) == (200, "queued", "1")
    claimed = jobs.claim(Job.objects.get().id)
    assert claimed
    jobs.report(claimed, 42)
    reply = api.get(location)
    assert (reply.data["status"], reply.data["progress"], reply["Retry-After"]) == ("in_progress", 42, "1")


def test_an_ended_job_shows_its_video_and_says_no_more(video: Video, api: APIClient) -> None:
    reply = api.get(f"{JOBS}/{video.job.id}")
    assert (reply.data["status"], reply.data["progress"], reply.data["video"]) == ("completed", 100, str(video.id))
    assert "Retry-After" not in reply


def test_a_failed_job_shows_its_code(grant: Grant, api: APIClient) -> None:
    location = post(api)["Location"]
    claimed = jobs.claim(Job.objects.get().id)
    assert claimed
    jobs.fail(claimed, "bad_size", "Both sides must be even.")
    reply = api.get(location)
    assert (reply.data["status"], reply.data["failure_code"]) == ("failed", "bad_size")
    assert reply.data["failure_detail"] == "Both sides must be even."


def test_another_persons_job_is_not_found(grant: Grant, api: APIClient, subject: Person, stranger: Person) -> None:
    location = post(api)["Location"]
    for person in (subject, stranger):
        reply = factories.client(person).get(location)
        assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    assert api.get(f"{JOBS}/{new_id()}").json() == reply.json()


# Videos


def test_a_video_says_what_it_is_and_whom_it_shows(video: Video, api: APIClient, subject: Person) -> None:
    body = api.get(f"/api/v1/videos/{video.id}").json()
    assert (body["id"], body["engine"]) == (str(video.id), {"name": "preview", "is_preview": True})
    assert [person["handle"] for person in body["depicted"]] == ["eileen"]
    assert (body["sha256"], body["size_bytes"]) == (bytes(video.content_digest).hex(), video.size_bytes)
    assert not {"file", "poster", "permit"} & set(body)


def test_a_video_is_read_by_its_owner_and_by_who_is_in_it(
    video: Video, api: APIClient, subject: Person, stranger: Person
) -> None:
    address = f"/api/v1/videos/{video.id}"
    assert [factories.client(person).get(address).status_code for person in (subject, stranger)] == [200, 404]
    withdraw(subject)
    reply = api.get(address)
    assert (reply.status_code, reply.json()["code"]) == (410, "gone_consent")


def test_a_video_taken_down_is_gone(video: Video, api: APIClient) -> None:
    videos.take_down(video.id)
    reply = api.get(f"/api/v1/videos/{video.id}")
    assert (reply.status_code, reply.json()["code"]) == (410, "taken_down")


# Lists

LISTS = {"/api/v1/jobs": "requester", "/api/v1/videos": "requester", "/api/v1/me/likeness/videos": "subject"}


@pytest.mark.parametrize("address", LISTS)
def test_a_list_is_ones_own_newest_first_and_in_pages(
    address: str, subject: Person, requester: Person, stranger: Person
) -> None:
    factories.grant(subject, requester, max_uses=9)
    made = [factories.video(requester, subject) for _ in range(3)]
    rows: list[Model] = [video.job if address == JOBS else video for video in made]
    api = factories.client({"requester": requester, "subject": subject}[LISTS[address]])
    first = api.get(address, {"limit": 2}).json()
    rest = api.get(address, {"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [row["id"] for row in first["data"] + rest["data"]] == [str(row.pk) for row in reversed(rows)]
    assert rest["next_cursor"] is None
    assert factories.client(stranger).get(address).json() == {"data": [], "next_cursor": None}


@pytest.mark.parametrize("address", LISTS)
def test_a_list_needs_a_session_and_a_cursor_of_ours(address: str, api: APIClient) -> None:
    assert APIClient().get(address).status_code == 401
    assert api.get(address, {"cursor": "x"}).json()["code"] == "invalid_cursor"


# Who you are and how often you ask are one query each; the rest is the view's.
AROUND = 2


@pytest.mark.parametrize(("address", "queries"), list(zip(LISTS, (1, 3, 3), strict=True)))
@pytest.mark.parametrize("rows", [1, 8])
def test_a_list_costs_the_same_queries_however_long(
    address: str,
    queries: int,
    rows: int,
    subject: Person,
    requester: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    factories.grant(subject, requester, max_uses=9)
    for _ in range(rows):
        factories.video(requester, subject)
    api = factories.client({"requester": requester, "subject": subject}[LISTS[address]])
    with django_assert_num_queries(AROUND + queries):
        assert len(api.get(address).data["data"]) == rows


@pytest.fixture
def together(requester: Person) -> list[Person]:
    """Three people who granted their likeness to the requester."""
    people = [factories.enrolled(f"p{place}_x") for place in range(3)]
    for person in people:
        factories.grant(person, requester)
    return people


@pytest.mark.parametrize("count", [1, 3])
def test_reading_a_job_or_a_video_costs_the_same_queries_however_many_are_in_it(
    count: int,
    api: APIClient,
    together: list[Person],
    requester: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    video = factories.video(requester, *together[:count])
    job_id = video.job.id
    with django_assert_num_queries(AROUND + 1):
        api.get(f"{JOBS}/{job_id}")
    with django_assert_num_queries(AROUND + 4):
        assert len(api.get(f"/api/v1/videos/{video.id}").data["depicted"]) == count


@pytest.mark.parametrize("count", [1, 3])
def test_asking_costs_the_same_queries_however_many_are_in_it(
    count: int, api: APIClient, together: list[Person], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(AROUND + 16):
        assert post(api, subjects=[person.handle for person in together[:count]]).status_code == 202
