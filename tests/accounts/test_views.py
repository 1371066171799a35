"""Accounts over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Follow, Person, Session
from tests import factories

pytestmark = pytest.mark.django_db
ADA: dict[str, Any] = {
    "handle": "ada",
    "email": "ada@example.org",
    "password": factories.PASSWORD,
    "birth_date": "1990-12-10",
}


def put_picture(api: APIClient) -> Any:
    """Send the portrait as one's picture."""
    upload = SimpleUploadedFile("me.png", factories.PORTRAIT.read_bytes())
    return api.put("/api/v1/me/picture", {"picture": upload}, format="multipart")


def test_who_signs_up_and_logs_in_reads_their_own_profile() -> None:
    api = APIClient()
    made = api.post("/api/v1/people", {**ADA, "display_name": "Ada"}, format="json")
    assert (made.status_code, made["Location"]) == (201, "/api/v1/people/ada")
    session = api.post("/api/v1/sessions", {"handle": "ada", "password": ADA["password"]}, format="json")
    shown = {"id", "device", "created_at", "last_seen_at", "expires_at", "token", "device_token"}
    assert set(session.json()) == shown
    me = api.get("/api/v1/me", headers={"Authorization": f"bearer {session.json()['token']}"}).json()
    assert me == made.json()
    assert (me["handle"], me["email"], me["display_name"], me["is_moderator"]) == (
        "ada",
        "ada@example.org",
        "Ada",
        False,
    )


@pytest.mark.parametrize("extra", ["is_staff", "is_superuser", "is_active", "id", "picture", "is_moderator"])
def test_nobody_signs_up_as_more_than_a_member(extra: str) -> None:
    response = APIClient().post("/api/v1/people", {**ADA, extra: True}, format="json")
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_field")
    assert Person.objects.count() == 0


def test_what_others_see_of_a_person_is_not_their_address(requester: Person, stranger: Person) -> None:
    seen = factories.client(stranger).get("/api/v1/people/SAM").json()
    shown = {"id", "handle", "display_name", "pronouns", "picture", "bio", "links", "created_at"}
    assert set(seen) == shown | {"is_private", "follower_count", "following_count", "relation"}
    assert seen["id"] == str(requester.id)


def test_a_profile_is_edited_by_its_person_alone(requester: Person, stranger: Person) -> None:
    reply = factories.client(requester).patch("/api/v1/me", {"bio": "New."}, format="json")
    assert (reply.status_code, reply.json()["bio"]) == (200, "New.")
    assert dict(Person.objects.values_list("handle", "bio")) == {"sam": "New.", "kim": ""}


def test_a_picture_is_read_by_anybody_and_under_a_new_address_when_it_changes(requester: Person) -> None:
    api = factories.client(requester)
    first, second = (put_picture(api).json()["picture"]["urls"]["256"] for _ in range(2))
    assert first != second
    for kind, begins in (("webp", b"RIFF"), ("jpeg", b"\xff\xd8\xff")):
        address = second[kind].removeprefix("http://127.0.0.1:8000")
        response = APIClient().get(address, headers={"Accept": f"image/{kind}"})
        assert (response.status_code, response["Content-Type"]) == (200, f"image/{kind}")
        assert response["Cache-Control"] == "public, max-age=300"
        assert response.content.startswith(begins)


def test_a_picture_that_one_has_already_is_not_sent_again(requester: Person) -> None:
    api = factories.client(requester)
    put_picture(api)
    address = "/api/v1/people/sam/picture"
    etag = APIClient().get(address)["ETag"]
    again = APIClient().get(address, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    put_picture(api)
    assert APIClient().get(address, headers={"If-None-Match": etag}).status_code == 200


def test_a_picture_taken_away_is_not_there(requester: Person) -> None:
    api = factories.client(requester)
    put_picture(api)
    assert api.delete("/api/v1/me/picture").status_code == 204
    assert api.get("/api/v1/me").json()["picture"] is None
    missing = APIClient().get("/api/v1/people/sam/picture", headers={"Accept": "image/webp"})
    assert (missing.status_code, missing.json()["code"]) == (404, "picture_unknown")


def test_following_may_be_repeated_and_counts_once(requester: Person, stranger: Person) -> None:
    api = factories.client(requester)
    assert [api.put("/api/v1/people/kim/follow").json() for _ in range(2)] == [{"state": "following"}] * 2
    assert Follow.objects.count() == 1
    (row,) = api.get("/api/v1/people/kim/followers").json()["data"]
    assert (row["person"]["handle"], set(row)) == ("sam", {"person", "since", "relation"})
    assert [row["person"]["handle"] for row in api.get("/api/v1/people/sam/following").json()["data"]] == ["kim"]
    assert [api.delete("/api/v1/people/kim/follow").status_code for _ in range(2)] == [204, 204]
    assert Follow.objects.count() == 0


def test_nobody_follows_themselves_or_somebody_unknown(requester: Person) -> None:
    api = factories.client(requester)
    assert api.put("/api/v1/people/sam/follow").json()["code"] == "follow_oneself"
    assert api.put("/api/v1/people/nobody/follow").json()["code"] == "person_unknown"
    assert Follow.objects.count() == 0


def test_one_sees_ones_own_devices_without_their_tokens_and_not_those_that_are_over(
    requester: Person, stranger: Person
) -> None:
    factories.client(stranger)
    for _ in range(2):
        factories.client(requester)
    Session.objects.filter(person=requester).update(created_at=Now() - timedelta(days=1), expires_at=Now())
    rows = factories.client(requester).get("/api/v1/sessions").json()["data"]
    shown = {"id", "device", "created_at", "last_seen_at", "expires_at", "is_current"}
    assert [set(row) for row in rows] == [shown]
    assert rows[0]["is_current"] is True


def test_logging_out_of_the_session_that_one_uses_ends_it(requester: Person) -> None:
    api = factories.client(requester)
    (row,) = api.get("/api/v1/sessions").json()["data"]
    assert api.delete(f"/api/v1/sessions/{row['id']}").status_code == 204
    assert api.get("/api/v1/me").json()["code"] == "token_invalid"


def test_a_new_session_says_its_device_and_where_it_is(requester: Person) -> None:
    body = {"handle": "Sam", "password": factories.PASSWORD, "device": "telephone"}
    made = APIClient().post("/api/v1/sessions", body, format="json")
    assert (made.status_code, made.json()["device"]) == (201, "telephone")
    assert made["Location"] == f"/api/v1/sessions/{Session.objects.get().id}"


@pytest.mark.parametrize("address", ["/api/v1/me", "/api/v1/people/sam"])
def test_reading_a_profile_costs_at_most_four_queries(requester: Person, address: str) -> None:
    api = factories.client(requester)
    with CaptureQueriesContext(connection) as asked:
        assert api.get(address).status_code == 200
    assert len(asked) <= 4
