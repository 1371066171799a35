"""Each address of consent has its fixed number of queries, however many rows there are.

What every request pays for its session and its quota is not counted, nor what a withdrawal's handlers do.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Person
from consent import asks, gate, withdrawal
from consent.models import Ask, Grant
from consent.rules import Claim, Point
from consent.withdrawal import Scope
from tests import factories

API = "/api/v1"


OF_OTHERS = re.compile(r"SAVEPOINT|accounts_session|lib_requestcount|worker_")


def queries(call: Callable[[], Any], status: int = 200) -> int:
    """How many statements of consent a call takes."""
    with CaptureQueriesContext(connection) as captured:
        assert call().status_code == status
    return sum(not OF_OTHERS.search(query["sql"]) for query in captured.captured_queries)


def one_more_ask(subject: Person) -> None:
    """Somebody else asks the subject."""
    requester = factories.person()
    asks.ask(requester=requester, subject=subject, purposes=["personal"], audience="private", message="")


def one_more_ask_made(requester: Person) -> None:
    """The person asks somebody else."""
    subject = factories.person()
    asks.ask(requester=requester, subject=subject, purposes=["personal"], audience="private", message="")


def one_more_grant(subject: Person) -> None:
    """The subject gives somebody else a grant."""
    factories.grant(subject, factories.person())


def one_more_grant_received(grantee: Person) -> None:
    """Somebody else gives the person a grant."""
    factories.grant(factories.enrolled(), grantee)


def one_more_withdrawal(subject: Person) -> None:
    """The subject withdraws everything."""
    withdrawal.withdraw(subject=subject, scope=Scope())


def one_more_use(subject: Person) -> None:
    """Somebody else opens something of the subject."""
    grant = Grant.objects.filter(subject=subject, state="given").first() or factories.grant(subject, factories.person())
    claim = Claim(subject.id, grant.id, 1)
    gate.use(point=Point.OPEN, requester_id=factories.person().id, claims=[claim], effect=lambda _: None)


@pytest.mark.parametrize(
    ("path", "add"),
    [
        ("asks", one_more_ask),
        ("asks?side=made", one_more_ask_made),
        ("grants", one_more_grant),
        ("grants?role=received", one_more_grant_received),
        ("withdrawals", one_more_withdrawal),
        ("me/likeness/uses", one_more_use),
    ],
)
def test_a_list_takes_the_same_queries_for_one_row_and_for_eight(
    subject: Person, as_subject: APIClient, path: str, add: Callable[[Person], None]
) -> None:
    for rows in (1, 8):
        while len(as_subject.get(f"{API}/{path}").json()["data"]) < rows:
            add(subject)
        assert queries(lambda: as_subject.get(f"{API}/{path}")) == 1


def many(subject: Person, requester: Person) -> None:
    """Eight of everything around the two."""
    for _ in range(8):
        one_more_ask(subject)
        one_more_grant(subject)
        one_more_grant_received(requester)
        one_more_use(subject)


@pytest.mark.parametrize("crowd", [False, True])
def test_reading_one_thing_takes_the_same_queries_among_many(
    grant: Grant, requester: Person, as_subject: APIClient, crowd: bool
) -> None:
    done = withdrawal.withdraw(subject=grant.subject, scope=Scope())
    if crowd:
        many(grant.subject, requester)
    assert queries(lambda: as_subject.get(f"{API}/grants/{grant.id}")) == 1
    assert queries(lambda: as_subject.get(f"{API}/withdrawals/{done.id}")) == 1
    assert queries(lambda: as_subject.get(f"{API}/me/likeness")) == 1
    assert queries(lambda: APIClient().get(f"{API}/ledger/checkpoint")) == 1
    assert queries(lambda: APIClient().get(f"{API}/ledger/key")) == 0


@pytest.mark.parametrize("crowd", [False, True])
def test_writing_one_thing_takes_the_same_queries_among_many(
    subject: Person, requester: Person, as_subject: APIClient, as_requester: APIClient, crowd: bool
) -> None:
    if crowd:
        many(subject, requester)
    ask = {"subject": "eileen", "purposes": ["personal"], "audience": "private"}
    given = {"grantee": "sam", "purposes": ["personal"], "audience": "private"}
    assert queries(lambda: as_requester.post(f"{API}/asks", ask, format="json"), 201) == 8
    answer = f"{API}/asks/{Ask.objects.get(subject=subject, requester=requester).id}/answer"
    assert queries(lambda: as_subject.put(answer, {"answer": "deferred"}, format="json")) == 4
    assert queries(lambda: as_subject.post(f"{API}/grants", given, format="json"), 201) == 13
    url = f"{API}/grants/{Grant.objects.get(subject=subject, grantee=requester).id}"
    match = {"If-Match": as_subject.get(url)["ETag"]}
    assert queries(lambda: as_subject.patch(url, {"max_uses": 1}, format="json", headers=match)) == 8
    withdrawn = {"scope": "everything"}
    assert queries(lambda: as_subject.post(f"{API}/withdrawals", withdrawn, format="json"), 201) == 8
    assert queries(lambda: as_subject.delete(f"{API}/me/likeness"), 204) == 6
