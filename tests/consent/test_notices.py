"""What consent tells: asks, answers, ends, a guardian's word; to whom it matters, and no more than the API says."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from accounts.models import Notice, Person
from consent import asks, cosigning, expiry, grants, groups, withdrawal
from consent.models import Ask, Choice, Grant
from consent.rules import Group
from consent.withdrawal import Mode, Scope
from socialvideo.lib.errors import Problem
from tests import factories
from tests.accounts.noticing import shown, texts

pytestmark = pytest.mark.django_db


def ask(requester: Person, subject: Person) -> Ask:
    """Ask for a grant, with a message that no notice may hold."""
    return asks.ask(requester=requester, subject=subject, purposes=["personal"], audience="private", message="Please!")


def test_an_ask_is_told_to_whom_it_is_put_before_and_its_answer_to_who_asked(
    subject: Person, requester: Person
) -> None:
    row = ask(requester, subject)
    assert texts(subject) == ["@sam asks for a grant of your likeness."]
    assert shown(subject)[0]["thing"] == {"kind": "ask", "id": row.id}
    assert texts(requester) == []
    asks.answer(subject=subject, ask_id=row.id, state=Ask.State.REFUSED)
    assert texts(requester) == ["@eileen answered your ask."]


def test_giving_answers_the_ask(subject: Person, requester: Person) -> None:
    ask(requester, subject)
    factories.grant(subject, requester)
    assert texts(requester) == ["@eileen answered your ask."]


def test_an_ask_that_is_refused_at_once_tells_nobody(subject: Person, requester: Person) -> None:
    subject.is_private = True
    subject.save()
    with pytest.raises(Problem):
        ask(requester, subject)
    assert Notice.objects.count() == 0


def test_whoever_loses_a_grant_is_told_that_it_ended_and_not_how(subject: Person, requester: Person) -> None:
    said = []
    for number in range(2):
        grant = factories.grant(subject, requester)
        if number:
            Grant.objects.filter(id=grant.id).update(
                not_before=Now() - timedelta(days=2), expires_at=Now() - timedelta(seconds=1)
            )
            expiry.sweep()
        else:
            withdrawal.withdraw(subject=subject, scope=Scope(grant_id=grant.id))
        (row,) = [row for row in shown(requester) if row["thing"]["id"] == grant.id]
        said.append({name: row[name] for name in ("kind", "text", "count")})
    assert said[0] == said[1] == {"kind": "grant_ended", "text": "A grant that @eileen gave you has ended.", "count": 1}
    assert texts(subject) == []


def test_every_member_of_a_group_who_used_its_grant_is_told_and_nobody_else(
    subject: Person, requester: Person, stranger: Person
) -> None:
    for person in (requester, stranger):
        groups.choose(subject=subject, person=person, kind=Choice.Kind.CHOSEN)
    offer = factories.grant(subject, Group.CHOSEN)
    factories.job(requester, subject)
    withdrawal.withdraw(subject=subject, scope=Scope(grant_id=offer.id))
    assert (texts(requester), texts(stranger)) == (["A grant that @eileen gave you has ended."], [])


def test_a_grant_to_oneself_and_a_stop_tell_nobody(subject: Person, requester: Person) -> None:
    factories.grant(subject, subject)
    factories.grant(subject, requester)
    withdrawal.withdraw(subject=subject, scope=Scope(), mode=Mode.STOP)
    assert Notice.objects.count() == 0
    withdrawal.withdraw(subject=subject, scope=Scope(grantee=subject))
    assert Notice.objects.count() == 0


def test_a_withdrawal_that_fails_tells_nobody(subject: Person, requester: Person, grant: Grant) -> None:
    with pytest.raises(Problem):
        withdrawal.withdraw(subject=requester, scope=Scope(grant_id=grant.id))
    assert Notice.objects.count() == 0


def test_a_guardian_is_told_of_what_waits_for_their_word_and_the_grantee_when_it_is_taken_back() -> None:
    ward, guardian, link = factories.guarded("tess")
    factories.likeness(ward)
    grantee = factories.person("otto")
    grant = factories.grant(ward, grantee)
    assert texts(guardian)[0] == "@tess waits for your word on their likeness."
    assert shown(guardian)[0]["thing"] == {"kind": "guardianship", "id": link.id}
    cosigning.revoke(guardian=guardian, guardianship_id=link.id, grant_id=grant.id)
    assert texts(grantee) == ["A grant that @tess gave you has ended."]


def test_narrowing_tells_nobody(subject: Person, grant: Grant) -> None:
    grants.narrow(grant=grant, expires_at=None, max_uses=1)
    assert Notice.objects.count() == 0
