"""The gate: no effect without a decision."""

import pytest

from accounts.models import Person
from consent import gate
from consent.models import Decision, Grant
from consent.rules import Claim, Point
from tests import factories


def test_an_effect_runs_when_the_grant_stands(grant: Grant, subject: Person, requester: Person) -> None:
    done = gate.use(
        point=Point.OPEN, requester_id=requester.id, claims=[Claim(subject.id)], effect=lambda allowed: allowed
    )
    assert [fact.id for fact in done.grants] == [grant.id]
    assert Decision.objects.get().verdict == "allowed"


def test_an_effect_does_not_run_without_a_grant(subject: Person, requester: Person) -> None:
    ran: list[object] = []
    with pytest.raises(gate.Denied):
        gate.use(point=Point.OPEN, requester_id=requester.id, claims=[Claim(subject.id)], effect=ran.append)
    assert ran == []
    assert Decision.objects.get().reason == "no_grant"


def test_a_video_is_made_by_the_factories(video: object) -> None:
    assert video
    assert factories.PORTRAIT.is_file()
