"""Where somebody is named: posts and comments that they see now, newest first."""

from collections.abc import Callable

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import blocks, mutes
from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Scope
from feed import publishing
from feed.engagement import comments, talk
from feed.models import Post
from tests import factories
from worker.models import Video

ADDRESS = "/api/v1/me/mentions"


@pytest.fixture
def kim(stranger: Person) -> APIClient:
    """Who is named."""
    return factories.client(stranger)


@pytest.fixture
def post(video: Video, stranger: Person) -> Post:
    """Sam's post, which shows eileen and names kim."""
    assert stranger.handle == "kim"
    return factories.post(video.owner, video, caption="With @kim")


def say(someone: Person, post: Post, text: str = "Look, @kim!") -> talk.Said:
    """Say something."""
    return comments.say(author=someone, post_id=post.id, text=text, parent_id=None)


def read(api: APIClient) -> list[tuple[str, str]]:
    """The captions, and what was said."""
    rows = api.get(ADDRESS).json()["data"]
    return [(row["post"]["caption"], row["comment"]["text"] if row["comment"] else "") for row in rows]


def test_who_is_named_reads_where_the_newest_first(post: Post, kim: APIClient, subject: Person) -> None:
    say(subject, post)
    say(subject, post, "Nobody.")
    say(post.author, post, "Again @kim")
    assert read(kim) == [("With @kim", "Again @kim"), ("With @kim", "Look, @kim!"), ("With @kim", "")]
    first = kim.get(ADDRESS, {"limit": 2}).json()
    rest = kim.get(ADDRESS, {"limit": 2, "cursor": first["next_cursor"]}).json()
    assert (first["data"] + rest["data"], rest["next_cursor"]) == (kim.get(ADDRESS).json()["data"], None)


def test_nobody_else_finds_them(post: Post, subject: Person) -> None:
    assert read(factories.client(subject)) == read(factories.client(post.author)) == []


@pytest.mark.parametrize(
    "falls",
    [
        lambda post, said, kim, grant: withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id)),
        lambda post, said, kim, grant: publishing.remove(author=post.author, post_id=post.id),
        lambda post, said, kim, grant: blocks.block(blocker=post.author, blocked=kim),
        lambda post, said, kim, grant: Post.objects.filter(id=post.id).update(audience="followers"),
    ],
    ids=["withdrawn", "removed", "blocked", "narrowed"],
)
def test_what_is_not_theirs_to_see_any_more_names_nobody(
    falls: Callable[..., object], post: Post, kim: APIClient, stranger: Person, grant: Grant
) -> None:
    said = say(post.author, post)
    assert len(read(kim)) == 2
    falls(post, said, stranger, grant)
    assert read(kim) == []


def test_a_comment_that_was_removed_or_whose_writer_is_muted_is_left_out(
    post: Post, kim: APIClient, stranger: Person
) -> None:
    lou, tim = factories.person("lou"), factories.person("tim")
    said = say(lou, post)
    say(tim, post, "Hey @kim")
    comments.remove(person=lou, comment_id=said.id)
    assert read(kim) == [("With @kim", "Hey @kim"), ("With @kim", "")]
    mutes.mute(muter=stranger, muted=tim)
    assert read(kim) == [("With @kim", "")]
    mutes.mute(muter=stranger, muted=post.author)
    assert read(kim) == []


def test_reading_costs_the_same_for_two_as_for_nine(
    post: Post, kim: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (2, 9):
        while len(read(kim)) < count:
            say(factories.person(), post)
        with django_assert_num_queries(5):
            assert len(kim.get(ADDRESS).json()["data"]) == count
