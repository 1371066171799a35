"""Contact discovery over HTTP: the whole way of a member, what a reply never says, and what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.discovery import budgets, epochs, intake, matching, pacing, prefixes, voprf
from accounts.discovery.remote import split
from accounts.discovery.signer import Signer
from accounts.models import ContactEdge, DiscoveryEnrolment, Person
from socialvideo.lib import ratelimit
from tests import factories
from tests.accounts import discovering
from tests.contract import refusals, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signer")]
A, B, NOBODYS = "+447400111111", "+447400222222", "+447400999999"
OCTETS = "application/octet-stream"
ROOT = "/api/v1/contacts"


def enrol(api: APIClient, number: str) -> Any:
    """Prove a number over HTTP."""
    pacing._sent.clear()
    sent = api.post(f"{ROOT}/enrolment/code", {"number": number}, format="json")
    assert sent.status_code == 202
    proof = {"challenge": sent.json()["challenge"], "code": discovering.code()}
    return api.put(f"{ROOT}/enrolment", proof, format="json")


def evaluate(api: APIClient, content: bytes, epoch: object = 1) -> Any:
    """Ask for an evaluation."""
    return api.post(f"{ROOT}/evaluations?epoch={epoch}", content, content_type=OCTETS)


def synchronise(api: APIClient, *numbers: str) -> Any:
    """What a client does with its contacts: keys, evaluation, proof, tags, set."""
    newest = APIClient().get(f"{ROOT}/keys").json()["epochs"][-1]
    blinded = [voprf.blind(number.encode()) for number in numbers]
    reply = evaluate(api, b"".join(each.element for each in blinded), newest["epoch"])
    assert (reply.status_code, reply["Content-Type"]) == (200, OCTETS)
    tags = voprf.finalise(bytes.fromhex(newest["public_key"]), blinded, split(reply.content))
    content = prefixes.encode(map(prefixes.prefix, tags))
    return api.put(f"{ROOT}/edges?epoch={newest['epoch']}", content, content_type=OCTETS)


@pytest.fixture(autouse=True)
def nothing_waits() -> Iterator[None]:
    """No contacts are left waiting for another test."""
    yield
    intake._waiting.clear()


@pytest.fixture
def ada() -> APIClient:
    """A member by the number A."""
    return factories.client(discovering.enrolled(A, "ada"))


def test_two_who_have_each_other_find_each_other() -> None:
    ada, bob = (factories.client(factories.person(handle)) for handle in ("ada", "bob"))
    assert enrol(ada, "+44 7400 111111").json()["evaluations_left"] == 2000
    assert enrol(bob, B).status_code == 200
    for api, other in ((ada, B), (bob, A)):
        reply = synchronise(api, other, NOBODYS)
        assert (reply.status_code, reply.json()) == (202, {"received": 2})
    assert ada.get(f"{ROOT}/matches").json()["data"] == []
    intake.drain()
    matching.tick_all()
    (match,) = ada.get(f"{ROOT}/matches").json()["data"]
    assert (set(match), match["person"]["handle"]) == ({"id", "person", "matched_at"}, "bob")
    assert ada.get(f"{ROOT}/enrolment").json()["evaluations_left"] == 1998


def test_opting_out_over_http_is_one_call_and_leaves_no_row(ada: APIClient) -> None:
    synchronise(ada, B)
    assert ada.delete(f"{ROOT}/enrolment").status_code == 204
    intake.drain()
    assert DiscoveryEnrolment.objects.count() == ContactEdge.objects.count() == 0
    assert refusals.said(ada.get(f"{ROOT}/enrolment")) == (404, "not_enrolled")


def test_forgetting_contacts_over_http_drops_those_that_wait_too(ada: APIClient) -> None:
    discovering.enrolled(B)
    synchronise(ada, B)
    assert ada.delete(f"{ROOT}/edges").status_code == 204
    intake.drain()
    assert ContactEdge.objects.count() == 0


def test_the_reply_is_the_same_byte_for_byte_whoever_is_a_member(ada: APIClient) -> None:
    discovering.enrolled(B)
    hit, miss = synchronise(ada, B), synchronise(ada, NOBODYS)
    assert hit.content == miss.content == b'{"received":1}'
    assert hit.headers.keys() == miss.headers.keys()


def test_only_who_may_be_found_may_ask(stranger: Person) -> None:
    api, element = factories.client(stranger), voprf.blind(A.encode()).element
    epochs.usable()
    with stored.unchanged():
        assert refusals.said(evaluate(api, element)) == (409, "not_enrolled")
        reply = api.put(f"{ROOT}/edges?epoch=1", prefixes.encode([1]), content_type=OCTETS)
        assert refusals.said(reply) == (409, "not_enrolled")
    assert api.get(f"{ROOT}/matches").json() == {"data": [], "next_cursor": None}
    assert intake._waiting == {}


@pytest.mark.parametrize("size", [0, 31, 33, 32 * 1001])
def test_a_batch_of_a_wrong_size_costs_nothing(ada: APIClient, size: int) -> None:
    reply = evaluate(ada, bytes(size), epochs.usable()[-1].number)
    assert refusals.said(reply)[:2] == (422, "elements_unusable")
    assert ada.get(f"{ROOT}/enrolment").json()["evaluations_left"] == 2000


@pytest.mark.parametrize("element", [bytes(32), b"\xff" * 32], ids=["identity", "no element"])
def test_what_is_no_element_costs_nothing(ada: APIClient, element: bytes) -> None:
    good = voprf.blind(b"+1").element
    reply = evaluate(ada, good + element, epochs.usable()[-1].number)
    assert refusals.said(reply)[:2] == (422, "elements_unusable")
    assert ada.get(f"{ROOT}/enrolment").json()["evaluations_left"] == 2000


@pytest.mark.parametrize("content", [b"", b"\0" * 4, b"\0\0\0\1\x34", b"\0\0\0\2\x34" + bytes(14), bytes(300_000)])
def test_what_is_no_set_is_refused(ada: APIClient, content: bytes) -> None:
    reply = ada.put(f"{ROOT}/edges?epoch={epochs.usable()[-1].number}", content, content_type=OCTETS)
    assert refusals.said(reply)[:2] in [(422, "contacts_unusable"), (413, "body_too_large")]
    assert intake._waiting == {}


@pytest.mark.parametrize(
    ("epoch", "said"), [("", (400, "invalid_number")), ("x", (400, "invalid_number")), ("99999", (409, "epoch_over"))]
)
def test_an_epoch_that_is_not_in_use_is_refused(ada: APIClient, epoch: str, said: tuple[int, str]) -> None:
    assert refusals.said(evaluate(ada, voprf.blind(b"+1").element, epoch)) == said
    assert ada.get(f"{ROOT}/enrolment").json()["evaluations_left"] == 2000


def test_over_the_budget_nothing_is_evaluated(ada: APIClient, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets.spend(person_id=Person.objects.get(handle="ada").id, count=1999)
    element, number = voprf.blind(b"+1").element, epochs.usable()[-1].number
    before = signer.limit._used
    refused = evaluate(ada, element * 2, number)
    assert refusals.said(refused) == (429, "budget_spent")
    assert int(refused["Retry-After"]) <= 86_401
    assert evaluate(ada, element, number).status_code == 200
    assert refusals.said(evaluate(ada, element, number)) == (429, "budget_spent")
    assert signer.limit._used == before + 1


def test_without_the_signer_everything_that_needs_it_is_a_503_and_costs_nothing(ada: APIClient, settings: Any) -> None:
    url, number = settings.DISCOVERY_SIGNER_URL, epochs.usable()[-1].number
    settings.DISCOVERY_SIGNER_URL = "http://127.0.0.1:1"
    replies = [evaluate(ada, voprf.blind(b"+1").element, number), enrol(ada, B)]
    for reply in replies:
        assert (reply.status_code, reply.json()["code"]) == (503, "discovery_unavailable")
        assert (reply["Content-Type"], reply["Retry-After"]) == ("application/problem+json", "60")
    settings.DISCOVERY_SIGNER_URL = url
    assert ada.get(f"{ROOT}/enrolment").json()["evaluations_left"] == 2000


def test_the_first_epoch_cannot_begin_without_the_signer(settings: Any) -> None:
    url, settings.DISCOVERY_SIGNER_URL = settings.DISCOVERY_SIGNER_URL, "http://127.0.0.1:1"
    assert APIClient().get(f"{ROOT}/keys").status_code == 503
    settings.DISCOVERY_SIGNER_URL = url


def test_proofs_of_membership_are_limited_for_each_costs_a_look_at_every_tag(
    ada: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMIT_FACTOR = 1
    monkeypatch.setattr(ratelimit, "PROOF", ratelimit.Policy("proof", 1, 3600))
    statuses = [ada.get(f"{ROOT}/enrolment/proof").status_code for _ in range(2)]
    assert statuses == [200, 429]


def test_somebody_without_an_account_gets_a_statement() -> None:
    pacing._sent.clear()
    sent = APIClient().post(f"{ROOT}/absence/code", {"number": NOBODYS}, format="json").json()
    proof = {"challenge": sent["challenge"], "code": discovering.code()}
    statement = APIClient().post(f"{ROOT}/absence", proof, format="json")
    assert (statement.status_code, statement.json()["kind"]) == (200, "absence")
    again = APIClient().post(f"{ROOT}/absence", proof, format="json")
    assert refusals.said(again) == (422, "code_over", "/code", "code_over")


def test_a_list_of_eight_matches_costs_as_much_as_one() -> None:
    ada = discovering.enrolled(A, "ada")
    api, costs = factories.client(ada), []
    for count in (1, 8):
        while len(discovering.matched(ada)) < count:
            discovering.befriend(ada, discovering.enrolled())
        with CaptureQueriesContext(connection) as asked:
            assert len(api.get(f"{ROOT}/matches").json()["data"]) == count
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 5
