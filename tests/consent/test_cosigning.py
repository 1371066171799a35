"""A teenager's likeness moves on the word of two: their own and their guardian's; either of them ends it alone."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from accounts import guardians, rules
from accounts.models import Guardianship, Mail, Person
from accounts.notices import deliveries
from consent import asks, cosigning, fences, gate, grants, likenesses, withdrawal
from consent.models import Ask, Grant, LedgerLeaf, Likeness
from consent.rules import Claim, Group, Point, State, Wish
from consent.withdrawal import Scope
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def family() -> tuple[Person, Person, Guardianship]:
    """A teenager with a likeness that their guardian confirmed."""
    ward, guardian, link = factories.guarded("tess")
    likeness = factories.likeness(ward)
    Likeness.objects.filter(id=likeness.id).update(guardian=guardian)
    cosigning.cosign_likeness(guardian=guardian, guardianship_id=link.id)
    return ward, guardian, link


def works(ward: Person, grantee: Person, point: Point = Point.REQUEST, claim: Claim | None = None) -> bool:
    """Whether the gate lets the grantee use the ward's likeness."""
    ran: list[object] = []
    try:
        claims = [claim or Claim(ward.id)]
        gate.use(point=point, requester_id=grantee.id, claims=claims, wish=Wish(), effect=ran.append)
    except gate.Denied:
        return False
    return bool(ran)


def refused(act: Callable[[], object]) -> tuple[int, str]:
    """Status and code of a refusal that changes neither grant nor likeness."""
    before = [list(table.objects.order_by("id").values()) for table in (Grant, Likeness, Ask)]
    with pytest.raises(Problem) as problem:
        act()
    assert [list(table.objects.order_by("id").values()) for table in (Grant, Likeness, Ask)] == before
    return problem.value.status_code, problem.value.code


def cosigned(family: tuple[Person, Person, Guardianship], grantee: Person | Group, **terms: Any) -> Grant:
    """A grant of the teenager's that their guardian confirmed."""
    ward, guardian, link = family
    given = factories.grant(ward, grantee, **terms)
    return cosigning.cosign(guardian=guardian, guardianship_id=link.id, grant_id=given.id)


def test_a_teenagers_grant_counts_once_the_guardian_confirmed_it(family: Any, requester: Person) -> None:
    ward, guardian, link = family
    given = factories.grant(ward, requester)
    assert (given.awaits_guardian, works(ward, requester)) == (True, False)
    assert not fences.standing([Claim(ward.id, given.id, 1)])
    for _ in range(2):
        cosigning.cosign(guardian=guardian, guardianship_id=link.id, grant_id=given.id)
    assert works(ward, requester)
    assert fences.standing([Claim(ward.id, given.id, 1)])
    assert LedgerLeaf.objects.filter(kind="cosignature", grant_id=given.id).count() == 1
    deliveries.spread()
    assert Mail.objects.filter(person=guardian, event="guardian_needed").count() == 1


def test_a_teenagers_likeness_counts_once_the_guardian_confirmed_it(requester: Person) -> None:
    ward, guardian, link = factories.guarded()
    made = likenesses.enrol(subject=ward, upload=factories.PORTRAIT.read_bytes())
    assert made.awaits_guardian
    cosigned((ward, guardian, link), requester)
    assert not works(ward, requester)
    cosigning.cosign_likeness(guardian=guardian, guardianship_id=link.id)
    assert works(ward, requester)


def test_without_a_guardian_a_teenager_neither_enrols_nor_grants(requester: Person) -> None:
    alone = factories.teen()
    guardians.invite(ward=alone, guardian=requester)
    enrol = lambda: likenesses.enrol(subject=alone, upload=factories.PORTRAIT.read_bytes())  # noqa: E731
    assert refused(enrol) == (409, "guardian_needed")
    factories.likeness(alone)
    assert refused(lambda: factories.grant(alone, requester)) == (409, "guardian_needed")


def test_a_teenager_grants_nothing_to_everyone(family: Any) -> None:
    assert refused(lambda: factories.grant(family[0], Group.EVERYONE, review=True)) == (422, "teen_everyone")


def test_nobody_but_the_guardian_confirms(family: Any, requester: Person) -> None:
    ward, _, link = family
    given = factories.grant(ward, requester)
    for person in (ward, requester):
        for act in (
            lambda: cosigning.cosign(guardian=person, guardianship_id=link.id, grant_id=given.id),  # noqa: B023
            lambda: cosigning.revoke(guardian=person, guardianship_id=link.id, grant_id=given.id),  # noqa: B023
            lambda: cosigning.revoke_all(guardian=person, guardianship_id=link.id),  # noqa: B023
            lambda: cosigning.cosign_likeness(guardian=person, guardianship_id=link.id),  # noqa: B023
        ):
            assert refused(act) == (404, "not_found")


def test_a_guardian_says_nothing_about_the_grants_of_others(family: Any, grant: Grant) -> None:
    _, guardian, link = family
    for verb in (cosigning.cosign, cosigning.revoke):
        act: Any = verb
        assert refused(lambda: act(guardian=guardian, guardianship_id=link.id, grant_id=grant.id))[0] == 404  # noqa: B023


