"""Budgets of evaluations: 2,000 at first, 100 a day after that, and never one more."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from accounts.discovery import budgets
from accounts.models import DiscoveryBudget, Person
from socialvideo.lib.errors import Problem
from tests import factories


def spent(person: Person, count: int) -> bool:
    """Try to spend; whether it could be."""
    try:
        budgets.spend(person_id=person.id, count=count)
    except Problem as problem:
        assert (problem.status_code, problem.code) == (429, "budget_spent")
        return False
    return True


def pass_days(days: int) -> None:
    """Let the last spending be longer ago."""
    DiscoveryBudget.objects.update(counted_date=F("counted_date") - timedelta(days=days))


def test_the_2001st_evaluation_is_refused(requester: Person) -> None:
    assert [spent(requester, 1000) for _ in range(2)] == [True, True]
    assert not spent(requester, 1)
    assert budgets.remaining(requester.id) == 0


def test_more_than_is_left_takes_nothing(requester: Person) -> None:
    assert spent(requester, 1000) and spent(requester, 900)
    assert not spent(requester, 101)
    assert budgets.remaining(requester.id) == 100
    assert spent(requester, 100)


def test_a_hundred_come_back_each_day_and_never_more_than_at_first(requester: Person) -> None:
    assert spent(requester, 1000) and spent(requester, 1000)
    pass_days(1)
    assert budgets.remaining(requester.id) == 100
    assert spent(requester, 100)
    assert not spent(requester, 1)
    pass_days(365)
    assert budgets.remaining(requester.id) == 2000


@pytest.mark.parametrize(("wanted", "days"), [(1, 1), (100, 1), (101, 2), (1000, 10)])
def test_the_refusal_says_when_it_may_be_tried_again(requester: Person, wanted: int, days: int) -> None:
    assert spent(requester, 1000) and spent(requester, 1000)
    with pytest.raises(Problem) as refusal:
        budgets.spend(person_id=requester.id, count=wanted)
    wait = int(refusal.value.headers["Retry-After"])
    assert (days - 1) * 86_400 < wait <= days * 86_400 + 1


def test_what_was_not_evaluated_is_given_back_but_never_more_than_at_first(requester: Person) -> None:
    spent(requester, 10)
    budgets.give_back(person_id=requester.id, count=10)
    budgets.give_back(person_id=requester.id, count=10)
    assert budgets.remaining(requester.id) == 2000


def test_each_person_has_their_own(requester: Person, stranger: Person) -> None:
    spent(requester, 1000)
    assert budgets.remaining(stranger.id) == 2000


def test_a_former_holder_without_a_budget_leaves_the_new_one_as_it_is(requester: Person, stranger: Person) -> None:
    spent(stranger, 500)
    budgets.inherit(former=requester.id, person_id=stranger.id)
    assert budgets.remaining(stranger.id) == 1500


def test_an_account_that_waited_does_not_wash_a_spent_number(requester: Person, stranger: Person) -> None:
    spent(stranger, 500)
    pass_days(30)
    spent(requester, 1000)
    spent(requester, 900)
    budgets.inherit(former=requester.id, person_id=stranger.id)
    assert budgets.remaining(stranger.id) == 100
    pass_days(1)
    assert budgets.remaining(stranger.id) == 200


def test_who_takes_a_number_gets_what_came_back_to_it_since(requester: Person, stranger: Person) -> None:
    spent(requester, 1000)
    spent(requester, 1000)
    pass_days(3)
    budgets.inherit(former=requester.id, person_id=stranger.id)
    assert budgets.remaining(stranger.id) == 300


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_spend_exactly_what_there_is() -> None:
    person = factories.person("ada")
    results: list[bool] = []

    def try_it() -> None:
        results.append(spent(person, 100))
        connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(True) == 20
    assert (len(results), budgets.remaining(person.id)) == (50, 0)
