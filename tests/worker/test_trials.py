"""Trying a wish: the same answer as the wish itself would get, and nothing is done, counted or written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Person
from consent import withdrawal
from consent.models import Decision, Grant, LedgerLeaf, Permit
from consent.rules import Reason
from tests import factories
from worker.models import Job

WISH: dict[str, Any] = {"subjects": ["eileen"], "prompt": "surfing", "audience": "public"}


@pytest.fixture
def api(requester: Person) -> APIClient:
    """The requester's client."""
    return factories.client(requester)


@contextmanager
def nothing_written() -> Iterator[None]:
    """Fail if a job, permit, decision or leaf appears, or a grant changes."""

    def seen() -> tuple[Any, ...]:
        counts = [model.objects.count() for model in (Job, Permit, Decision, LedgerLeaf)]
        return counts, list(Grant.objects.order_by("id").values())

    before = seen()
    yield
    assert seen() == before


def dry_run(api: APIClient, **change: Any) -> Any:
    """Try a wish."""
    return api.post("/api/v1/jobs/dry-run", {**WISH, **change}, format="json")


def test_a_wish_that_is_covered_would_be_taken(grant: Grant, api: APIClient) -> None:
    with nothing_written():
        reply = dry_run(api)
    assert (reply.status_code, reply.json()) == (200, {"allowed": True})


REFUSED: dict[str, dict[str, Any]] = {
    "an unknown handle": {"subjects": ["nobody_at_all"]},
    "no grant": {"subjects": ["kim"]},
    "one of two": {"subjects": ["eileen", "kim"]},
    "a denied category": {"prompt": "she is naked"},
    "a denied word": {"prompt": "in Rome"},
    "another purpose": {"purpose": "education"},
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_a_wish_that_is_not_covered_gets_one_answer_whatever_is_wrong(
    subject: Person, requester: Person, stranger: Person, api: APIClient, change: dict[str, Any]
) -> None:
    factories.grant(subject, requester, text_rules=("rome",))
    with nothing_written():
        reply = dry_run(api, **change)
    assert (reply.status_code, reply.content) == (200, b'{"allowed":false}')
    assert api.post("/api/v1/jobs", {**WISH, **change}, format="json").status_code == 403


def test_trying_a_used_up_grant_uses_nothing(grant: Grant, api: APIClient) -> None:
    Grant.objects.update(uses=4)
    assert [dry_run(api).json()["allowed"] for _ in range(3)] == [True] * 3
    Grant.objects.update(uses=5)
    assert dry_run(api).json() == {"allowed": False}


def test_a_wish_that_cannot_be_read_is_not_tried(grant: Grant, api: APIClient) -> None:
    with nothing_written():
        assert dry_run(api, subjects=[]).status_code == 422


# A subject's trial of their own grant


def trial(person: Person, grant: Grant, **change: Any) -> Any:
    """Try a wish on the grant."""
    body = {"prompt": "surfing", "audience": "public", **change}
    return factories.client(person).post(f"/api/v1/grants/{grant.id}/trial", body, format="json")


TRIALS: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"prompt": "she is naked"}, Reason.CATEGORY),
    ({"prompt": "A walk in Rome."}, Reason.TEXT_RULE),
    ({"purpose": "advertising"}, Reason.PURPOSE),
]


@pytest.mark.parametrize(("change", "reason"), TRIALS)
def test_a_subject_learns_what_their_grant_would_say_and_why(
    subject: Person, requester: Person, change: dict[str, Any], reason: str
) -> None:
    grant = factories.grant(subject, requester, text_rules=("rome",))
    with nothing_written():
        reply = trial(subject, grant, **change)
    assert reply.json() == {"allowed": not reason, "reason": reason}


@pytest.mark.parametrize(
    ("mode", "reason"), [(withdrawal.Mode.STOP, Reason.CLOSED), (withdrawal.Mode.UNPUBLISH, Reason.ENDED)]
)
def test_a_trial_says_what_a_withdrawal_did(grant: Grant, mode: withdrawal.Mode, reason: Reason) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=withdrawal.Scope(), mode=mode)
    with nothing_written():
        assert trial(grant.subject, grant).json() == {"allowed": False, "reason": reason}


def test_nobody_else_tries_a_grant(grant: Grant, requester: Person, stranger: Person) -> None:
    with nothing_written():
        assert [trial(person, grant).status_code for person in (requester, stranger)] == [404, 404]
