"""Who has not confirmed their address looks and does not act; what changes how one logs in takes a fresh proof."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import RequestFactory
from rest_framework.request import Request

from accounts import auth
from accounts.models import Follow, Mail, Passkey, Person, Session, Totp
from consent.models import Ask, Grant
from tests import factories

pytestmark = pytest.mark.django_db
ASK = {"subject": "eileen", "purposes": ["personal"], "audience": "private"}
SENSITIVE: dict[str, dict[str, Any]] = {
    "PUT /me/email": {"email": "new@example.org"},
    "PUT /me/password": {"password": "another good password"},
    "POST /me/passkey-ceremonies": {"kind": "register"},
    "POST /me/passkeys": {"ceremony": "01890a5d-ac96-774b-bcce-b302099a8057", "credential": {"id": "x"}},
    "DELETE /me/passkeys/01890a5d-ac96-774b-bcce-b302099a8057": {},
    "POST /me/totp": {},
    "PUT /me/totp": {"code": "000000"},
    "DELETE /me/totp": {},
    "PUT /me/recovery-codes": {},
    "PUT /guardianships/01890a5d-ac96-774b-bcce-b302099a8057": {},
}


@pytest.fixture
def newcomer() -> Person:
    """Somebody who has not confirmed their address."""
    return factories.person("ada", verified_at=None)


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("post", "asks", ASK),
        ("post", "grants", {"grantee": "sam", "purposes": ["personal"], "audience": "private"}),
        ("put", "people/sam/follow", {}),
        ("post", "posts", {"video": "01890a5d-ac96-774b-bcce-b302099a8057", "audience": "public"}),
        ("post", "jobs", {"subjects": ["eileen"], "prompt": "x", "audience": "private"}),
        ("post", "guardianships", {"guardian": "sam"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_who_is_not_verified_does_nothing_to_others(
    newcomer: Person, subject: Person, requester: Person, method: str, address: str, body: dict[str, Any]
) -> None:
    api = factories.client(newcomer)
    response = getattr(api, method)(f"/api/v1/{address}", body, format="json")
    assert (response.status_code, response.json()["code"]) == (403, "email_unverified")
    assert [Ask.objects.count(), Grant.objects.count(), Follow.objects.count()] == [0, 0, 0]


def test_who_is_not_verified_looks_mends_their_account_and_ends_things(newcomer: Person) -> None:
    api = factories.client(newcomer)
    assert api.get("/api/v1/feeds/following").status_code == 200
    assert api.patch("/api/v1/me", {"bio": "New."}, format="json").status_code == 200
    assert api.put("/api/v1/me/email-verifications").status_code == 202
    assert api.delete("/api/v1/me/likeness").status_code == 204
    assert api.post("/api/v1/withdrawals", {"scope": "everything"}, format="json").status_code == 201
    assert api.delete("/api/v1/sessions").status_code == 204


def test_confirming_the_address_lets_them_act(newcomer: Person, requester: Person) -> None:
    api = factories.client(newcomer)
    Person.objects.filter(id=newcomer.id).update(verified_at=Now())
    assert api.put("/api/v1/people/sam/follow").status_code == 200


@pytest.mark.parametrize("route", SENSITIVE)
def test_what_changes_how_one_logs_in_takes_a_fresh_proof(requester: Person, route: str) -> None:
    api = factories.client(requester)
    Session.objects.update(authenticated_at=Now() - timedelta(hours=1))
    method, address = route.split()
    response = getattr(api, method.lower())(f"/api/v1{address}", SENSITIVE[route], format="json")
    assert (response.status_code, response.json()["code"]) == (403, "confirmation_needed")
    assert [table.objects.count() for table in (Mail, Passkey, Totp)] == [0, 0, 0]
    assert Person.objects.get().check_password(factories.PASSWORD)


def test_a_confirmed_session_is_fresh_again(requester: Person) -> None:
    api = factories.client(requester)
    Session.objects.update(authenticated_at=Now() - timedelta(hours=1))
    for password, status in (("wrong", 401), (factories.PASSWORD, 204)):
        response = api.put("/api/v1/me/confirmation", {"password": password}, format="json")
        assert response.status_code == status
        assert factories.is_fresh(Session.objects.get()) is (status == 204)
    assert api.put("/api/v1/me/email", {"email": "new@example.org"}, format="json").status_code == 202


def test_a_stolen_session_does_not_guess_the_password_for_long(requester: Person) -> None:
    api = factories.client(requester)
    codes = [api.put("/api/v1/me/confirmation", {"password": "wrong"}, format="json").json()["code"] for _ in range(6)]
    assert codes == ["wrong_credentials"] * 5 + ["locked_out"]


def test_a_session_is_seen_when_it_is_used_and_written_at_most_every_five_minutes(
    requester: Person, django_assert_num_queries: Any
) -> None:
    token, _ = auth.begin(person=requester, device="")
    request = Request(RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"}))
    with django_assert_num_queries(1):
        auth.BearerAuthentication().authenticate(request)
    Session.objects.update(last_seen_at=Now() - timedelta(minutes=6))
    auth.BearerAuthentication().authenticate(request)
    left = Session.objects.filter(last_seen_at__lt=Now() - timedelta(minutes=1))
    assert not left.exists()


def test_logging_out_elsewhere_leaves_this_session_and_those_of_others(requester: Person, stranger: Person) -> None:
    factories.client(stranger)
    factories.client(requester)
    api = factories.client(requester)
    assert api.delete("/api/v1/sessions").status_code == 204
    assert Session.objects.filter(person=requester, ended_at=None).count() == 1
    assert Session.objects.filter(person=stranger, ended_at=None).count() == 1
    assert api.get("/api/v1/me").status_code == 200
