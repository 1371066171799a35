"""Posts, feeds and playback over REST."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import graph
from accounts.models import Follow, Person
from consent import withdrawal
from consent.models import Grant
from consent.rules import Audience
from feed.models import Post
from feed.tickets import Ticket, Viewing
from socialvideo.lib.ids import new_id
from tests import factories
from tests.feed import shelf
from worker import videos
from worker.models import Video

POSTS, FOLLOWING = "/api/v1/posts", "/api/v1/feeds/following"


@pytest.fixture
def api(requester: Person) -> APIClient:
    """The client of the videos' owner."""
    return factories.client(requester)


@pytest.fixture
def other(stranger: Person) -> APIClient:
    """A stranger's client."""
    return factories.client(stranger)


def publish(api: APIClient, film: Video, key: str = "", **change: object) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"video": str(film.id), "audience": "public", "caption": "Surf", **change}
    return api.post(POSTS, body, format="json", headers=headers)


def refused(reply: Any, status: int, code: str) -> bool:
    return (reply.status_code, reply.json()["code"]) == (status, code)


# Publishing


def test_a_published_video_is_shown_as_its_viewers_see_it(video: Video, api: APIClient, other: APIClient) -> None:
    reply = publish(api, video)
    post = Post.objects.get()
    assert (reply.status_code, reply["Location"]) == (201, f"{POSTS}/{post.id}")
    assert (reply.json()["author"]["handle"], reply.json()["caption"]) == ("sam", "Surf")
    told = dict.fromkeys(("may_remix", "may_stitch", "may_reuse_sound", "may_download"))
    assert other.get(reply["Location"]).json() == reply.json() | told


def test_a_caption_is_not_needed(video: Video, api: APIClient) -> None:
    api.post(POSTS, {"video": str(video.id), "audience": "private"}, format="json")
    assert (Post.objects.get().caption, Post.objects.get().audience) == ("", "private")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"video": "7"}, "/video", "invalid"),
        ({"audience": "everybody"}, "/audience", "invalid_choice"),
        ({"caption": "x" * 501}, "/caption", "max_length"),
        ({"author": "eileen"}, "/author", "unknown_field"),
    ],
)
def test_a_post_that_cannot_be_is_refused_at_its_place(
    video: Video, api: APIClient, change: dict[str, object], pointer: str, code: str
) -> None:
    reply = publish(api, video, **change)
    assert [(e["pointer"], e["code"]) for e in reply.json()["errors"]] == [(pointer, code)]
    assert (reply.status_code, Post.objects.count()) == (422, 0)


def test_an_audience_has_to_be_named(video: Video, api: APIClient) -> None:
    reply = api.post(POSTS, {"video": str(video.id)}, format="json")
    assert (reply.status_code, reply.json()["errors"][0]["pointer"], Post.objects.count()) == (422, "/audience", 0)


def test_what_the_grant_does_not_cover_is_forbidden(video: Video, api: APIClient) -> None:
    Grant.objects.update(audience="followers")
    assert refused(publish(api, video), 403, "consent_unavailable")
    assert Post.objects.count() == 0


def test_a_video_is_published_by_its_owner_once_and_while_it_stands(
    video: Video, api: APIClient, other: APIClient
) -> None:
    assert refused(publish(other, video), 404, "not_found")
    assert publish(api, video).status_code == 201
    assert refused(publish(api, video), 409, "already_published")
    videos.take_down(video.id)
    assert refused(publish(api, video), 410, "taken_down")
    assert Post.objects.count() == 1


def test_the_same_key_gives_the_first_reply_and_no_second_post(video: Video, api: APIClient) -> None:
    first, again = publish(api, video, key="k1"), publish(api, video, key="k1")
    assert (again.status_code, again.json(), again["Location"]) == (201, first.json(), first["Location"])
    assert refused(publish(api, video, key="k1", caption="Ski"), 422, "idempotency_key_reused")
    assert Post.objects.count() == 1


