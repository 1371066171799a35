"""Blocks: both ways, in silence, and nothing comes back with an unblock."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import blocks, closeness, edges, graph, people, requests, suggestions
from accounts.discovery import matching
from accounts.discovery.signer import Signer
from accounts.models import Block, CloseFriend, ContactEdge, ContactMatch, Follow, FollowRequest, Person
from socialvideo.lib import bus
from socialvideo.lib.errors import Problem
from tests import factories
from tests.accounts import discovering
from tests.contract import stored

API = "/api/v1"
Look = Callable[[APIClient, str], Any]


@pytest.fixture
def blocked(requester: Person, stranger: Person) -> Block:
    """Kim blocks Sam."""
    blocks.block(blocker=stranger, blocked=requester)
    return Block.objects.get()


LOOKS: dict[str, Look] = {
    "profile": lambda api, of: api.get(f"{API}/people/{of}"),
    "picture": lambda api, of: api.get(f"{API}/people/{of}/picture"),
    "followers": lambda api, of: api.get(f"{API}/people/{of}/followers"),
    "following": lambda api, of: api.get(f"{API}/people/{of}/following"),
    "grid": lambda api, of: api.get(f"{API}/people/{of}/posts"),
}
ACTS: dict[str, Look] = {
    "follow": lambda api, of: api.put(f"{API}/people/{of}/follow"),
    "unfollow": lambda api, of: api.delete(f"{API}/people/{of}/follow"),
    "remove": lambda api, of: api.delete(f"{API}/me/followers/{of}"),
    "mute": lambda api, of: api.put(f"{API}/me/mutes/{of}"),
    "close friend": lambda api, of: api.put(f"{API}/me/close-friends/{of}"),
    "dismiss": lambda api, of: api.delete(f"{API}/me/suggestions/{of}"),
    "ask": lambda api, of: api.post(f"{API}/asks", {"subject": of, **TERMS}, format="json"),
    "grant": lambda api, of: api.post(f"{API}/grants", {"grantee": of, **TERMS}, format="json"),
    "choose": lambda api, of: api.put(f"{API}/me/likeness/people/{of}", {"choice": "chosen"}, format="json"),
}
TERMS = {"purposes": ["personal"], "audience": "private"}


@pytest.mark.parametrize("act", {**LOOKS, **ACTS})
def test_everything_of_the_one_is_404_to_the_other_and_in_the_words_for_nobody(
    act: str, blocked: Block, requester: Person, stranger: Person
) -> None:
    do = {**LOOKS, **ACTS}[act]
    for who, whom in ((requester, "kim"), (stranger, "sam")):
        api = factories.client(who)
        with stored.unchanged():
            assert (do(api, whom).status_code, do(api, whom).content) == (404, do(api, "nobody_here").content)


def test_a_moderator_is_hidden_from_nothing_and_from_nobody(requester: Person, moderator: Person) -> None:
    blocks.block(blocker=requester, blocked=moderator)
    assert LOOKS["profile"](factories.client(moderator), "sam").status_code == 200
    assert LOOKS["followers"](factories.client(moderator), "sam").status_code == 200


def test_a_block_ends_everything_between_two_people_and_nothing_of_others(
    requester: Person, stranger: Person, subject: Person
) -> None:
    factories.mutual(requester, stranger)
    factories.mutual(requester, subject)
    closeness.add(person=stranger, friend=requester)
    closeness.add(person=requester, friend=subject)
    blocks.block(blocker=stranger, blocked=requester)
    assert set(Follow.objects.values_list("follower__handle", "followee__handle")) == {
        ("sam", "eileen"),
        ("eileen", "sam"),
    }
    assert CloseFriend.objects.get().friend == subject


@pytest.mark.parametrize("declined", [False, True])
def test_a_block_ends_requests_either_way(requester: Person, stranger: Person, declined: bool) -> None:
    Person.objects.update(is_private=True)
    graph.follow(follower=requester, followee=stranger)
    graph.follow(follower=stranger, followee=requester)
    if declined:
        requests.decline(followee=stranger, follower=requester)
    blocks.block(blocker=stranger, blocked=requester)
    assert not FollowRequest.objects.exists()


def test_lists_leave_out_with_whom_the_viewer_is_blocked(
    blocked: Block, requester: Person, stranger: Person, subject: Person, moderator: Person
) -> None:
    for one in (requester, stranger):
        factories.mutual(one, subject)
    seen = {
        viewer.handle: [row.follower.handle for row in graph.followers(subject, viewer)]
        + [row.followee.handle for row in graph.following(subject, viewer)]
        for viewer in (requester, stranger, subject, moderator)
    }
    both = ["kim", "sam"] * 2
    assert {name: sorted(handles) for name, handles in seen.items()} == {
        "sam": ["sam", "sam"],
        "kim": ["kim", "kim"],
        "eileen": sorted(both),
        "mona": sorted(both),
    }


def test_an_unblock_restores_nothing(requester: Person, stranger: Person) -> None:
    factories.mutual(requester, stranger)
    blocks.block(blocker=stranger, blocked=requester)
    assert blocks.unblock(blocker=stranger, handle="sam")
    assert (Block.objects.count(), Follow.objects.count()) == (0, 0)
    assert people.find("kim", viewer=requester) == stranger


def test_only_the_blocker_takes_a_block_back(blocked: Block, requester: Person) -> None:
    api = factories.client(requester)
    refused = api.delete(f"{API}/me/blocks/kim")
    assert (refused.status_code, refused.content) == (404, api.delete(f"{API}/me/blocks/nobody_here").content)
    assert Block.objects.get() == blocked


def test_who_is_blocked_cannot_learn_it_by_blocking_back(blocked: Block, requester: Person) -> None:
    api = factories.client(requester)
    refused = api.put(f"{API}/me/blocks/kim")
    assert (refused.status_code, refused.content) == (404, api.put(f"{API}/me/blocks/nobody_here").content)
    assert Block.objects.get() == blocked


def test_blocks_over_rest_may_be_repeated_and_are_listed_to_the_blocker_alone(
    requester: Person, stranger: Person
) -> None:
    kim, sam = factories.client(stranger), factories.client(requester)
    assert [kim.put(f"{API}/me/blocks/sam").status_code for _ in range(2)] == [204, 204]
    (row,) = kim.get(f"{API}/me/blocks").json()["data"]
    assert (row["person"]["handle"], row["relation"]["blocked_by_me"]) == ("sam", True)
    assert sam.get(f"{API}/me/blocks").json()["data"] == []
    assert [kim.delete(f"{API}/me/blocks/sam").status_code for _ in range(2)] == [204, 204]
    assert not Block.objects.exists()


def test_nobody_blocks_themselves(requester: Person) -> None:
    with pytest.raises(Problem) as problem:
        blocks.block(blocker=requester, blocked=requester)
    assert (problem.value.code, Block.objects.count()) == ("block_oneself", 0)


def test_a_block_is_told_to_every_process_once(
    requester: Person, stranger: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(bus, "announce", lambda kind, ids: told.extend(bus.keys(kind, ids)))
    for _ in range(2):
        blocks.block(blocker=stranger, blocked=requester)
    assert told == edges.pair_keys(requester.id, [stranger.id])
    assert told == edges.pair_keys(stranger.id, [requester.id])


def test_a_block_hides_a_match_of_contacts_from_both(signer: Signer, requester: Person, stranger: Person) -> None:
    for one in (requester, stranger):
        discovering.enrolled(person=one)
    discovering.befriend(requester, stranger)
    assert discovering.matched(requester) == {"kim"}
    blocks.block(blocker=stranger, blocked=requester)
    assert discovering.matched(requester) == discovering.matched(stranger) == set()
    assert suggestions.suggest(viewer=requester, limit=9) == []
    ContactMatch.objects.all().delete()
    ContactEdge.objects.update(fresh=True)
    matching.tick_all()
    assert not ContactMatch.objects.exists()
