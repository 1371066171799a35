"""Who follows whom."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts import graph, people, standing
from accounts.models import Follow, FollowRequest, Person, Tally
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


def test_a_private_account_lets_in_whom_it_follows_and_others_ask(requester: Person, stranger: Person) -> None:
    Person.objects.filter(id=stranger.id).update(is_private=True)
    assert graph.follow(follower=requester, followee=stranger) == "requested"
    assert Follow.objects.count() == 0
    graph.follow(follower=stranger, followee=requester)
    assert graph.follow(follower=requester, followee=stranger) == "following"
    assert (Follow.objects.count(), FollowRequest.objects.count()) == (2, 0)


def test_who_turns_private_keeps_their_followers(requester: Person, stranger: Person) -> None:
    graph.follow(follower=requester, followee=stranger)
    people.edit_profile(person=stranger, is_private=True)
    graph.follow(follower=requester, followee=stranger)
    assert Follow.objects.count() == 1


def test_a_follower_is_removed_without_following_ending_the_other_way(requester: Person, stranger: Person) -> None:
    factories.mutual(requester, stranger)
    response = factories.client(stranger).delete("/api/v1/me/followers/sam")
    assert response.status_code == 204
    assert Follow.objects.values_list("follower__handle", "followee__handle").get() == ("kim", "sam")


def test_whom_a_private_account_knows_is_for_its_followers(requester: Person, stranger: Person) -> None:
    follower = factories.person()
    graph.follow(follower=follower, followee=stranger)
    Person.objects.filter(id=stranger.id).update(is_private=True)
    for side in ("followers", "following"):
        refused = factories.client(requester).get(f"/api/v1/people/kim/{side}")
        assert (refused.status_code, refused.json()["code"]) == (404, "account_private")
        for insider in (follower, stranger, factories.person(is_staff=True)):
            assert factories.client(insider).get(f"/api/v1/people/kim/{side}").status_code == 200


def test_who_is_suspended_is_in_no_list(requester: Person, stranger: Person) -> None:
    factories.mutual(requester, stranger)
    Person.objects.filter(id=stranger.id).update(suspended_until=standing.FOR_GOOD)
    lists = [graph.followers(requester, requester), graph.following(requester, requester), graph.mutuals(requester)]
    assert [list(rows) for rows in lists] == [[], [], []]


def test_mutuals_are_who_is_followed_and_follows_back(requester: Person, stranger: Person, subject: Person) -> None:
    factories.mutual(requester, stranger)
    graph.follow(follower=requester, followee=subject)
    graph.follow(follower=factories.person(), followee=requester)
    assert [row.followee for row in graph.mutuals(requester)] == [stranger]


# Counts.


def counted() -> dict[str, tuple[int, int]]:
    """What is kept of each person: followers, followed."""
    return {row.person.handle: (row.followers, row.following) for row in Tally.objects.select_related("person")}


def test_counts_follow_every_edge_however_it_is_written(requester: Person, stranger: Person, subject: Person) -> None:
    Follow.objects.bulk_create(Follow(follower=one, followee=requester) for one in (stranger, subject))
    graph.follow(follower=requester, followee=stranger)
    assert counted() == {"sam": (2, 1), "kim": (1, 1), "eileen": (0, 1)}
    graph.unfollow(follower=stranger, followee=requester)
    graph.unfollow(follower=stranger, followee=requester)
    assert counted() == {"sam": (1, 1), "kim": (1, 0), "eileen": (0, 1)}
    Follow.objects.all().delete()
    assert set(counted().values()) == {(0, 0)}


def test_an_account_goes_with_its_edges_and_leaves_the_counts_of_others_right(requester: Person) -> None:
    gone, other = factories.person(), factories.person("ada")
    for one in (requester, other):
        factories.mutual(one, gone)
    gone.delete()
    assert counted() == {"sam": (0, 0), "ada": (0, 0)}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_profile_says_how_many_and_what_they_are_to_the_viewer(requester: Person, stranger: Person) -> None:
    factories.mutual(requester, stranger)
    graph.follow(follower=factories.person(), followee=stranger)
    seen = factories.client(requester).get("/api/v1/people/kim").json()
    assert (seen["follower_count"], seen["following_count"]) == (2, 1)
    assert [name for name, holds in seen["relation"].items() if holds] == ["following", "followed_by", "mutual"]
    own = factories.client(stranger).get("/api/v1/people/kim").json()
    assert (own["follower_count"], own["relation"]) == (2, None)


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
