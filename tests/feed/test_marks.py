"""Likes, bookmarks, shares, following from a post, and what is hidden: only of what one may see, and counted once."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import blocks, graph
from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Scope
from feed import publishing
from feed.engagement import marks
from feed.engagement.marks import Mark
from feed.models import Bookmark, Hidden, Like, Post, PostCount, Share
from tests import factories
from tests.accounts.noticing import shown, texts
from worker.models import Video

MARKS = pytest.mark.parametrize(
    ("what", "column", "model"), [("like", "likes", Like), ("bookmark", "bookmarks", Bookmark)]
)


@pytest.fixture
def post(video: Video) -> Post:
    """Sam's public post, which shows eileen."""
    return factories.post(video.owner, video)


@pytest.fixture
def api(stranger: Person) -> APIClient:
    """Kim's client."""
    return factories.client(stranger)


def counted(post: Post) -> dict[str, int]:
    """What is counted of a post, without what is nought."""
    row = PostCount.objects.values().get(post=post)
    return {name: value for name, value in row.items() if name != "post_id" and value}


def address(post: Post, what: str) -> str:
    """Where something is done with a post."""
    return f"/api/v1/posts/{post.id}/{what}"


@MARKS
def test_a_mark_is_set_and_taken_back_and_counted_once_however_often(
    api: APIClient, post: Post, what: str, column: str, model: Any
) -> None:
    assert [api.put(address(post, what)).status_code for _ in range(3)] == [204] * 3
    assert (counted(post), model.objects.count()) == ({column: 1}, 1)
    assert [api.delete(address(post, what)).status_code for _ in range(3)] == [204] * 3
    assert (counted(post), model.objects.count()) == ({}, 0)


@MARKS
@pytest.mark.parametrize("end", ["withdrawn", "removed", "blocked", "private"])
def test_nothing_is_marked_that_one_may_not_see(
    api: APIClient, post: Post, grant: Grant, stranger: Person, what: str, column: str, model: Any, end: str
) -> None:
    ended(end, post, grant, stranger)
    refused = api.put(address(post, what))
    expected = {"withdrawn": (410, "gone_consent"), "removed": (410, "gone_removed")}.get(end, (404, "not_found"))
    assert (refused.status_code, refused.json()["code"]) == expected
    assert (counted(post), model.objects.count()) == ({}, 0)


@MARKS
@pytest.mark.parametrize("end", ["withdrawn", "removed", "blocked", "private"])
def test_what_one_may_no_longer_see_is_in_no_list_and_can_still_be_unmarked(
    api: APIClient, post: Post, grant: Grant, stranger: Person, what: str, column: str, model: Any, end: str
) -> None:
    api.put(address(post, what))
    assert [row["id"] for row in api.get(f"/api/v1/me/{what}s").json()["data"]] == [str(post.id)]
    ended(end, post, grant, stranger)
    assert api.get(f"/api/v1/me/{what}s").json() == {"data": [], "next_cursor": None}
    assert api.delete(address(post, what)).status_code == 204
    assert (counted(post), model.objects.count()) == ({}, 0)
    assert api.delete(address(post, what)).status_code in (404, 410)


def ended(end: str, post: Post, grant: Grant, stranger: Person) -> None:
    """Let kim no longer see the post."""
    if end == "withdrawn":
        withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id))
    elif end == "removed":
        publishing.remove(author=post.author, post_id=post.id)
    elif end == "blocked":
        blocks.block(blocker=post.author, blocked=stranger)
    else:
        Post.objects.filter(id=post.id).update(audience="private")


def test_the_author_is_told_of_likes_in_one_line_and_not_of_bookmarks(post: Post, stranger: Person) -> None:
    lou = factories.person("lou")
    for someone in (stranger, lou, post.author):
        marks.put(Mark.LIKE, person=someone, post_id=post.id)
        marks.put(Mark.BOOKMARK, person=someone, post_id=post.id)
    assert "@lou and @kim like your post." in texts(post.author)
    assert {str(row["thing"]["id"]) for row in shown(post.author) if row["kind"] == "liked"} == {str(post.id)}
    marks.take(Mark.LIKE, person=lou, post_id=post.id)
    assert "@kim likes your post." in texts(post.author)


