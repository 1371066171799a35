"""Who follows whom."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts import graph, people
from accounts.models import Follow, Person
from socialvideo.lib.errors import Problem
from tests import factories


def test_a_follow_is_seen_from_both_ends(requester: Person, stranger: Person) -> None:
    graph.follow(follower=requester, followee=stranger)
    assert [row.follower for row in graph.followers(stranger, stranger)] == [requester]
    assert [row.followee for row in graph.following(requester, requester)] == [stranger]
    assert not graph.followers(requester, requester).exists()
    assert not graph.following(stranger, stranger).exists()


def test_following_again_changes_nothing(requester: Person, stranger: Person) -> None:
    graph.follow(follower=requester, followee=stranger)
    first = Follow.objects.values().get()
    graph.follow(follower=requester, followee=stranger)
    assert Follow.objects.values().get() == first


def test_a_follow_goes_one_way(requester: Person, stranger: Person) -> None:
    graph.follow(follower=requester, followee=stranger)
    graph.follow(follower=stranger, followee=requester)
    graph.unfollow(follower=requester, followee=stranger)
    assert Follow.objects.values_list("follower__handle", "followee__handle").get() == ("kim", "sam")


def test_stopping_twice_changes_nothing(requester: Person, stranger: Person) -> None:
    graph.follow(follower=requester, followee=stranger)
    for _ in range(2):
        graph.unfollow(follower=requester, followee=stranger)
    assert Follow.objects.count() == 0


def test_nobody_follows_themselves(requester: Person) -> None:
    with pytest.raises(Problem) as problem:
        graph.follow(follower=requester, followee=requester)
    assert (problem.value.status_code, problem.value.code, Follow.objects.count()) == (422, "follow_oneself", 0)


def test_a_private_account_is_followed_by_those_alone_whom_it_follows(requester: Person, stranger: Person) -> None:
    Person.objects.filter(id=stranger.id).update(is_private=True)
    stranger.refresh_from_db()
    with pytest.raises(Problem) as problem:
        graph.follow(follower=requester, followee=stranger)
    assert (problem.value.status_code, problem.value.code, Follow.objects.count()) == (403, "not_reachable", 0)
    graph.follow(follower=stranger, followee=requester)
    graph.follow(follower=requester, followee=stranger)
    assert Follow.objects.count() == 2


def test_who_turns_private_keeps_their_followers(requester: Person, stranger: Person) -> None:
    graph.follow(follower=requester, followee=stranger)
    people.edit_profile(person=stranger, is_private=True)
    graph.follow(follower=requester, followee=stranger)
    assert Follow.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_equal_follows_at_once_one_is_stored() -> None:
    sam, kim = factories.person("sam"), factories.person("kim")

    def follow(_: int) -> None:
        try:
            graph.follow(follower=sam, followee=kim)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(follow, range(8)))
    assert Follow.objects.count() == 1
