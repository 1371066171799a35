"""What the graph tells: requests to whom they are put before, acceptances to who asked, and nothing past a block."""

import pytest

from accounts import blocks, graph, notices, people, requests
from accounts.models import FollowRequest, Notice, Person
from tests import factories
from tests.accounts.noticing import texts, told

pytestmark = pytest.mark.django_db
Kind = notices.Kind


@pytest.fixture
def private() -> Person:
    """An account that lets people in one by one."""
    return factories.person("pia", is_private=True)


def kinds_of(person: Person) -> list[str]:
    """The kinds of the lines that were written for a person."""
    return list(Notice.objects.filter(recipient=person).values_list("kind", flat=True))


def test_a_request_is_told_to_whom_it_is_put_before(private: Person, stranger: Person) -> None:
    graph.follow(follower=stranger, followee=private)
    assert kinds_of(private) == [Kind.FOLLOW_REQUESTED]
    assert "@kim" in texts(private)[0]


def test_a_request_that_is_taken_back_is_told_no_more(private: Person, stranger: Person) -> None:
    graph.follow(follower=stranger, followee=private)
    graph.unfollow(follower=stranger, followee=private)
    assert texts(private) == []


def test_an_acceptance_is_told_to_who_asked_and_a_decline_to_nobody(private: Person, stranger: Person) -> None:
    other = factories.person("otto")
    for asker in (stranger, other):
        graph.follow(follower=asker, followee=private)
    requests.accept(followee=private, follower=stranger)
    requests.decline(followee=private, follower=other)
    assert (kinds_of(stranger), kinds_of(other), texts(private)) == ([Kind.REQUEST_ACCEPTED], [], [])


def test_who_turns_public_tells_everybody_who_is_let_in(private: Person, stranger: Person) -> None:
    graph.follow(follower=stranger, followee=private)
    people.edit_profile(person=private, is_private=False)
    assert kinds_of(stranger) == [Kind.REQUEST_ACCEPTED]


def test_an_adults_request_is_not_told_to_a_teenager(stranger: Person) -> None:
    teenager = factories.teen("tim")
    graph.follow(follower=stranger, followee=teenager)
    assert FollowRequest.objects.filter(followee=teenager).exists()
    assert kinds_of(teenager) == []


@pytest.mark.parametrize("blocker", ["requester", "stranger"])
def test_nothing_of_a_person_reaches_whom_they_block_or_who_blocks_them(
    requester: Person, stranger: Person, blocker: str
) -> None:
    told(requester, stranger)
    assert len(texts(requester)) == 1
    pair = [requester, stranger] if blocker == "requester" else [stranger, requester]
    blocks.block(blocker=pair[0], blocked=pair[1])
    told(requester, stranger)
    assert texts(requester) == []


def test_what_was_told_before_a_block_does_not_come_back_with_its_end(requester: Person, stranger: Person) -> None:
    told(requester, stranger)
    blocks.block(blocker=requester, blocked=stranger)
    blocks.unblock(blocker=requester, handle=stranger.handle)
    assert texts(requester) == []
