"""The fence in SQL says what the pure rule says, of every remembered (grant, epoch)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from consent import fences, rules
from consent.models import Grant
from consent.rules import Claim
from socialvideo.lib.clock import database_now
from socialvideo.lib.ids import new_id
from tests import factories

HOUR = timedelta(hours=1)


def claim(grant: Grant, epoch: int = 1) -> Claim:
    """What remembers the grant at this epoch."""
    return Claim(grant.subject_id, grant.id, epoch)


def test_a_grant_as_it_was_given_is_valid(grant: Grant) -> None:
    assert fences.standing([claim(grant)]) is True


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "withdrawn", "ended_at": Now()},
        {"state": "expired", "ended_at": Now()},
        {"epoch": F("epoch") + 1},
        {"guardian": F("subject")},
        {"not_before": Now() + HOUR},
        {"not_before": Now() - HOUR, "expires_at": Now()},
    ],
)
def test_each_condition_alone_breaks_the_fence(grant: Grant, fields: dict[str, Any]) -> None:
    Grant.objects.filter(id=grant.id).update(**fields)
    assert fences.standing([claim(grant)]) is False


def test_only_the_present_epoch_is_valid(grant: Grant) -> None:
    Grant.objects.filter(id=grant.id).update(epoch=2)
    assert [fences.standing([claim(grant, epoch)]) for epoch in (1, 2, 3)] == [False, True, False]


def test_one_broken_fence_breaks_all(grant: Grant, stranger: Person) -> None:
    other = factories.grant(grant.subject, stranger)
    assert fences.standing([claim(grant), claim(other)]) is True
    assert fences.standing([claim(grant), claim(other, 2)]) is False
    assert fences.standing([claim(other, 2), claim(grant)]) is False


def test_what_remembers_nothing_is_not_valid(grant: Grant) -> None:
    assert fences.standing([]) is False
    assert fences.standing([claim(grant)], nobody=True) is False
    assert fences.standing([Claim(grant.subject_id)]) is False
    assert fences.standing([Claim(grant.subject_id, grant.id)]) is False
    assert fences.standing([Claim(grant.subject_id, new_id(), 1)]) is False


def test_any_number_of_fences_is_one_query(grant: Grant) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert fences.standing([claim(grant)] * 8) is True
    assert len(queries) == 1


def _valid_in_sql(grant_id: UUID, epoch: int) -> tuple[bool, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {fences.valid('%s')}, statement_timestamp() FROM consent_grant g WHERE id = %s",
            [epoch, grant_id],
        )
        valid, now = cursor.fetchone()
    return valid, now


def _signed(guardian: str) -> Any:
    return Now() if guardian == "confirmed" else None


@pytest.mark.parametrize("state", ["given", "withdrawn"])
@pytest.mark.parametrize("remembered", [1, 2])
@pytest.mark.parametrize("guardian", ["nobody's", "waiting", "confirmed"])
@pytest.mark.parametrize("begins", [-HOUR, HOUR])
@pytest.mark.parametrize("ends", [timedelta(minutes=-1), 2 * HOUR])
def test_the_fence_agrees_with_the_rule(
    grant: Grant, state: str, remembered: int, guardian: str, begins: timedelta, ends: timedelta
) -> None:
    now = database_now()
    if guardian != "nobody's":
        Grant.objects.filter(id=grant.id).update(guardian=F("subject"), cosigned_at=_signed(guardian))
    ended_at = None if state == "given" else now
    Grant.objects.filter(id=grant.id).update(
        state=state, ended_at=ended_at, not_before=min(now + begins, now + ends - HOUR), expires_at=now + ends
    )
    valid, asked_at = _valid_in_sql(grant.id, remembered)
    assert valid is (rules.standing(Grant.objects.get(id=grant.id).fact(), remembered, asked_at) is None)