def test_a_list_of_likes_goes_on_and_costs_the_same_for_one_as_for_eight(
    requester: Person, stranger: Person, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in (1, 7):
        for _ in range(number):
            row = factories.post(requester, factories.footage(requester))
            marks.put(Mark.LIKE, person=stranger, post_id=row.id)
        with django_assert_num_queries(4):
            found = api.get("/api/v1/me/likes").json()["data"]
    liked = [str(row.post_id) for row in Like.objects.order_by("-id")]
    assert [row["id"] for row in found] == liked
    first = api.get("/api/v1/me/likes?limit=5").json()
    rest = api.get(f"/api/v1/me/likes?limit=5&cursor={first['next_cursor']}").json()["data"]
    assert [row["id"] for row in [*first["data"], *rest]] == liked


def test_a_share_is_counted_once_a_person_and_channel_and_tells_the_address(api: APIClient, post: Post) -> None:
    told = [api.put(address(post, "share"), {"channel": name}, format="json") for name in ("link", "link", "app")]
    assert {(reply.status_code, reply.json()["url"].endswith(f"/posts/{post.id}")) for reply in told} == {(200, True)}
    assert (counted(post), Share.objects.count()) == ({"shares": 2}, 2)
    assert api.put(address(post, "share"), {"channel": "pigeon"}, format="json").status_code == 422
    Post.objects.update(audience="private")
    assert api.put(address(post, "share"), {"channel": "embed"}, format="json").status_code == 404
    assert Share.objects.count() == 2


def test_an_author_is_followed_from_what_one_may_see_alone(api: APIClient, post: Post, stranger: Person) -> None:
    assert api.put(address(post, "follow")).json() == {"state": "following"}
    assert graph.following(stranger, stranger).get().followee == post.author
    graph.unfollow(follower=stranger, followee=post.author)
    Post.objects.update(audience="private")
    assert api.put(address(post, "follow")).status_code == 404
    assert not graph.following(stranger, stranger).exists()


def test_what_one_hides_is_kept_as_it_is_compared_and_can_be_taken_back(api: APIClient, post: Post) -> None:
    wishes = [("post", str(post.id), str(post.id)), ("author", "@sam", str(post.author_id)), ("tag", "#Surf", "surf")]
    for kind, thing, _ in [*wishes, ("sound", str(post.sound_id), str(post.sound_id))]:
        for strength in ("less", "hide"):
            sent = {"kind": kind, "thing": thing, "strength": strength}
            assert api.put("/api/v1/me/hidden", sent, format="json").status_code == 200
    rows = {(row.kind, row.thing, row.strength) for row in Hidden.objects.all()}
    assert rows == {(kind, kept, "hide") for kind, _, kept in wishes} | {("sound", str(post.sound_id), "hide")}
    for row in api.get("/api/v1/me/hidden").json()["data"]:
        assert api.delete(f"/api/v1/me/hidden/{row['id']}").status_code == 204
        assert api.delete(f"/api/v1/me/hidden/{row['id']}").status_code == 404
    assert Hidden.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "thing", "status"),
    [
        ("tag", "# !", 422),
        ("author", "kim", 422),
        ("author", "nobody_here", 404),
        ("post", "x", 422),
        ("post", "", 404),
    ],
)
def test_what_is_not_there_cannot_be_hidden(api: APIClient, post: Post, kind: str, thing: str, status: int) -> None:
    Post.objects.update(audience="private")
    sent = {"kind": kind, "thing": thing or str(post.id)}
    assert api.put("/api/v1/me/hidden", sent, format="json").status_code == status
    assert (
        api.put("/api/v1/me/hidden", {"kind": "sound", "thing": str(post.sound_id)}, format="json").status_code == 404
    )
    assert Hidden.objects.count() == 0
