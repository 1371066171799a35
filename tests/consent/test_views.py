"""Consent over REST: status codes, problem codes, headers, and who sees what."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import Person
from consent import asks, gate, keys, withdrawal
from consent.models import Ask, Decision, Grant, LedgerLeaf, Likeness, Withdrawal
from consent.rules import Claim, Point
from consent.withdrawal import Scope
from socialvideo.lib.clock import database_now, rfc3339
from socialvideo.lib.ids import new_id
from tests import factories

API = "/api/v1"
ASK = {"subject": "eileen", "purposes": ["personal", "education"], "audience": "followers", "message": "Please"}
GRANT: dict[str, Any] = {"grantee": "sam", "purposes": ["entertainment"], "audience": "public"}
DAY = timedelta(days=1)


def problem(reply: Any, status: int, code: str, *pointers: str) -> None:
    """Assert that the reply is this problem, at these places of the body."""
    assert isinstance(reply, Response)
    body = reply.json()
    assert (reply.status_code, body["code"]) == (status, code)
    assert reply["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in body.get("errors", [])] == list(pointers)


def photo() -> SimpleUploadedFile:
    """A small photo to upload."""
    buffer = BytesIO()
    Image.new("RGB", (80, 64), "teal").save(buffer, "PNG")
    return SimpleUploadedFile("me.png", buffer.getvalue(), "image/png")


def etag(api: APIClient, grant: Grant) -> str:
    """The present ETag of the grant."""
    return str(api.get(f"{API}/grants/{grant.id}")["ETag"])


def narrow(api: APIClient, grant: Grant, body: dict[str, Any], match: str | None) -> Any:
    """Narrow the grant if it is still as ``match`` says."""
    headers = {"If-Match": match} if match else {}
    return api.patch(f"{API}/grants/{grant.id}", body, format="json", headers=headers)


def ask_of(requester: Person, subject: Person) -> Ask:
    """Put an ask."""
    return asks.ask(requester=requester, subject=subject, purposes=["personal"], audience="private", message="")


# Everybody has to log in, but for what anybody may check.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "me/likeness"),
        ("put", "me/likeness"),
        ("delete", "me/likeness"),
        ("get", "me/likeness/uses"),
        ("get", "asks"),
        ("post", "asks"),
        ("put", f"asks/{new_id()}/answer"),
        ("get", "grants"),
        ("post", "grants"),
        ("get", f"grants/{new_id()}"),
        ("patch", f"grants/{new_id()}"),
        ("get", "withdrawals"),
        ("post", "withdrawals"),
        ("get", f"withdrawals/{new_id()}"),
    ],
)
def test_without_a_session_nothing_is_told(db: None, method: str, path: str) -> None:
    reply = getattr(APIClient(), method)(f"{API}/{path}")
    problem(reply, 401, "not_authenticated")
    assert reply["WWW-Authenticate"] == "Bearer"


# Likenesses.


def test_a_photo_is_enrolled_and_never_given_out(requester: Person, as_requester: APIClient) -> None:
    reply = as_requester.put(f"{API}/me/likeness", {"photo": photo()}, format="multipart")
    assert reply.status_code == 201
    row = Likeness.objects.get()
    shown = {"id": str(row.id), "awaits_guardian": False, "width": 80, "height": 64}
    assert reply.json() == {**shown, "created_at": reply.json()["created_at"]}
    assert as_requester.get(f"{API}/me/likeness").json() == reply.json()


def test_an_upload_without_a_photo_is_refused(as_requester: APIClient) -> None:
    problem(as_requester.put(f"{API}/me/likeness", {"x": "y"}, format="multipart"), 422, "invalid_request", "/x")
    problem(as_requester.put(f"{API}/me/likeness", {}, format="multipart"), 422, "invalid_request", "/photo")
    assert Likeness.objects.count() == 0


def test_an_upload_that_is_no_picture_is_refused(as_requester: APIClient) -> None:
    text = SimpleUploadedFile("me.png", b"no picture", "image/png")
    reply = as_requester.put(f"{API}/me/likeness", {"photo": text}, format="multipart")
    problem(reply, 422, "not_an_image", "/photo")
    assert Likeness.objects.count() == 0


def test_an_upload_over_the_limit_is_refused_unread(as_requester: APIClient) -> None:
    length = str(settings.MAX_UPLOAD_BYTES + 1)
    reply = as_requester.put(f"{API}/me/likeness", {"photo": photo()}, format="multipart", CONTENT_LENGTH=length)
    problem(reply, 413, "body_too_large")
    assert Likeness.objects.count() == 0


def test_a_likeness_is_erased_and_erasing_again_changes_nothing(as_subject: APIClient) -> None:
    for leaves in (1, 1):
        assert as_subject.delete(f"{API}/me/likeness").status_code == 204
        assert LedgerLeaf.objects.filter(kind="erasure").count() == leaves
    problem(as_subject.get(f"{API}/me/likeness"), 404, "likeness_unknown")


# Asks.


def test_an_ask_is_made_and_seen_by_both(as_subject: APIClient, as_requester: APIClient) -> None:
    reply = as_requester.post(f"{API}/asks", ASK, format="json")
    ask = Ask.objects.get()
    assert (reply.status_code, reply["Location"]) == (201, f"{API}/asks/{ask.id}")
    shown = reply.json()
    assert (shown["requester"]["handle"], shown["subject"]["handle"], shown["state"]) == ("sam", "eileen", "requested")
    assert (shown["purposes"], shown["audience"], shown["message"]) == (
        ["education", "personal"],
        "followers",
        "Please",
    )
    assert as_subject.get(f"{API}/asks").json()["data"] == [shown]
    assert as_requester.get(f"{API}/asks?side=made").json()["data"] == [shown]
    assert as_requester.get(f"{API}/asks?side=received").json() == {"data": [], "next_cursor": None}


def test_an_ask_is_made_once_for_one_key(subject: Person, as_requester: APIClient) -> None:
    headers = {"Idempotency-Key": "ask-1"}
    replies = [as_requester.post(f"{API}/asks", ASK, format="json", headers=headers) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].json() == replies[1].json()
    assert Ask.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code", "pointers"),
    [
        ({"subject": "nobody_here"}, 404, "person_unknown", []),
        ({"subject": "sam"}, 422, "ask_oneself", []),
        ({"purposes": []}, 422, "invalid_request", ["/purposes"]),
        ({"purposes": ["fun"]}, 422, "invalid_request", ["/purposes"]),
        ({"purposes": "personal"}, 422, "invalid_request", ["/purposes"]),
        ({"audience": "everybody"}, 422, "invalid_request", ["/audience"]),
        ({"message": "x" * 301}, 422, "invalid_request", ["/message"]),
        ({"state": "given"}, 422, "invalid_request", ["/state"]),
    ],
)
def test_an_ask_that_cannot_be_is_refused(
    subject: Person, as_requester: APIClient, change: dict[str, Any], status: int, code: str, pointers: list[str]
) -> None:
    problem(as_requester.post(f"{API}/asks", {**ASK, **change}, format="json"), status, code, *pointers)
    assert Ask.objects.count() == 0


def test_asking_again_is_a_conflict(subject: Person, as_requester: APIClient) -> None:
    as_requester.post(f"{API}/asks", ASK, format="json")
    problem(as_requester.post(f"{API}/asks", ASK, format="json"), 409, "ask_stands_open")
    assert Ask.objects.count() == 1


def test_a_side_that_is_none_is_refused(as_subject: APIClient) -> None:
    problem(as_subject.get(f"{API}/asks?side=both"), 400, "invalid_side")


def test_an_ask_is_deferred_and_then_refused(subject: Person, requester: Person, as_subject: APIClient) -> None:
    ask = ask_of(requester, subject)
    for state in ("deferred", "refused"):
        reply = as_subject.put(f"{API}/asks/{ask.id}/answer", {"answer": state}, format="json")
        assert (reply.status_code, reply.json()["state"]) == (200, state)
    again = as_subject.put(f"{API}/asks/{ask.id}/answer", {"answer": "deferred"}, format="json")
    problem(again, 409, "ask_answered")
    assert Ask.objects.get().state == "refused"


def test_yes_is_no_answer_but_a_grant(subject: Person, requester: Person, as_subject: APIClient) -> None:
    ask = ask_of(requester, subject)
    reply = as_subject.put(f"{API}/asks/{ask.id}/answer", {"answer": "given"}, format="json")
    problem(reply, 422, "invalid_request", "/answer")
    assert (Ask.objects.get().state, Grant.objects.count()) == ("requested", 0)


def test_an_ask_is_answered_by_who_was_asked(subject: Person, requester: Person, as_requester: APIClient) -> None:
    ask = ask_of(requester, subject)
    reply = as_requester.put(f"{API}/asks/{ask.id}/answer", {"answer": "refused"}, format="json")
    problem(reply, 404, "not_found")
    assert Ask.objects.get().state == "requested"


# Grants.


def test_a_grant_is_given_and_seen_by_both(requester: Person, as_subject: APIClient, as_requester: APIClient) -> None:
    reply = as_subject.post(f"{API}/grants", GRANT, format="json")
    grant = Grant.objects.get()
    assert (reply.status_code, reply["Location"]) == (201, f"{API}/grants/{grant.id}")
    shown = reply.json()
    assert (shown["subject"]["handle"], shown["grantee"]["handle"], shown["state"]) == ("eileen", "sam", "given")
    assert (shown["purposes"], shown["audience"], shown["uses"], shown["max_uses"]) == (
        ["entertainment"],
        "public",
        0,
        10,
    )
    assert (shown["may_remix"], shown["may_download"], shown["ended_at"]) == (False, False, None)
    assert shown["expires_at"] == rfc3339(grant.expires_at)
    wordless = {**shown, "denied_categories": None, "text_rules": None}
    for api, role, seen in ((as_subject, "given", shown), (as_requester, "received", wordless)):
        assert api.get(f"{API}/grants?role={role}").json()["data"] == [seen]
        one = api.get(f"{API}/grants/{grant.id}")
        assert (one.json(), one["ETag"]) == (seen, reply["ETag"])


def test_a_grant_is_given_once_for_one_key(requester: Person, as_subject: APIClient) -> None:
    headers = {"Idempotency-Key": "grant-1"}
    first, again = (as_subject.post(f"{API}/grants", GRANT, format="json", headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json() == again.json()
    other = as_subject.post(f"{API}/grants", {**GRANT, "audience": "private"}, format="json", headers=headers)
    problem(other, 422, "idempotency_key_reused")
    assert Grant.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code", "pointers"),
    [
        ({"grantee": "nobody_here"}, 404, "person_unknown", []),
        ({"purposes": []}, 422, "invalid_request", ["/purposes"]),
        ({"purposes": ["anything"]}, 422, "invalid_request", ["/purposes"]),
        ({"audience": "all"}, 422, "invalid_request", ["/audience"]),
        ({"max_uses": 0}, 422, "invalid_request", ["/max_uses"]),
        ({"max_uses": 1001}, 422, "invalid_request", ["/max_uses"]),
        ({"expires_at": "tomorrow"}, 422, "invalid_request", ["/expires_at"]),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, 422, "invalid_request", ["/expires_at"]),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422, "expiry_in_past", ["/expires_at"]),
        ({"expires_at": "2999-01-01T00:00:00Z"}, 422, "expiry_too_far", ["/expires_at"]),
        ({"ask": str(new_id())}, 422, "ask_unknown", ["/ask"]),
        ({"ask": "mine"}, 422, "invalid_request", ["/ask"]),
        ({"state": "given", "epoch": 7}, 422, "invalid_request", ["/epoch", "/state"]),
    ],
)
def test_a_grant_that_cannot_be_is_refused(
    requester: Person, as_subject: APIClient, change: dict[str, Any], status: int, code: str, pointers: list[str]
) -> None:
    problem(as_subject.post(f"{API}/grants", {**GRANT, **change}, format="json"), status, code, *pointers)
    assert (Grant.objects.count(), LedgerLeaf.objects.count()) == (0, 0)


def test_a_second_grant_for_one_person_is_a_conflict(grant: Grant, as_subject: APIClient) -> None:
    problem(as_subject.post(f"{API}/grants", GRANT, format="json"), 409, "grant_stands")
    assert Grant.objects.count() == 1


def test_without_a_likeness_there_is_nothing_to_grant(requester: Person, as_stranger: APIClient) -> None:
    problem(as_stranger.post(f"{API}/grants", GRANT, format="json"), 409, "likeness_missing")
    assert Grant.objects.count() == 0


def test_giving_answers_the_ask_that_it_names(subject: Person, requester: Person, as_subject: APIClient) -> None:
    ask = ask_of(requester, subject)
    assert as_subject.post(f"{API}/grants", {**GRANT, "ask": str(ask.id)}, format="json").status_code == 201
    assert Ask.objects.get().state == "given"


def test_a_role_that_is_none_is_refused(as_subject: APIClient) -> None:
    problem(as_subject.get(f"{API}/grants?role=owner"), 400, "invalid_role")


def test_a_stranger_finds_no_grant(grant: Grant, as_stranger: APIClient) -> None:
    problem(as_stranger.get(f"{API}/grants/{grant.id}"), 404, "not_found")
    problem(narrow(as_stranger, grant, {"max_uses": 1}, '"x"'), 404, "not_found")
    assert as_stranger.get(f"{API}/grants").json()["data"] == []
    assert Grant.objects.get().max_uses == 5


def test_a_grant_is_narrowed_under_its_etag(grant: Grant, as_subject: APIClient) -> None:
    before = etag(as_subject, grant)
    end = rfc3339(database_now() + DAY)
    reply = narrow(as_subject, grant, {"max_uses": 2, "expires_at": end}, before)
    assert (reply.status_code, reply.json()["max_uses"], reply.json()["expires_at"]) == (200, 2, end)
    assert reply["ETag"] == etag(as_subject, grant) != before


@pytest.mark.parametrize(
    ("match", "status", "code"), [(None, 428, "precondition_required"), ('"old"', 412, "precondition_failed")]
)
def test_a_grant_is_not_narrowed_unread(
    grant: Grant, as_subject: APIClient, match: str | None, status: int, code: str
) -> None:
    problem(narrow(as_subject, grant, {"max_uses": 2}, match), status, code)
    assert Grant.objects.get().max_uses == 5


def test_a_use_changes_the_etag(grant: Grant, as_subject: APIClient, requester: Person) -> None:
    before = etag(as_subject, grant)
    factories.job(requester, grant.subject)
    problem(narrow(as_subject, grant, {"max_uses": 2}, before), 412, "precondition_failed")
    assert Grant.objects.get().max_uses == 5


@pytest.mark.parametrize(
    ("change", "code", "pointers"),
    [
        ({"max_uses": 6}, "would_widen", ["/max_uses"]),
        ({"max_uses": 0}, "invalid_request", ["/max_uses"]),
        ({"expires_at": "2999-01-01T00:00:00Z"}, "would_widen", ["/expires_at"]),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expiry_in_past", ["/expires_at"]),
        ({"audience": "private"}, "invalid_request", ["/audience"]),
    ],
)
def test_a_grant_is_narrowed_and_nothing_else(
    grant: Grant, as_subject: APIClient, change: dict[str, Any], code: str, pointers: list[str]
) -> None:
    problem(narrow(as_subject, grant, change, etag(as_subject, grant)), 422, code, *pointers)
    row = Grant.objects.get()
    assert (row.max_uses, row.expires_at, row.audience, row.version) == (5, grant.expires_at, "public", 1)


def test_a_grantee_cannot_change_a_grant(grant: Grant, as_requester: APIClient) -> None:
    problem(narrow(as_requester, grant, {"max_uses": 2}, etag(as_requester, grant)), 404, "not_found")
    assert Grant.objects.get().max_uses == 5


def test_an_ended_grant_is_not_narrowed(grant: Grant, as_subject: APIClient) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    problem(narrow(as_subject, grant, {"max_uses": 2}, etag(as_subject, grant)), 409, "grant_ended")
    assert Grant.objects.get().max_uses == 5


# Withdrawals.


@pytest.mark.parametrize("scope", ["grant", "grantee", "everything"])
def test_a_withdrawal_takes_one_call_and_gives_its_receipt(grant: Grant, as_subject: APIClient, scope: str) -> None:
    named = {"grant": {"grant": str(grant.id)}, "grantee": {"grantee": "sam"}, "everything": {}}[scope]
    reply = as_subject.post(f"{API}/withdrawals", {"scope": scope, **named}, format="json")
    row = Withdrawal.objects.get()
    assert (reply.status_code, reply["Location"]) == (201, f"{API}/withdrawals/{row.id}")
    assert (reply.json()["scope"], reply.json()["receipt"]) == (scope, row.receipt)
    assert Grant.objects.get().state == "withdrawn"
    assert as_subject.get(reply["Location"]).json() == reply.json()
    assert as_subject.get(f"{API}/withdrawals").json()["data"] == [reply.json()]


@pytest.mark.parametrize(
    "body",
    [
        {"scope": "grant"},
        {"scope": "grantee"},
        {"scope": "grant", "grantee": "sam"},
        {"scope": "grantee", "grantee": "sam", "grant": str(new_id())},
        {"scope": "everything", "grantee": "sam"},
    ],
)
def test_a_withdrawal_names_what_its_scope_says(grant: Grant, as_subject: APIClient, body: dict[str, Any]) -> None:
    problem(as_subject.post(f"{API}/withdrawals", body, format="json"), 422, "invalid_request", "")
    assert (Grant.objects.get().state, Withdrawal.objects.count()) == ("given", 0)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/scope"),
        ({"scope": "some"}, "/scope"),
        ({"scope": "grant", "grant": "mine"}, "/grant"),
        ({"scope": "everything", "reason": "because"}, "/reason"),
    ],
)
def test_a_withdrawal_that_cannot_be_read_changes_nothing(
    grant: Grant, as_subject: APIClient, body: dict[str, Any], pointer: str
) -> None:
    problem(as_subject.post(f"{API}/withdrawals", body, format="json"), 422, "invalid_request", pointer)
    assert Grant.objects.get().state == "given"


def test_withdrawing_what_is_not_ones_own_is_not_found(
    grant: Grant, as_subject: APIClient, as_requester: APIClient
) -> None:
    for api, grant_id in ((as_requester, grant.id), (as_subject, new_id())):
        reply = api.post(f"{API}/withdrawals", {"scope": "grant", "grant": str(grant_id)}, format="json")
        problem(reply, 404, "not_found")
    unknown = as_subject.post(f"{API}/withdrawals", {"scope": "grantee", "grantee": "nobody_here"}, format="json")
    problem(unknown, 404, "person_unknown")
    assert (Grant.objects.get().state, Withdrawal.objects.count()) == ("given", 0)


def test_a_receipt_is_its_owners_alone(grant: Grant, as_requester: APIClient) -> None:
    done = withdrawal.withdraw(subject=grant.subject, scope=Scope())
    problem(as_requester.get(f"{API}/withdrawals/{done.id}"), 404, "not_found")
    assert as_requester.get(f"{API}/withdrawals").json()["data"] == []


# The journal and the ledger.


def test_a_subject_reads_who_used_their_likeness(grant: Grant, as_subject: APIClient, as_requester: APIClient) -> None:
    claim = Claim(grant.subject_id, grant.id, 1)
    gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[claim], effect=lambda _: None)
    row = Decision.objects.get()
    (shown,) = as_subject.get(f"{API}/me/likeness/uses").json()["data"]
    assert shown == {
        "id": str(row.id),
        "at": rfc3339(row.at),
        "requester": shown["requester"],
        "point": "open",
        "verdict": "allowed",
        "reason": "",
        "purpose": "",
        "audience": "",
        "grant": str(grant.id),
        "job": None,
        "video": None,
        "leaf_index": row.leaf_id,
    }
    assert shown["requester"]["handle"] == "sam"
    assert as_requester.get(f"{API}/me/likeness/uses").json()["data"] == []


def test_anybody_reads_the_checkpoint_and_the_key(grant: Grant) -> None:
    checkpoint = APIClient().get(f"{API}/ledger/checkpoint")
    assert (checkpoint.status_code, checkpoint.json()["tree_size"]) == (200, 1)
    key = APIClient().get(f"{API}/ledger/key").json()
    assert key == {"key_id": keys.key_id(), "algorithm": "Ed25519", "public_key": keys.public_pem()}
    assert checkpoint.json()["signature"]["key_id"] == key["key_id"]
