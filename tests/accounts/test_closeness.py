"""Close friends: some of one's followers, by nobody's knowledge but one's own."""

import pytest

from accounts import closeness, graph
from accounts.models import CloseFriend, Person
from socialvideo.lib.errors import Problem
from tests import factories

API = "/api/v1"


def test_a_close_friend_is_a_follower(requester: Person, stranger: Person) -> None:
    with pytest.raises(Problem) as problem:
        closeness.add(person=requester, friend=stranger)
    assert (problem.value.code, CloseFriend.objects.count()) == ("not_a_follower", 0)
    graph.follow(follower=stranger, followee=requester)
    for _ in range(2):
        closeness.add(person=requester, friend=stranger)
    assert CloseFriend.objects.get().friend == stranger


@pytest.mark.parametrize("by", ["the friend", "the person"])
def test_who_ceases_to_follow_is_no_close_friend_and_becomes_none_by_following_again(
    requester: Person, stranger: Person, by: str
) -> None:
    graph.follow(follower=stranger, followee=requester)
    closeness.add(person=requester, friend=stranger)
    if by == "the friend":
        graph.unfollow(follower=stranger, followee=requester)
    else:
        factories.client(requester).delete(f"{API}/me/followers/kim")
    graph.follow(follower=stranger, followee=requester)
    assert not CloseFriend.objects.exists()


def test_unfollowing_a_close_friend_leaves_them_close(requester: Person, stranger: Person) -> None:
    factories.mutual(requester, stranger)
    closeness.add(person=requester, friend=stranger)
    graph.unfollow(follower=requester, followee=stranger)
    assert CloseFriend.objects.get().friend == stranger


def test_close_friends_over_rest_are_shown_to_their_person_alone(requester: Person, stranger: Person) -> None:
    factories.mutual(requester, stranger)
    sam, kim = factories.client(requester), factories.client(stranger)
    assert [sam.put(f"{API}/me/close-friends/kim").status_code for _ in range(2)] == [204, 204]
    (row,) = sam.get(f"{API}/me/close-friends").json()["data"]
    assert (row["person"]["handle"], row["relation"]["close_friend"]) == ("kim", True)
    assert kim.get(f"{API}/me/close-friends").json()["data"] == []
    assert kim.get(f"{API}/people/sam").json()["relation"]["close_friend"] is False
    assert [sam.delete(f"{API}/me/close-friends/kim").status_code for _ in range(2)] == [204, 204]
    assert not CloseFriend.objects.exists()
