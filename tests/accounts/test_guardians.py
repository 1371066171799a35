"""Guardians: a teenager invites, an adult confirms, either ends it, and it ends at 18 by the database's clock."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from accounts import guardians
from accounts.models import Guardianship, Mail, Person
from accounts.notices import deliveries
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward(db: None) -> Person:
    """A teenager."""
    return factories.teen("tess")


def refused(act: Callable[[], object]) -> tuple[int, str]:
    """Status and code of a refusal that changes no guardianship."""
    before = list(Guardianship.objects.order_by("id").values())
    with pytest.raises(Problem) as problem:
        act()
    assert list(Guardianship.objects.order_by("id").values()) == before
    return problem.value.status_code, problem.value.code


def eighteenth(days: int) -> date:
    """The birth date of somebody who comes of age in so many days."""
    today = database_now().date() + timedelta(days=days)
    return today.replace(year=today.year - 18, day=min(today.day, 28))


def test_an_invitation_counts_once_the_adult_confirms_it(ward: Person, requester: Person) -> None:
    link = guardians.invite(ward=ward, guardian=requester)
    assert guardians.guardian_of(ward) is None
    assert refused(lambda: guardians.ward_of(requester, link.id)) == (404, "not_found")
    for _ in range(2):
        guardians.confirm(guardian=requester, guardianship_id=link.id)
    assert guardians.guardian_of(ward) == requester
    assert guardians.ward_of(requester, link.id) == ward
    deliveries.spread()
    assert Mail.objects.get().event == "guardian_invited"


def test_nobody_confirms_for_another(ward: Person, requester: Person, stranger: Person) -> None:
    link = guardians.invite(ward=ward, guardian=requester)
    for person in (ward, stranger):
        assert refused(lambda: guardians.confirm(guardian=person, guardianship_id=link.id))[0] == 404  # noqa: B023


def test_a_teenager_is_nobodys_guardian_which_only_they_learn(ward: Person) -> None:
    friend = factories.teen("tom")
    link = guardians.invite(ward=ward, guardian=friend)
    confirm = lambda: guardians.confirm(guardian=friend, guardianship_id=link.id)  # noqa: E731
    assert refused(confirm) == (422, "guardian_under_age")


def test_an_adult_needs_no_guardian_and_nobody_is_their_own(ward: Person, requester: Person, stranger: Person) -> None:
    assert refused(lambda: guardians.invite(ward=requester, guardian=stranger)) == (422, "of_age")
    assert refused(lambda: guardians.invite(ward=ward, guardian=ward)) == (422, "guardian_oneself")


def test_there_is_one_guardian_at_a_time(ward: Person, requester: Person, stranger: Person) -> None:
    link = guardians.invite(ward=ward, guardian=requester)
    assert refused(lambda: guardians.invite(ward=ward, guardian=stranger)) == (409, "guardian_stands")
    guardians.leave(person=ward, guardianship_id=link.id)
    guardians.invite(ward=ward, guardian=stranger)


def test_an_adult_who_is_invited_again_and_again_is_told_once_an_hour(ward: Person, requester: Person) -> None:
    for _ in range(5):
        guardians.leave(person=ward, guardianship_id=guardians.invite(ward=ward, guardian=requester).id)
        deliveries.spread()
    assert Mail.objects.filter(event="guardian_invited").count() == 1


@pytest.mark.parametrize("side", ["ward", "guardian"])
def test_either_side_ends_it_and_nobody_else(side: str, stranger: Person) -> None:
    ward, guardian, link = factories.guarded()
    assert refused(lambda: guardians.leave(person=stranger, guardianship_id=link.id)) == (404, "not_found")
    assert refused(lambda: guardians.leave(person=ward, guardianship_id=new_id())) == (404, "not_found")
    guardians.leave(person=ward if side == "ward" else guardian, guardianship_id=link.id)
    assert guardians.guardian_of(ward) is None
    assert refused(lambda: guardians.ward_of(guardian, link.id)) == (404, "not_found")


def test_it_ends_on_the_day_on_which_the_ward_comes_of_age() -> None:
    ward, guardian, link = factories.guarded()
    Person.objects.filter(id=ward.id).update(birth_date=eighteenth(40))
    assert guardians.come_of_age() == 0
    Person.objects.filter(id=ward.id).update(birth_date=eighteenth(0))
    # The guardian's word is over at once, before anything is swept.
    assert refused(lambda: guardians.ward_of(guardian, link.id)) == (404, "not_found")
    assert [guardians.come_of_age(), guardians.come_of_age()] == [1, 0]
    assert Guardianship.objects.get().ended_at is not None
