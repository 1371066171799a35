"""The shapes on the wire: what is optional, what is demanded, and which words are known."""

from typing import Any

import pytest

from consent import rules
from consent.serializers import AUDIENCES, PURPOSES, AskRequest, GrantChange, GrantRequest, UseShape, WithdrawalRequest
from socialvideo.lib.ids import new_id

GRANT: dict[str, Any] = {"grantee": "sam", "purposes": ["personal"], "audience": "private"}


def read(serializer: Any) -> dict[str, Any]:
    """The validated body."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def codes(serializer: Any) -> dict[str, str]:
    """The code of what is wrong first, by field."""
    assert not serializer.is_valid()
    faults = {name: fault if isinstance(fault, list) else [fault] for name, fault in serializer.errors.items()}
    return {name: fault[0].code for name, fault in faults.items()}


def test_the_words_on_the_wire_are_those_of_the_rules() -> None:
    assert [str(purpose) for purpose in rules.Purpose] == PURPOSES
    assert [str(audience) for audience in rules.Audience] == AUDIENCES
    fields = UseShape().fields
    assert set(fields["point"].choices) == set(rules.Point)
    assert set(fields["reason"].choices) == set(rules.Reason)


def test_a_grant_has_defaults_that_give_little() -> None:
    assert read(GrantRequest(data=GRANT)) == {
        "grantee": "sam",
        "purposes": ["personal"],
        "audience": "private",
        "may_remix": False,
        "may_stitch": False,
        "may_download": False,
        "review": False,
        "max_uses": 10,
    }


def test_a_grant_must_say_whom_what_for_and_how_far() -> None:
    assert codes(GrantRequest(data={})) == dict.fromkeys(("purposes", "audience"), "required")
    terms = {"purposes": ["personal"], "audience": "private"}
    for whom in ({}, {"grantee": "sam", "group": "mutuals"}):
        assert codes(GrantRequest(data={**terms, **whom})) == {"non_field_errors": "invalid"}


def test_an_ask_needs_no_message() -> None:
    assert (
        read(AskRequest(data={"subject": "eileen", "purposes": ["personal"], "audience": "private"}))["message"] == ""
    )


def test_a_change_may_name_either_term_or_none() -> None:
    assert read(GrantChange(data={})) == {}
    assert read(GrantChange(data={"max_uses": 1})) == {"max_uses": 1}


@pytest.mark.parametrize("shape", [GrantRequest, AskRequest, GrantChange, WithdrawalRequest])
def test_a_field_that_is_unknown_is_named(shape: Any) -> None:
    assert codes(shape(data={"zzz": 1})) == {"zzz": "unknown_field"}


@pytest.mark.parametrize("body", [[], "grant", None, 7])
def test_a_body_that_is_no_mapping_is_invalid(body: Any) -> None:
    serializer = GrantRequest(data=body)
    assert not serializer.is_valid()


def test_a_withdrawal_of_each_scope_is_read() -> None:
    one = new_id()
    for scope in ("grant", "video"):
        body = {"scope": scope, scope: str(one)}
        assert read(WithdrawalRequest(data=body)) == {"scope": scope, scope: one, "mode": "unpublish"}
    assert read(WithdrawalRequest(data={"scope": "grantee", "grantee": "sam"}))["grantee"] == "sam"
    assert read(WithdrawalRequest(data={"scope": "everything"})) == {"scope": "everything", "mode": "unpublish"}


@pytest.mark.parametrize(
    "body",
    [
        {"scope": "video"},
        {"scope": "grant", "video": str(new_id())},
        {"scope": "video", "video": str(new_id()), "mode": "stop"},
        {"scope": "grantee", "grantee": "sam", "mode": "erase"},
        {"scope": "everything", "mode": "pause"},
    ],
)
def test_a_withdrawal_of_scope_and_mode_that_do_not_fit_is_refused(body: dict[str, str]) -> None:
    assert not WithdrawalRequest(data=body).is_valid()
