"""Who is not signed in, or no longer: 401 with its own code, and nothing stored."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import Person, Session
from tests import factories
from tests.contract import refusals, stored

WRONG = (
    *("Bearer", "Bearer ", "Bearer a b", "Bearer \xff\xfe", "Bearer " + "x" * 9000, "bearer x", "Bearer null"),
    *("Bearer ' OR 1=1 --", "Bearer 00000000-0000-0000-0000-000000000000"),
)
OTHER = ("", "Basic c2FtOnNhbQ==", "Token x", "x", "Bearerx y", "\xff")


def token_of(api: APIClient) -> str:
    """The token that a client sends."""
    header: str = api._credentials["HTTP_AUTHORIZATION"]
    return header.removeprefix("Bearer ")


def refused_everywhere(api: APIClient, code: str) -> None:
    """The token opens nothing, reading or writing."""
    body: dict[str, Any] = {"bio": "mine"}
    with stored.unchanged():
        for response in (api.get("/api/v1/me"), api.patch("/api/v1/me", body, format="json")):
            assert refusals.said(response) == (401, code)
            assert response["WWW-Authenticate"] == "Bearer"


def test_without_a_token_nobody_is_signed_in(requester: Person) -> None:
    refused_everywhere(APIClient(), "not_authenticated")


@pytest.mark.parametrize("header", OTHER)
def test_another_scheme_is_no_token(requester: Person, header: str) -> None:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=header)
    refused_everywhere(api, "not_authenticated")


@pytest.mark.parametrize("header", WRONG, ids=range(len(WRONG)))
def test_a_token_that_we_did_not_make_opens_nothing(requester: Person, header: str) -> None:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=header)
    refused_everywhere(api, "token_invalid")


def test_a_token_one_character_off_opens_nothing(requester: Person) -> None:
    token = token_of(factories.client(requester))
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token[:-1]}{'A' if token[-1] != 'A' else 'B'}")
    refused_everywhere(api, "token_invalid")


def test_the_stored_digest_is_no_token(requester: Person) -> None:
    factories.client(requester)
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {bytes(Session.objects.get().token_digest).hex()}")
    refused_everywhere(api, "token_invalid")


def test_an_ended_session_opens_nothing(requester: Person) -> None:
    api = factories.client(requester)
    assert api.delete(f"/api/v1/sessions/{Session.objects.get().id}").status_code == 204
    refused_everywhere(api, "token_invalid")


def test_an_expired_session_opens_nothing(requester: Person) -> None:
    api = factories.client(requester)
    Session.objects.update(created_at=Now() - timedelta(days=2), expires_at=Now())
    refused_everywhere(api, "token_invalid")


def test_a_suspended_person_is_signed_out(requester: Person) -> None:
    api = factories.client(requester)
    Person.objects.filter(id=requester.id).update(is_active=False)
    refused_everywhere(api, "token_invalid")


def test_a_token_is_worth_nothing_in_the_query(requester: Person) -> None:
    token = token_of(factories.client(requester))
    assert refusals.said(APIClient().get("/api/v1/me", {"token": token, "access_token": token}))[0] == 401


def test_a_cookie_of_the_admin_panel_signs_nobody_in_to_the_api(moderator: Person) -> None:
    api = APIClient()
    api.force_login(moderator)
    refused_everywhere(api, "not_authenticated")


def test_the_session_of_another_person_cannot_be_ended(requester: Person, stranger: Person) -> None:
    factories.client(requester)
    theirs, api = Session.objects.get(), factories.client(stranger)
    with stored.unchanged():
        assert refusals.said(api.delete(f"/api/v1/sessions/{theirs.id}")) == (404, "not_found")


def test_a_wrong_token_is_refused_even_where_none_is_needed(requester: Person) -> None:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION="Bearer x")
    assert refusals.said(api.get("/api/v1/ledger/key")) == (401, "token_invalid")
    assert APIClient().get("/api/v1/ledger/key").status_code == 200


@pytest.mark.parametrize("password", ["", "wrong", factories.PASSWORD + " ", factories.PASSWORD.upper()])
def test_a_wrong_password_begins_no_session(requester: Person, password: str) -> None:
    with stored.unchanged():
        response = APIClient().post("/api/v1/sessions", {"handle": "sam", "password": password or "-"}, format="json")
        assert refusals.said(response) == (401, "wrong_credentials")