# One post


def test_a_post_outside_its_audience_is_not_found(video: Video, other: APIClient, stranger: Person) -> None:
    post = factories.post(video.owner, video, Audience.FOLLOWERS)
    unknown = other.get(f"{POSTS}/{new_id()}")
    reply = other.get(f"{POSTS}/{post.id}")
    assert (reply.status_code, reply.content) == (404, unknown.content)
    graph.follow(follower=stranger, followee=video.owner)
    assert other.get(f"{POSTS}/{post.id}").status_code == 200


def test_a_withdrawn_post_is_gone_and_unknown_outside_its_audience(
    video: Video, api: APIClient, other: APIClient, subject: Person
) -> None:
    post = factories.post(video.owner, video, Audience.PRIVATE)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert refused(api.get(f"{POSTS}/{post.id}"), 410, "gone_consent")
    assert refused(other.get(f"{POSTS}/{post.id}"), 404, "not_found")


def test_a_post_taken_down_or_removed_is_gone(video: Video, api: APIClient, other: APIClient) -> None:
    post = factories.post(video.owner, video)
    address = f"{POSTS}/{post.id}"
    assert refused(other.delete(address), 404, "not_found")
    assert other.get(address).status_code == 200
    videos.take_down(video.id)
    assert refused(other.get(address), 410, "gone_removed")
    Video.objects.update(taken_down_at=None)
    assert api.delete(address).status_code == 204
    assert refused(other.get(address), 410, "gone_removed")
    assert refused(api.delete(address), 404, "not_found")


# Lists


@pytest.fixture
def film_star(db: None) -> Person:
    return shelf.people(1)[0]


def posted(author: Person, star: Person, count: int, matter: str = "stands") -> list[str]:
    """Write public posts of the star; return their ids, newest first."""
    held = (shelf.grant(star, matter),)
    made = shelf.posts(shelf.Wanted(author, Audience.PUBLIC, held) for _ in range(count))
    return [str(post.id) for post in shelf.newest_first(made)]


def pages(api: APIClient, address: str, limit: int) -> Iterator[list[str]]:
    """Follow the Link headers to the end."""
    target: str | None = f"{address}?limit={limit}"
    while target:
        reply = api.get(target)
        yield [row["id"] for row in reply.json()["data"]]
        assert (reply.json()["next_cursor"] is None) is ("Link" not in reply)
        target = reply["Link"].partition(">")[0].removeprefix("<") if "Link" in reply else None


@pytest.mark.parametrize("address", [FOLLOWING, "/api/v1/people/sam/posts"])
def test_a_list_is_walked_by_its_links_without_gap_or_repeat(
    address: str, requester: Person, stranger: Person, other: APIClient, film_star: Person
) -> None:
    graph.follow(follower=stranger, followee=requester)
    made = posted(requester, film_star, 7)
    posted(requester, film_star, 2, "withdrawn")
    walked = list(pages(other, address, 3))
    assert [len(page) for page in walked] == [3, 3, 1]
    assert [post for page in walked for post in page] == made


def test_the_last_full_page_has_no_cursor(requester: Person, other: APIClient, film_star: Person) -> None:
    posted(requester, film_star, 4)
    assert [len(page) for page in pages(other, "/api/v1/people/sam/posts", 2)] == [2, 2]


def test_posts_that_come_and_go_while_one_reads_leave_no_gap_and_no_repeat(
    requester: Person, stranger: Person, other: APIClient, film_star: Person
) -> None:
    graph.follow(follower=stranger, followee=requester)
    made = posted(requester, film_star, 6)
    walk = pages(other, FOLLOWING, 2)
    read = next(walk)
    posted(requester, shelf.people(1)[0], 3)
    Post.objects.filter(id__in=[read[-1], made[4]]).update(removed_at=shelf.NOW)
    rest = [post for page in walk for post in page]
    assert read + rest == [post for post in made if post != made[4]]


