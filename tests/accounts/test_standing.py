"""Suspension: it ends sessions and what others granted, hides the person and says why; lifting gives nothing back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from accounts import auth, guardians, people, standing
from accounts.models import Mail, Person, Session, Suspension
from consent import cosigning
from consent.models import Grant, Likeness
from consent.rules import State
from socialvideo.lib import bus
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def suspend(person: Person, moderator: Person, days: int | None = 3) -> Suspension:
    """Suspend for some days, or for good."""
    until = None if days is None else database_now() + days * DAY
    return standing.suspend(person=person, moderator=moderator, until=until, reason="Threats.")


def refused(act: Callable[[], object]) -> str:
    """The code of a refusal after which nothing is suspended."""
    with pytest.raises(Problem) as problem:
        act()
    assert not Suspension.objects.exists()
    assert not Person.objects.exclude(suspended_until=None).exists()
    return problem.value.code


def seen_in_sql() -> set[str]:
    """The handles of who is in good standing, as SQL says it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT a.handle FROM accounts_person a WHERE {standing.good_sql('a')}")
        return {handle for (handle,) in cursor.fetchall()}


def test_a_suspension_ends_sessions_and_tells_every_process(
    requester: Person, moderator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, session = auth.begin(person=requester, device="")
    told: list[str] = []
    monkeypatch.setattr(bus, "announce", lambda kind, ids: told.extend(f"{kind}:{one}" for one in ids))
    suspend(requester, moderator)
    assert auth.find_session(token) is None
    assert told == [f"session:{session.id}", f"person:{requester.id}"]
    assert Mail.objects.get().event == "suspended"


def test_who_is_suspended_reads_why_and_until_when(requester: Person, moderator: Person) -> None:
    suspend(requester, moderator)
    with pytest.raises(Problem, match=r"suspended until 20.*Z\. Reason: Threats\.") as problem:
        auth.log_in(handle="sam", password=factories.PASSWORD, device="")
    assert (problem.value.status_code, problem.value.code) == (403, "suspended")
    assert not Session.objects.exists()


def test_a_wrong_password_does_not_learn_of_a_suspension(requester: Person, moderator: Person) -> None:
    suspend(requester, moderator, None)
    with pytest.raises(Problem) as problem:
        auth.log_in(handle="sam", password="wrong", device="")
    assert problem.value.code == "wrong_credentials"


def test_who_is_suspended_is_not_found_by_the_orm_nor_by_sql(
    requester: Person, stranger: Person, moderator: Person
) -> None:
    suspend(requester, moderator)
    Person.objects.filter(id=stranger.id).update(is_active=False)
    assert seen_in_sql() == {"mona"} == {one.handle for one in Person.objects.filter(standing.good())}
    with pytest.raises(Problem):
        people.find("sam")


def test_a_suspension_ends_by_itself(requester: Person, moderator: Person) -> None:
    suspend(requester, moderator)
    Person.objects.filter(id=requester.id).update(suspended_until=Now())
    assert auth.log_in(handle="sam", password=factories.PASSWORD, device="")
    assert "sam" in seen_in_sql()


def test_it_ends_what_the_person_was_granted_and_what_they_granted_to_others(
    grant: Grant, requester: Person, stranger: Person, moderator: Person
) -> None:
    factories.likeness(requester)
    own, given = factories.grant(requester, requester), factories.grant(requester, grant.subject)
    other = factories.grant(grant.subject, stranger)
    suspend(requester, moderator)
    found = {row.id: (row.state, row.epoch) for row in Grant.objects.all()}
    ended, stands = (State.INVALIDATED, 2), (State.GIVEN, 1)
    assert found == {grant.id: ended, given.id: ended, own.id: stands, other.id: stands}


def test_a_suspended_guardians_word_ends_with_their_guardianship(requester: Person, moderator: Person) -> None:
    ward, guardian, link = factories.guarded()
    likeness = factories.likeness(ward)
    Likeness.objects.filter(id=likeness.id).update(guardian=guardian, cosigned_at=Now())
    given = factories.grant(ward, requester)
    cosigning.cosign(guardian=guardian, guardianship_id=link.id, grant_id=given.id)
    suspend(guardian, moderator)
    assert guardians.guardian_of(ward) is None
    assert Grant.objects.values_list("state", "epoch").get() == (State.INVALIDATED, 2)
    assert Likeness.objects.get().awaits_guardian


def test_lifting_opens_the_account_and_gives_nothing_else_back(
    grant: Grant, requester: Person, moderator: Person
) -> None:
    token, _ = auth.begin(person=requester, device="")
    suspend(requester, moderator, None)
    for _ in range(2):
        standing.lift(person=requester)
    assert Suspension.objects.get().lifted_at is not None
    assert auth.log_in(handle="sam", password=factories.PASSWORD, device="")
    assert auth.find_session(token) is None
    assert Grant.objects.get(id=grant.id).state == State.INVALIDATED


def test_neither_staff_nor_oneself_is_suspended(moderator: Person) -> None:
    other = factories.person("moa", is_staff=True)
    assert refused(lambda: suspend(other, moderator)) == "suspension_impossible"
    assert refused(lambda: suspend(moderator, moderator)) == "suspension_impossible"


def test_a_suspension_in_the_past_ends_nothing(grant: Grant, requester: Person, moderator: Person) -> None:
    auth.begin(person=requester, device="")
    assert refused(lambda: suspend(requester, moderator, -1)) == "suspension_in_past"
    assert Session.objects.get().ended_at is None
    assert Grant.objects.get(id=grant.id).state == State.GIVEN


def test_the_handlers_that_the_settings_name_are_there(settings: Any) -> None:
    assert settings.SUSPENSION_HANDLERS == ["consent.suspension.end_all"]
    assert settings.GUARDIANSHIP_HANDLERS == ["consent.cosigning.sever", "feed.control.guarding.sever"]
