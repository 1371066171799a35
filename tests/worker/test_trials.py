"""Trying a wish: the same answer as the wish itself would get, nothing is done or counted, and the subjects see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Person
from consent import audit, withdrawal
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
def nothing_done() -> Iterator[None]:
    """Fail if a job or permit appears, or a grant changes."""

    def seen() -> tuple[Any, ...]:
        return Job.objects.count(), Permit.objects.count(), list(Grant.objects.order_by("id").values())

    before = seen()
    yield
    assert seen() == before


@contextmanager
def nothing_written() -> Iterator[None]:
    """Fail if anything of the above is done, or a decision or leaf appears."""
    before = Decision.objects.count(), LedgerLeaf.objects.count()
    with nothing_done():
        yield
    assert (Decision.objects.count(), LedgerLeaf.objects.count()) == before


def journal() -> list[tuple[str, ...]]:
    """Who was asked about at which point, by whom, and what came of it; oldest first."""
    rows = Decision.objects.order_by("leaf").select_related("subject", "requester")
    return [
        (row.subject.handle if row.subject else "", row.requester.handle, row.point, row.verdict, row.reason)
        for row in rows
    ]


def dry_run(api: APIClient, **change: Any) -> Any:
    """Try a wish."""
    return api.post("/api/v1/jobs/dry-run", {**WISH, **change}, format="json")


def test_a_wish_that_is_covered_would_be_taken(grant: Grant, api: APIClient) -> None:
    with nothing_done():
        reply = dry_run(api)
    assert (reply.status_code, reply.json()) == (200, {"allowed": True})
    assert journal() == [("eileen", "sam", "preview", "allowed", "")]


# Each with whose journal has it, and the reason there.
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown handle": ({"subjects": ["nobody_at_all"]}, "", "no_grant"),
    "no grant": ({"subjects": ["kim"]}, "kim", "no_grant"),
    "one of two": ({"subjects": ["eileen", "kim"]}, "kim", "no_grant"),
    "a denied category": ({"prompt": "she is naked"}, "eileen", "category"),
    "a denied word": ({"prompt": "in Rome"}, "eileen", "text_rule"),
    "another purpose": ({"purpose": "education"}, "eileen", "purpose"),
}


@pytest.mark.parametrize(("change", "who", "why"), REFUSED.values(), ids=REFUSED)
def test_a_wish_that_is_not_covered_gets_one_answer_and_the_subject_sees_why(
    subject: Person, requester: Person, stranger: Person, api: APIClient, change: dict[str, Any], who: str, why: str
) -> None:
    factories.grant(subject, requester, text_rules=("rome",))
    with nothing_done():
        reply = dry_run(api, **change)
    assert (reply.status_code, reply.content) == (200, b'{"allowed":false}')
    assert api.post("/api/v1/jobs", {**WISH, **change}, format="json").status_code == 403
    assert journal() == [(who, "sam", point, "denied", why) for point in ("preview", "request")]


def test_everybody_who_is_asked_about_and_covers_the_wish_sees_the_preview(
    grant: Grant, requester: Person, api: APIClient
) -> None:
    other = factories.enrolled("ada")
    factories.grant(other, requester)
    assert dry_run(api, subjects=["eileen", "ada"]).json() == {"allowed": True}
    assert [row[:3] for row in journal()] == [("eileen", "sam", "preview"), ("ada", "sam", "preview")]
    (shown,) = factories.client(other).get("/api/v1/me/likeness/uses").json()["data"]
    assert (shown["point"], shown["requester"]["handle"], shown["job"]) == ("preview", "sam", None)
    assert audit.first() == []


def test_previews_are_as_rare_as_requests(grant: Grant, api: APIClient, settings: Any) -> None:
    settings.RATE_LIMIT_FACTOR = 1
    replies = [api.post(f"/api/v1/jobs{which}", WISH, format="json") for which in ("/dry-run", "") * 31]
    assert [reply.status_code for reply in replies[-2:]] == [429, 429]
    assert Decision.objects.count() == 60


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