def test_the_feed_shows_no_post_of_who_is_not_followed(requester: Person, other: APIClient, film_star: Person) -> None:
    posted(requester, film_star, 1)
    assert other.get(FOLLOWING).json() == {"data": [], "next_cursor": None}


def test_the_posts_of_nobody_are_not_found(other: APIClient) -> None:
    assert refused(other.get("/api/v1/people/ghost/posts"), 404, "person_unknown")


@pytest.mark.parametrize("query", ["cursor=x", "limit=0", "limit=101", "limit=two"])
@pytest.mark.parametrize("address", [FOLLOWING, "/api/v1/people/sam/posts"])
def test_a_cursor_or_limit_that_cannot_be_is_refused(
    address: str, query: str, requester: Person, other: APIClient
) -> None:
    reply = other.get(f"{address}?{query}")
    assert refused(reply, 400, f"invalid_{query.partition('=')[0]}")


# Playback


def test_opening_a_video_gives_addresses_that_fit_it(video: Video, api: APIClient, requester: Person) -> None:
    reply = api.get(f"/api/v1/videos/{video.id}/playback")
    body = reply.json()
    assert (reply.status_code, reply["Cache-Control"]) == (200, "private, no-store")
    assert settings.PLAYBACK_SECONDS <= body["expires_in"] <= settings.PLAYBACK_SECONDS + 1
    assert (body["hls_url"], body["renditions"], body["subtitles"], body["sprite"]) == (None, [], [], None)
    for name, part in (("video_url", ".mp4"), ("poster_url", ".jpg")):
        address, _, ticket = body[name].partition("?ticket=")
        assert address == f"{settings.STREAM_URL}/videos/{video.id}{part}"
        viewing = Ticket.read(ticket, video.id, part).viewing
        assert viewing == Viewing(video.id, requester.id, requester.sessions.get().id)


def test_opening_is_for_the_audience_and_ends_with_the_grant(
    video: Video, api: APIClient, other: APIClient, subject: Person
) -> None:
    address = f"/api/v1/videos/{video.id}/playback"
    assert refused(other.get(address), 404, "not_found")
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert refused(api.get(address), 410, "gone_consent")


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("address", [POSTS, f"{POSTS}/{new_id()}", FOLLOWING, f"/api/v1/videos/{new_id()}/playback"])
def test_everything_needs_a_session(method: str, address: str, db: None) -> None:
    assert getattr(APIClient(), method)(address).status_code == 401
    assert Post.objects.count() == 0


# Queries: who you are and how often you ask are one each; the rest is the view's.
AROUND = 2


@pytest.mark.parametrize("rows", [1, 8])
def test_a_list_costs_the_same_queries_however_long(
    rows: int,
    requester: Person,
    stranger: Person,
    other: APIClient,
    film_star: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Follow.objects.create(follower=stranger, followee=requester)
    posted(requester, film_star, rows)
    with django_assert_num_queries(AROUND + 1):
        assert len(other.get(FOLLOWING).json()["data"]) == rows
    with django_assert_num_queries(AROUND + 2):
        assert len(other.get("/api/v1/people/sam/posts").json()["data"]) == rows


@pytest.mark.parametrize("count", [1, 3])
def test_one_post_costs_the_same_queries_however_many_are_in_it(
    count: int, requester: Person, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    subjects = [factories.enrolled() for _ in range(count)]
    for subject in subjects:
        factories.grant(subject, requester)
    video = factories.video(requester, *subjects)
    with django_assert_num_queries(AROUND + 15):
        location = publish(api, video)["Location"]
    with django_assert_num_queries(AROUND + 1):
        assert len(api.get(location).json()["depicted"]) == count
    with django_assert_num_queries(AROUND + 15):
        api.get(f"/api/v1/videos/{video.id}/playback")
    with django_assert_num_queries(AROUND + 5):
        api.delete(location)
