"""Requests to follow a private account: let in, declined in silence, taken back. Nobody nags, least of all a teen."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from accounts import graph, people, requests
from accounts.models import Follow, FollowRequest, Person
from socialvideo.lib.errors import Problem
from tests import factories

API = "/api/v1"


@pytest.fixture
def private(db: None) -> Person:
    """Somebody whose account is private."""
    return factories.person("pia", is_private=True)


def asked(follower: Person, followee: Person) -> str:
    """Ask to follow; what the asker is told."""
    return str(graph.follow(follower=follower, followee=followee))


def waiting(followee: Person) -> list[str]:
    """Who waits for a person's answer."""
    return [row.follower.handle for row in requests.waiting(followee)]


def rested(days: int = 30) -> None:
    """Let so many days pass since what was declined."""
    FollowRequest.objects.update(declined_at=Now() - timedelta(days=days))


def test_a_request_waits_until_it_is_accepted(requester: Person, private: Person) -> None:
    assert asked(requester, private) == asked(requester, private) == "requested"
    assert waiting(private) == ["sam"]
    assert not Follow.objects.exists()
    requests.accept(followee=private, follower=requester)
    assert (waiting(private), Follow.objects.get().follower) == ([], requester)
    assert not FollowRequest.objects.exists()


def test_a_decline_is_not_told(requester: Person, private: Person) -> None:
    asked(requester, private)
    api, before = factories.client(requester), []
    for _ in range(2):
        before.append((api.get(f"{API}/people/pia").json(), api.get(f"{API}/me/follow-requests?side=made").json()))
        if len(before) == 1:
            requests.decline(followee=private, follower=requester)
    assert before[0] == before[1]
    assert before[1][0]["relation"]["requested"] is True
    assert (waiting(private), Follow.objects.count()) == ([], 0)


def test_who_was_declined_comes_back_only_after_a_rest(requester: Person, private: Person) -> None:
    asked(requester, private)
    requests.decline(followee=private, follower=requester)
    for _ in range(2):
        assert asked(requester, private) == "requested"
        graph.unfollow(follower=requester, followee=private)
    assert asked(requester, private) == "requested"
    assert waiting(private) == []
    rested(29)
    asked(requester, private)
    assert waiting(private) == []
    rested(30)
    asked(requester, private)
    assert waiting(private) == ["sam"]


@pytest.mark.parametrize("declined", [False, True])
def test_a_request_is_taken_back(requester: Person, private: Person, declined: bool) -> None:
    asked(requester, private)
    if declined:
        requests.decline(followee=private, follower=requester)
    graph.unfollow(follower=requester, followee=private)
    assert (waiting(private), list(requests.made(requester))) == ([], [])
    assert FollowRequest.objects.count() == declined


def test_only_what_waits_is_answered(requester: Person, private: Person) -> None:
    asked(requester, private)
    requests.decline(followee=private, follower=requester)
    for answer in (requests.accept, requests.decline):
        with pytest.raises(Problem) as problem:
            answer(followee=private, follower=requester)
        assert problem.value.status_code == 404
    assert not Follow.objects.exists()


def test_turning_public_lets_in_who_waits_and_not_who_was_declined(
    requester: Person, stranger: Person, private: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "AT_ONCE", 2)
    for follower in (requester, stranger, *(factories.person() for _ in range(4))):
        asked(follower, private)
    requests.decline(followee=private, follower=stranger)
    people.edit_profile(person=private, is_private=False)
    assert Follow.objects.filter(followee=private).count() == 5
    assert not Follow.objects.filter(follower=stranger).exists()
    assert asked(stranger, private) == "following"
    assert not FollowRequest.objects.exists()


def test_an_adults_request_is_answered_as_any_other_and_never_comes_before_a_teenager(requester: Person) -> None:
    teen, peer = factories.teen("tom"), factories.teen("tess", 16)
    assert [asked(one, teen) for one in (requester, peer)] == ["requested", "requested"]
    assert waiting(teen) == ["tess"]
    with pytest.raises(Problem):
        requests.accept(followee=teen, follower=requester)
    assert not Follow.objects.exists()
    graph.follow(follower=teen, followee=requester)
    assert asked(requester, teen) == "following"


def test_a_teenagers_account_is_private_whatever_its_row_says(requester: Person) -> None:
    teen = factories.teen("tom")
    Person.objects.filter(id=teen.id).update(is_private=False)
    assert asked(requester, teen) == "requested"
    assert not Follow.objects.exists()


def test_requests_over_rest(requester: Person, stranger: Person, private: Person) -> None:
    sam, pia = factories.client(requester), factories.client(private)
    reply = sam.put(f"{API}/people/pia/follow")
    assert (reply.status_code, reply.json()) == (202, {"state": "requested"})
    factories.client(stranger).put(f"{API}/people/pia/follow")
    assert [row["person"]["handle"] for row in pia.get(f"{API}/me/follow-requests").json()["data"]] == ["kim", "sam"]
    assert pia.put(f"{API}/me/follow-requests/sam").status_code == 204
    assert pia.delete(f"{API}/me/follow-requests/kim").status_code == 204
    assert pia.get(f"{API}/me/follow-requests").json()["data"] == []
    assert sam.put(f"{API}/people/pia/follow").json() == {"state": "following"}
    assert Follow.objects.get().follower == requester
