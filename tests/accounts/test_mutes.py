"""Mutes: out of the feed and nowhere else, and known to the muter alone."""

import pytest

from accounts import graph, mutes
from accounts.models import Mute, Person
from feed.lists import following
from socialvideo.lib.errors import Problem
from tests import factories
from worker.models import Video

API = "/api/v1"


def test_the_muted_ones_posts_leave_the_feed_and_their_grid_still_opens(video: Video, stranger: Person) -> None:
    author = video.owner
    factories.post(author, video)
    graph.follow(follower=stranger, followee=author)
    kim = factories.client(stranger)
    shown = {"feed": f"{API}/feeds/following", "grid": f"{API}/people/sam/posts"}
    counts = []
    for change in (None, kim.put, kim.delete):
        if change:
            assert change(f"{API}/me/mutes/sam").status_code == 204
        counts.append({name: len(kim.get(address).json()["data"]) for name, address in shown.items()})
    assert counts == [{"feed": 1, "grid": 1}, {"feed": 0, "grid": 1}, {"feed": 1, "grid": 1}]


def test_a_mute_is_the_muters_alone(video: Video, stranger: Person, requester: Person) -> None:
    other = factories.person()
    factories.post(requester, video)
    for viewer in (stranger, other):
        graph.follow(follower=viewer, followee=requester)
    mutes.mute(muter=stranger, muted=requester)
    assert len(following.following(viewer=other.id, after=None, limit=9)) == 1
    sam = factories.client(requester)
    assert sam.get(f"{API}/me/mutes").json()["data"] == []
    assert sam.get(f"{API}/people/kim").json()["relation"]["muted"] is False
    (row,) = factories.client(stranger).get(f"{API}/me/mutes").json()["data"]
    assert (row["person"]["handle"], row["relation"]["muted"]) == ("sam", True)


def test_muting_may_be_repeated_and_is_not_of_oneself(requester: Person, stranger: Person) -> None:
    for _ in range(2):
        mutes.mute(muter=requester, muted=stranger)
    assert Mute.objects.count() == 1
    with pytest.raises(Problem) as problem:
        mutes.mute(muter=requester, muted=requester)
    assert (problem.value.code, Mute.objects.count()) == ("mute_oneself", 1)


def test_who_was_muted_and_then_blocked_the_muter_can_still_be_unmuted(requester: Person, stranger: Person) -> None:
    mutes.mute(muter=requester, muted=stranger)
    sam = factories.client(requester)
    factories.client(stranger).put(f"{API}/me/blocks/sam")
    assert [sam.delete(f"{API}/me/mutes/kim").status_code for _ in range(2)] == [204, 404]
    assert not Mute.objects.exists()
