"""The friends feed: what mutual follows post and like of public posts, each post once, where it first came up."""

from uuid import UUID

import pytest

from accounts import blocks, mutes
from accounts.models import Follow, Person
from consent.rules import Audience
from feed.lists import friends
from feed.models import Like, Post
from tests import factories
from tests.feed import shelf
from tests.feed.shelf import Wanted


@pytest.fixture
def viewer(db: None) -> Person:
    return factories.person()


@pytest.fixture
def friend(viewer: Person) -> Person:
    return befriended(viewer)


def befriended(viewer: Person) -> Person:
    friend = factories.person()
    factories.mutual(viewer, friend)
    return friend


def posted(author: Person, audience: Audience = Audience.PUBLIC) -> Post:
    return shelf.posts([Wanted(author, audience, (shelf.grant(shelf.people(1)[0], "stands"),))])[0]


def shown(viewer: Person, limit: int = 9) -> list[tuple[UUID, UUID]]:
    """Every post in the feed, read in pages, with the friend who brought it up."""
    found, after = [], None
    while page := friends.friends(viewer=viewer.id, after=after, limit=limit):
        found += [(event.post.id, event.friend) for event in page]
        after = page[-1].id
    return found


def test_friends_posts_and_their_likes_are_shown_newest_first(viewer: Person, friend: Person) -> None:
    theirs, liked = posted(friend), posted(factories.person())
    Like.objects.create(person=friend, post=liked)
    assert shown(viewer) == shown(viewer, limit=1) == [(liked.id, friend.id), (theirs.id, friend.id)]


def test_whoever_is_followed_or_follows_alone_is_no_friend(viewer: Person) -> None:
    followed, follower = factories.person(), factories.person()
    Follow.objects.create(follower=viewer, followee=followed)
    Follow.objects.create(follower=follower, followee=viewer)
    Like.objects.create(person=followed, post=posted(factories.person()))
    posted(followed), posted(follower)
    assert shown(viewer) == []


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.FOLLOWERS])
def test_a_like_brings_up_what_is_public_alone(viewer: Person, friend: Person, audience: Audience) -> None:
    author = factories.person()
    Follow.objects.create(follower=viewer, followee=author)
    liked = posted(author, audience)
    Like.objects.create(person=friend, post=liked)
    assert shown(viewer) == ([(liked.id, friend.id)] if audience == Audience.PUBLIC else [])


def test_a_post_stands_where_it_first_came_up_however_many_like_it(viewer: Person, friend: Person) -> None:
    second = befriended(viewer)
    liked, theirs = posted(factories.person()), posted(second)
    for one in (friend, second):
        Like.objects.create(person=one, post=liked)
    Like.objects.create(person=friend, post=theirs)
    for limit in (1, 2, 9):
        assert shown(viewer, limit) == [(liked.id, friend.id), (theirs.id, second.id)]


def test_likes_of_ones_own_posts_and_of_whom_one_mutes_are_left_out(viewer: Person, friend: Person) -> None:
    muted = factories.person()
    mutes.mute(muter=viewer, muted=muted)
    for author in (viewer, muted):
        Like.objects.create(person=friend, post=posted(author))
    assert shown(viewer) == []


def test_a_muted_friend_brings_up_nothing(viewer: Person, friend: Person) -> None:
    posted(friend)
    Like.objects.create(person=friend, post=posted(factories.person()))
    assert len(shown(viewer)) == 2
    mutes.mute(muter=viewer, muted=friend)
    assert shown(viewer) == []


@pytest.mark.django_db(transaction=True)
def test_whoever_blocks_the_viewer_is_not_shown_though_a_friend_likes_it() -> None:
    viewer, author = factories.person(), factories.person()
    friend = befriended(viewer)
    Like.objects.create(person=friend, post=posted(author))
    assert len(shown(viewer)) == 1
    blocks.block(blocker=author, blocked=viewer)
    assert shown(viewer) == []


def test_a_page_whose_candidates_fell_is_made_up_for(viewer: Person, friend: Person) -> None:
    stands, fallen = shelf.grant(viewer, "stands"), shelf.grant(shelf.people(1)[0], "withdrawn")
    old = shelf.posts([Wanted(friend, Audience.PUBLIC, (stands,)) for _ in range(3)])
    shelf.posts([Wanted(friend, Audience.PUBLIC, (fallen,)) for _ in range(50)])
    assert [post for post, _ in shown(viewer, limit=2)] == [post.id for post in shelf.newest_first(old)]