def test_a_group_takes_up_what_the_guardian_confirmed_and_nothing_else(family: Any, requester: Person) -> None:
    ward, guardian, link = family
    factories.mutual(ward, requester)
    offer = factories.grant(ward, Group.MUTUALS)
    assert not works(ward, requester)
    assert not Grant.objects.filter(rests_on=offer).exists()
    cosigning.cosign(guardian=guardian, guardianship_id=link.id, grant_id=offer.id)
    assert works(ward, requester)
    assert Grant.objects.get(rests_on=offer).guardian == guardian


def test_an_unconfirmed_grant_to_a_person_does_not_hide_one_to_their_group(family: Any, requester: Person) -> None:
    ward, _, _ = family
    factories.mutual(ward, requester)
    cosigned(family, Group.MUTUALS)
    factories.grant(ward, requester)
    assert works(ward, requester)


def test_a_guardian_ends_a_grant_with_all_that_rests_on_it(family: Any, requester: Person) -> None:
    ward, guardian, link = family
    factories.mutual(ward, requester)
    offer = cosigned(family, Group.MUTUALS)
    assert works(ward, requester)
    cosigning.revoke(guardian=guardian, guardianship_id=link.id, grant_id=offer.id)
    assert set(Grant.objects.values_list("state", "epoch")) == {(State.REVOKED, 2)}
    assert not works(ward, requester)
    assert LedgerLeaf.objects.filter(kind="revocation").count() == 1


def test_a_guardian_ends_everything(family: Any, requester: Person) -> None:
    _, guardian, link = family
    cosigned(family, requester)
    for _ in range(2):
        cosigning.revoke_all(guardian=guardian, guardianship_id=link.id)
    assert Grant.objects.get().state == State.REVOKED
    assert Likeness.objects.get().key is None


def test_a_teenager_withdraws_alone(family: Any, requester: Person) -> None:
    given = cosigned(family, requester)
    withdrawal.withdraw(subject=family[0], scope=Scope(grant_id=given.id))
    assert not works(family[0], requester)


def test_what_a_guardian_confirmed_is_not_renewed(family: Any, requester: Person) -> None:
    given = cosigned(family, requester)
    assert refused(lambda: grants.renew(grant=given, expires_at=None, more_uses=1)) == (409, "cosigned_grant")


def test_a_teenagers_grant_ends_as_they_come_of_age_whether_or_not_anybody_sweeps(
    family: Any, requester: Person
) -> None:
    ward, _, _ = family
    ward.birth_date = database_now().date() - timedelta(days=18 * 365 - 30)
    ward.save()
    given = cosigned(family, requester)
    assert given.expires_at == datetime.combine(rules.comes_of_age(ward.birth_date), time(), UTC)
    assert given.expires_at < database_now() + timedelta(days=40)


def test_coming_of_age_ends_what_rested_on_the_guardian_and_leaves_the_likeness(family: Any, requester: Person) -> None:
    ward, _, _ = family
    given = cosigned(family, requester)
    Person.objects.filter(id=ward.id).update(birth_date=database_now().date() - timedelta(days=18 * 365 + 10))
    assert guardians.come_of_age() == 1
    given.refresh_from_db()
    assert (given.state, given.epoch) == (State.INVALIDATED, 2)
    ward.refresh_from_db()
    anew = factories.grant(ward, requester)
    assert (anew.awaits_guardian, works(ward, requester)) == (False, True)


def test_a_guardianship_that_ends_early_takes_the_guardians_word_with_it(family: Any, requester: Person) -> None:
    ward, guardian, link = family
    cosigned(family, requester)
    guardians.leave(person=guardian, guardianship_id=link.id)
    assert Grant.objects.get().state == State.INVALIDATED
    assert Likeness.objects.get().awaits_guardian
    parent = factories.person()
    next_link = guardians.invite(ward=ward, guardian=parent)
    guardians.confirm(guardian=parent, guardianship_id=next_link.id)
    cosigned((ward, parent, next_link), requester)
    assert not works(ward, requester)
    cosigning.cosign_likeness(guardian=parent, guardianship_id=next_link.id)
    assert works(ward, requester)


def test_the_refusal_of_an_ask_does_not_tell_a_teenager_from_a_private_adult(family: Any, requester: Person) -> None:
    wish: dict[str, Any] = {"requester": requester, "purposes": ["personal"], "audience": "private", "message": "Hi"}
    said = []
    for subject in (family[0], factories.person(is_private=True)):
        with pytest.raises(Problem) as problem:
            asks.ask(subject=subject, **wish)
        said.append((problem.value.code, str(problem.value.detail)))
    assert said[0] == said[1]
    assert not Ask.objects.exists()


def test_no_adult_stranger_asks_a_teenager(family: Any, requester: Person) -> None:
    ward, _, _ = family
    wish: dict[str, Any] = {"purposes": ["personal"], "audience": "private", "message": "Hi"}
    assert refused(lambda: asks.ask(requester=requester, subject=ward, **wish)) == (403, "not_reachable")
    assert asks.ask(requester=factories.teen(), subject=ward, **wish)
    factories.mutual(ward, requester)
    assert asks.ask(requester=requester, subject=ward, **wish)
