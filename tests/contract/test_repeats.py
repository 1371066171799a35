"""Idempotency-Key over HTTP: one effect and one reply, whatever a client sends again."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Person
from consent import asks
from consent.models import Ask, Grant
from socialvideo.lib.models import KeptReply
from tests import factories
from tests.contract import refusals, stored
from tests.contract import world as worlds
from tests.contract.routes import Route, described_routes, operation
from tests.contract.table import ASKING, NEVER_KEPT, rightful
from tests.contract.world import World

ASK: dict[str, Any] = {"subject": "eileen", "purposes": ["personal"], "audience": "private"}
# Each proof of who one is counts once; sent again it proves nothing.
PROVING = {
    *("POST /sessions", "POST /sessions/code", "POST /sessions/passkey", "POST /guardianships"),
    *("POST /passkey-ceremonies", "POST /me/passkey-ceremonies", "POST /me/passkeys", "POST /me/totp"),
    *("POST /password-resets", "POST /unsubscriptions"),
}
CREATING = [
    route
    for route in described_routes()
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation(route).get("parameters", []))
]


def ask(api: APIClient, key: str, **change: Any) -> Any:
    """Send an ask with this key."""
    return api.post("/api/v1/asks", {**ASK, **change}, format="json", headers={"Idempotency-Key": key})


@pytest.fixture
def sam(subject: Person, requester: Person) -> APIClient:
    """The requester's client; the subject is there to be asked."""
    return factories.client(requester)


@pytest.mark.parametrize("route", CREATING, ids=str)
def test_the_same_post_again_answers_the_first_reply_and_stores_nothing(route: Route, world: World) -> None:
    api = worlds.client(world, rightful(route))
    api.credentials(**api._credentials, HTTP_IDEMPOTENCY_KEY="k1")
    first = worlds.send(world, route, api)
    assert first.status_code in (201, 202)
    assert "Idempotency-Replayed" not in first
    with stored.unchanged():
        again = worlds.send(world, route, api)
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (first.status_code, first.json(), "true")
    assert again.get("Location") == first.get("Location")


def test_every_post_that_creates_takes_a_key_but_those_that_end_or_begin_a_session() -> None:
    without = {str(route) for route in described_routes() if route.method == "POST"} - {str(r) for r in CREATING}
    assert without == {"POST /people", "POST /withdrawals", *PROVING, *ASKING, *NEVER_KEPT}


def test_the_members_of_an_equal_body_may_stand_in_another_order(sam: APIClient) -> None:
    assert ask(sam, "k").status_code == 201
    with stored.unchanged():
        turned = dict(reversed(ASK.items()))
        again = sam.post("/api/v1/asks", turned, format="json", headers={"Idempotency-Key": "k"})
        assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")


def test_a_key_with_another_body_is_refused(sam: APIClient) -> None:
    assert ask(sam, "k").status_code == 201
    with stored.unchanged():
        assert refusals.said(ask(sam, "k", audience="public")) == (422, "idempotency_key_reused")


def test_a_key_used_at_another_address_is_refused(sam: APIClient, grant: Grant) -> None:
    assert ask(sam, "k").status_code == 201
    with stored.unchanged():
        response = sam.post("/api/v1/jobs", ASK, format="json", headers={"Idempotency-Key": "k"})
        assert refusals.said(response) == (422, "idempotency_key_reused")


def test_a_key_whose_first_request_still_runs_is_refused(sam: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    inner: list[Any] = []
    real = asks.ask

    def slow(**wish: Any) -> Ask:
        inner.append(ask(sam, "k"))
        return real(**wish)

    monkeypatch.setattr(asks, "ask", slow)
    assert ask(sam, "k").status_code == 201
    assert refusals.said(inner[0]) == (409, "in_flight")
    assert Ask.objects.count() == 1


def test_after_a_refusal_the_key_may_be_tried_again(sam: APIClient) -> None:
    assert refusals.said(ask(sam, "k", audience="nobody"))[0] == 422
    assert KeptReply.objects.count() == 0
    assert ask(sam, "k").status_code == 201


def test_keys_of_two_people_do_not_meet(sam: APIClient, stranger: Person) -> None:
    assert ask(sam, "k").status_code == 201
    response = ask(factories.client(stranger), "k")
    assert (response.status_code, "Idempotency-Replayed" in response) == (201, False)
    assert Ask.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "a\x7fb"])
def test_a_key_that_is_none_is_refused(sam: APIClient, key: str) -> None:
    with stored.unchanged():
        assert refusals.said(ask(sam, key)) == (400, "invalid_idempotency_key")


def test_whoever_is_not_signed_in_keeps_no_reply(subject: Person) -> None:
    with stored.unchanged():
        assert refusals.said(ask(APIClient(), "k")) == (401, "not_authenticated")
