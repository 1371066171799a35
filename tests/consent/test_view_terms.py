"""Consent over REST: every term of a grant, its renewal, and how far a withdrawal goes."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Person
from consent.models import Grant, LedgerLeaf, Likeness, Veto, Withdrawal
from consent.rules import DENIED_BY_DEFAULT
from socialvideo.lib.ids import new_id
from tests import factories
from worker.models import Video

API = "/api/v1"
GRANT: dict[str, Any] = {"grantee": "sam", "purposes": ["entertainment"], "audience": "public"}
FULL: dict[str, Any] = {
    "modalities": ["face", "voice"],
    "may_remix": True,
    "may_stitch": True,
    "may_download": True,
    "denied_categories": ["crime"],
    "text_rules": ["in Rome", "red wine"],
    "review": True,
}


def test_every_term_that_is_sent_is_shown_and_kept(requester: Person, as_subject: APIClient) -> None:
    reply = as_subject.post(f"{API}/grants", {**GRANT, **FULL}, format="json")
    assert reply.status_code == 201
    assert {name: reply.json()[name] for name in FULL} == FULL
    row = Grant.objects.get()
    assert {name: getattr(row, name) for name in FULL} == FULL


def test_a_grant_that_says_nothing_more_covers_the_face_and_denies_all_but_medical(
    requester: Person, as_subject: APIClient
) -> None:
    shown = as_subject.post(f"{API}/grants", GRANT, format="json").json()
    assert (shown["modalities"], shown["text_rules"], shown["review"]) == (["face"], [], False)
    assert set(shown["denied_categories"]) == set(DENIED_BY_DEFAULT)


def test_an_empty_list_of_categories_denies_none(requester: Person, as_subject: APIClient) -> None:
    shown = as_subject.post(f"{API}/grants", {**GRANT, "denied_categories": []}, format="json").json()
    assert shown["denied_categories"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"modalities": []},
        {"modalities": ["smell"]},
        {"denied_categories": ["boring"]},
        {"text_rules": ["x" * 81]},
        {"text_rules": ["x"] * 51},
        {"text_rules": ["!!!"]},
        {"text_rules": "rome"},
        {"may_stitch": "perhaps"},
        {"review": 3},
    ],
)
def test_terms_that_cannot_be_are_refused(requester: Person, as_subject: APIClient, wrong: dict[str, Any]) -> None:
    assert as_subject.post(f"{API}/grants", {**GRANT, **wrong}, format="json").status_code == 422
    assert (Grant.objects.count(), LedgerLeaf.objects.count()) == (0, 0)


# Renewals.


def renew(api: APIClient, grant_id: Any, key: str = "", **body: Any) -> Any:
    """Renew a grant."""
    headers = {"Idempotency-Key": key} if key else {}
    return api.post(f"{API}/grants/{grant_id}/renewals", body, format="json", headers=headers)


def test_a_renewal_shows_the_grant_with_more_uses(grant: Grant, as_subject: APIClient) -> None:
    reply = renew(as_subject, grant.id, more_uses=3)
    assert (reply.status_code, reply.json()["max_uses"]) == (201, 8)
    assert as_subject.get(reply["Location"])["ETag"] == reply["ETag"]


def test_a_renewal_that_is_sent_twice_with_one_key_adds_its_uses_once(grant: Grant, as_subject: APIClient) -> None:
    replies = [renew(as_subject, grant.id, key="k", more_uses=3).json() for _ in range(2)]
    assert replies[0] == replies[1]
    assert Grant.objects.get().max_uses == 8


def test_only_the_subject_renews(grant: Grant, as_requester: APIClient, as_stranger: APIClient) -> None:
    for api in (as_requester, as_stranger):
        assert renew(api, grant.id, more_uses=3).status_code == 404
    assert (Grant.objects.get().max_uses, Grant.objects.get().version) == (5, 1)


@pytest.mark.parametrize("mode", ["stop", "unpublish"])
def test_what_was_withdrawn_is_not_renewed(grant: Grant, as_subject: APIClient, mode: str) -> None:
    as_subject.post(f"{API}/withdrawals", {"scope": "everything", "mode": mode}, format="json")
    assert (renew(as_subject, grant.id).status_code, LedgerLeaf.objects.filter(kind="renewal").count()) == (409, 0)


# How far a withdrawal goes.


@pytest.mark.parametrize(
    ("mode", "state", "closed", "key"),
    [("stop", "given", True, True), ("unpublish", "withdrawn", False, True), ("erase", "withdrawn", False, False)],
)
def test_a_withdrawal_goes_as_far_as_its_mode(
    grant: Grant, as_subject: APIClient, mode: str, state: str, closed: bool, key: bool
) -> None:
    reply = as_subject.post(f"{API}/withdrawals", {"scope": "everything", "mode": mode}, format="json")
    assert (reply.status_code, reply.json()["mode"], reply.json()["receipt"]["terms"]["mode"]) == (201, mode, mode)
    row = Grant.objects.get()
    assert (row.state, row.closed_at is not None) == (state, closed)
    assert (Likeness.objects.get().key is not None) is key


def test_a_video_is_withdrawn_alone(video: Video, as_subject: APIClient) -> None:
    reply = as_subject.post(f"{API}/withdrawals", {"scope": "video", "video": str(video.id)}, format="json")
    assert (reply.status_code, reply.json()["scope"]) == (201, "video")
    assert reply.json()["receipt"]["terms"]["video"] == str(video.id)
    assert (Grant.objects.get().state, Veto.objects.get().video_id) == ("given", video.id)


def test_nobody_withdraws_a_video_that_does_not_show_them(
    video: Video, as_subject: APIClient, as_requester: APIClient
) -> None:
    for api, video_id in ((as_requester, video.id), (as_subject, new_id())):
        reply = api.post(f"{API}/withdrawals", {"scope": "video", "video": str(video_id)}, format="json")
        assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    assert (Veto.objects.count(), Withdrawal.objects.count()) == (0, 0)


def test_what_a_subject_denies_in_words_is_not_shown_to_the_grantee(grant: Grant, requester: Person) -> None:
    api = factories.client(requester)
    alone = api.get(f"{API}/grants/{grant.id}").json()
    (listed,) = api.get(f"{API}/grants?role=received").json()["data"]
    assert (alone["denied_categories"], alone["text_rules"]) == (None, None)
    assert (listed["denied_categories"], listed["text_rules"]) == (None, None)
