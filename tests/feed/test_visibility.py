"""Who may see which post: every way of reading is held against one small table of what should be so."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import blocks, closeness, graph
from accounts.models import Follow, Person, Tally
from consent import withdrawal
from consent.models import Grant
from consent.rules import Audience
from feed import visibility
from feed.lists import chronological, following, refilling
from feed.models import Post
from socialvideo.lib.ids import new_id
from tests import factories
from tests.feed import shelf
from tests.feed.shelf import Wanted
from worker.models import Video

VIEWERS = [("author", False), ("depicted", False), ("depicted", True), ("stranger", False), ("stranger", True)]
STANDINGS = ("stands", "removed", "taken down")
CASES = list(product(Audience, [*shelf.GRANTS, "one of two withdrawn"], STANDINGS))
Case = tuple[Audience, str, str]


@dataclass(frozen=True)
class World:
    """One post a case, all by the same author and of the same subject."""

    people: dict[str, Person]
    posts: dict[Case, Post]


@pytest.fixture
def world(db: None) -> World:
    author, depicted, stranger, other = shelf.people(4)
    grants = {matter: (shelf.grant(depicted, matter),) for matter in shelf.GRANTS}
    grants["one of two withdrawn"] = (*grants["stands"], shelf.grant(other, "withdrawn"))
    made = shelf.posts(
        Wanted(author, audience, grants[matter], standing == "removed", standing == "taken down")
        for audience, matter, standing in CASES
    )
    # Somebody follows the author, and the author somebody: neither must help anybody else.
    Follow.objects.bulk_create([Follow(follower=other, followee=author), Follow(follower=author, followee=stranger)])
    people = {"author": author, "depicted": depicted, "stranger": stranger}
    return World(people, dict(zip(CASES, made, strict=True)))


def belongs(viewer: str, follows: bool, case: Case) -> bool:
    """Whether the viewer is in the post's audience; the author and the people shown always are."""
    return viewer != "stranger" or case[0] == "public" or (case[0] == "followers" and follows)


def visible(viewer: str, follows: bool, case: Case) -> bool:
    return belongs(viewer, follows, case) and case[1:] == ("stands", "stands")


@pytest.fixture(params=VIEWERS, ids=lambda viewer: f"{viewer[0]}{' who follows' if viewer[1] else ''}")
def seat(request: pytest.FixtureRequest, world: World) -> tuple[str, bool, UUID]:
    """A viewer: what they are to the posts, whether they follow the author, their id."""
    name, follows = request.param
    if follows:
        Follow.objects.create(follower=world.people[name], followee=world.people["author"])
    return name, follows, world.people[name].id


Seat = tuple[str, bool, UUID]


def test_the_table_is_as_large_as_it_says() -> None:
    assert len(CASES) == 4 * 6 * 3
    assert sum(visible("stranger", True, case) for case in CASES) == 2
    assert sum(visible("author", False, case) for case in CASES) == 4


def test_a_single_post_shows_to_its_audience_and_says_whether_it_fell(world: World, seat: Seat) -> None:
    name, follows, viewer = seat
    shown = {case: visibility.one(viewer=viewer, post_id=post.id) for case, post in world.posts.items()}
    found = {case: (post.stands, post.consented) for case, post in shown.items() if post}
    assert found == {case: (case[2] == "stands", case[1] == "stands") for case in CASES if belongs(name, follows, case)}


def test_a_grid_shows_what_is_visible_and_nothing_else(world: World, seat: Seat) -> None:
    name, follows, viewer = seat
    rows = chronological.grid(viewer=viewer, author=world.people["author"].id, after=None, limit=100)
    wanted = [world.posts[case] for case in CASES if visible(name, follows, case)]
    assert [row.id for row in rows] == [post.id for post in shelf.newest_first(wanted)]


def test_the_following_feed_shows_what_is_visible_of_those_one_follows(world: World, seat: Seat) -> None:
    name, follows, viewer = seat
    rows = following.following(viewer=viewer, after=None, limit=100)
    wanted = [world.posts[case] for case in CASES if follows and visible(name, follows, case)]
    assert [row.id for row in rows] == [post.id for post in shelf.newest_first(wanted)]


def test_watching_asks_for_audience_and_a_post_that_was_not_removed(world: World, seat: Seat) -> None:
    name, follows, viewer = seat
    may = {case for case, post in world.posts.items() if visibility.may_watch(viewer=viewer, video_id=post.video_id)}
    assert may == {case for case in CASES if belongs(name, follows, case) and case[2] != "removed"}


def test_whatever_a_list_shows_can_also_be_read_alone_and_watched(world: World, seat: Seat) -> None:
    _, _, viewer = seat
    for row in chronological.grid(viewer=viewer, author=world.people["author"].id, after=None, limit=100):
        assert visibility.one(viewer=viewer, post_id=row.id) == row
        assert visibility.may_watch(viewer=viewer, video_id=row.body["video"]["id"])


# The shape of a post


def test_a_post_says_whose_it_is_and_whom_it_shows(grant: Grant, subject: Person, requester: Person) -> None:
    ada = factories.enrolled("ada")
    factories.grant(ada, requester)
    post = factories.post(requester, factories.video(requester, subject, ada), caption="Us")
    post.refresh_from_db()
    shown = visibility.one(viewer=requester.id, post_id=post.id)
    assert shown
    assert shown.body == {
        "id": post.id,
        "caption": "Us",
        "audience": "public",
        "published_at": post.published_at,
        "edited_at": None,
        "comments_on": True,
        **dict.fromkeys(("may_remix", "may_stitch", "may_reuse_sound", "may_download"), True),
        "author": {"id": requester.id, "handle": "sam", "display_name": "Sam"},
        "video": {
            "id": post.video_id,
            "width": 90,
            "height": 160,
            "duration_ms": 1000,
            "engine": "preview",
            "is_preview": True,
        },
        "depicted": [
            {"id": str(ada.id), "handle": "ada", "display_name": "Ada"},
            {"id": str(subject.id), "handle": "eileen", "display_name": "Eileen"},
        ],
        "credits": [],
        "sound": post.video_id,
        "counts": dict.fromkeys(("views", "likes", "comments", "bookmarks", "shares"), 0),
        "mine": dict.fromkeys(("liked", "bookmarked", "seen", "following"), False),
    }


def test_a_post_that_never_was_is_nothing(requester: Person) -> None:
    assert visibility.one(viewer=requester.id, post_id=new_id()) is None


def test_a_withdrawal_takes_the_post_out_of_every_list_at_once(
    video: object, subject: Person, stranger: Person
) -> None:
    post = factories.post(video.owner, video)  # type: ignore[attr-defined, arg-type]
    Follow.objects.create(follower=stranger, followee=post.author)
    assert len(following.following(viewer=stranger.id, after=None, limit=9)) == 1
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    for viewer in (stranger, subject, post.author):
        assert following.following(viewer=viewer.id, after=None, limit=9) == []
        assert chronological.grid(viewer=viewer.id, author=post.author_id, after=None, limit=9) == []


SEATS = ["author", "depicted", "follower", "stranger"]


def seen_by(post: Post, viewers: dict[str, Person]) -> list[str]:
    """Who sees the post; every way of reading it must say the same."""
    seen = []
    for name, viewer in viewers.items():
        listed = bool(chronological.grid(viewer=viewer.id, author=post.author_id, after=None, limit=9))
        follows = Follow.objects.filter(follower=viewer, followee=post.author_id).exists()
        assert bool(following.following(viewer=viewer.id, after=None, limit=9)) == (listed and follows)
        assert bool(visibility.one(viewer=viewer.id, post_id=post.id)) == listed
        assert visibility.may_watch(viewer=viewer.id, video_id=post.video_id) == listed
        seen += [name] if listed else []
    return seen


@pytest.mark.parametrize(
    ("condition", "seen"),
    [
        ({}, SEATS),
        ({"is_private": True}, SEATS[:3]),
        ({"suspended_until": datetime(9999, 1, 1, tzinfo=UTC)}, SEATS[:1]),
        ({"suspended_until": datetime(2020, 1, 1, tzinfo=UTC)}, SEATS),
        ({"is_active": False}, SEATS[:1]),
    ],
    ids=["as usual", "private", "suspended", "suspended once", "closed"],
)
def test_a_private_authors_public_posts_are_for_followers_and_a_suspended_ones_for_nobody_else(
    video: Video, subject: Person, stranger: Person, condition: dict[str, Any], seen: list[str]
) -> None:
    post, follower = factories.post(video.owner, video), factories.person()
    Follow.objects.create(follower=follower, followee=video.owner)
    Person.objects.filter(id=video.owner_id).update(**condition)
    assert seen_by(post, dict(zip(SEATS, (video.owner, subject, follower, stranger), strict=True))) == seen


def test_close_friends_see_what_is_for_them_as_long_as_they_follow(video: Video, stranger: Person) -> None:
    post, follower = factories.post(video.owner, video, audience=Audience.CLOSE_FRIENDS), factories.person()
    viewers = {"author": video.owner, "close": stranger, "follower": follower}
    for viewer in (stranger, follower):
        graph.follow(follower=viewer, followee=video.owner)
    assert seen_by(post, viewers) == ["author"]
    closeness.add(person=video.owner, friend=stranger)
    assert seen_by(post, viewers) == ["author", "close"]
    Follow.objects.filter(follower=stranger).delete()
    assert seen_by(post, viewers) == ["author"], "though their row was left"


# Blocks


@pytest.mark.parametrize("by_viewer", [False, True])
def test_a_block_between_viewer_and_author_hides_every_post(video: Video, stranger: Person, by_viewer: bool) -> None:
    post, viewers = factories.post(video.owner, video), {"kim": stranger, "other": factories.person()}
    assert seen_by(post, viewers) == ["kim", "other"]
    pair = (stranger, video.owner) if by_viewer else (video.owner, stranger)
    blocks.block(blocker=pair[0], blocked=pair[1])
    assert seen_by(post, viewers) == ["other"]
    Person.objects.filter(id=stranger.id).update(is_staff=True)
    assert seen_by(post, viewers) == ["kim", "other"], "a moderator sees"


@pytest.mark.parametrize("by_viewer", [False, True])
def test_a_block_between_viewer_and_whom_a_video_shows_hides_it(
    video: Video, subject: Person, stranger: Person, by_viewer: bool
) -> None:
    post, viewers = factories.post(video.owner, video), {"kim": stranger, "other": factories.person()}
    pair = (stranger, subject) if by_viewer else (subject, stranger)
    blocks.block(blocker=pair[0], blocked=pair[1])
    assert seen_by(post, viewers) == ["other"]
    blocks.unblock(blocker=pair[0], handle=pair[1].handle)
    assert seen_by(post, viewers) == ["kim", "other"]


def test_whom_a_video_shows_sees_it_though_somebody_else_in_it_blocks_them(grant: Grant, subject: Person) -> None:
    ada = factories.enrolled("ada")
    factories.grant(ada, grant.grantee)  # type: ignore[arg-type]
    film = factories.video(grant.grantee, subject, ada)  # type: ignore[arg-type]
    post = factories.post(film.owner, film)
    blocks.block(blocker=ada, blocked=subject)
    assert seen_by(post, {"eileen": subject, "ada": ada}) == ["eileen", "ada"]


# The two-stage query against the naive one


@dataclass(frozen=True)
class Crowd:
    """A random graph: who is followed, and every post with whether the viewer should see it."""

    viewer: Person
    authors: list[Person]
    followed: list[Person]
    posts: dict[Post, bool]

    def wanted(self, author: Person | None = None) -> list[UUID]:
        """What the viewer's feed (or one author's grid) should be, by looking at every single post."""
        authors = [author] if author else self.followed
        seen = [post for post, shown in self.posts.items() if shown and post.author in authors]
        return [post.id for post in shelf.newest_first(seen)]


@pytest.fixture(params=range(4))
def crowd(request: pytest.FixtureRequest, db: None) -> Crowd:
    """26 authors, most of them followed, of whom some post much and some never; one post in three has a fault."""
    dice = random.Random(request.param)
    viewer, subject, *authors = shelf.people(28)
    followed = dice.sample(authors, 22)
    Follow.objects.bulk_create(Follow(follower=viewer, followee=author) for author in followed)
    grants = {matter: shelf.grant(subject, matter) for matter in shelf.GRANTS}
    of_viewer = shelf.grant(viewer, "stands")
    busy = dice.choices(authors, weights=[dice.choice((0, 1, 1, 2, 9)) for _ in authors], k=220)
    matters = dice.choices(list(grants), weights=(12, 1, 1, 1, 1), k=len(busy))
    rows, shown = [], []
    for author, matter in zip(busy, matters, strict=True):
        audience, shows_viewer = dice.choice(list(Audience)), dice.random() < 0.2
        removed, taken_down = dice.random() < 0.05, dice.random() < 0.05
        held = (grants[matter], *([of_viewer] if shows_viewer else []))
        rows.append(Wanted(author, audience, held, removed, taken_down))
        belonging = shows_viewer or audience == "public" or (audience == "followers" and author in followed)
        shown.append(belonging and matter == "stands" and not removed and not taken_down)
    return Crowd(viewer, authors, followed, dict(zip(shelf.posts(rows), shown, strict=True)))


Read = Callable[[UUID | None, int], list[visibility.Shown]]


def paged(read: Read, limit: int) -> Iterator[UUID]:
    """Read page after page, as a client with cursors does."""
    after: UUID | None = None
    while page := read(after, limit):
        yield from (row.id for row in page)
        after = page[-1].id


@pytest.mark.parametrize("follows", [following.MANY - 1, following.MANY, 10 * following.MANY])
def test_the_following_feed_is_exactly_the_naive_one_without_gap_or_repeat(crowd: Crowd, follows: int) -> None:
    # By the tally one of the two plans is taken, or the second where the first finds too few.
    Tally.objects.filter(person=crowd.viewer).update(following=follows)
    wanted = crowd.wanted()
    assert len(wanted) > 40
    for limit in (2, 7, 50):
        feed = paged(lambda after, n: following.following(viewer=crowd.viewer.id, after=after, limit=n), limit)
        assert list(feed) == wanted


def test_every_grid_is_exactly_the_naive_one(crowd: Crowd) -> None:
    for author in crowd.authors:
        grid = paged(
            lambda after, n, of=author.id: chronological.grid(  # type: ignore[misc]
                viewer=crowd.viewer.id, author=of, after=after, limit=n
            ),
            5,
        )
        assert list(grid) == crowd.wanted(author)


@pytest.mark.parametrize("count", [1, 8])
def test_every_read_is_one_query_however_many_posts_there_are(
    count: int, world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    author, stranger = shelf.people(1)[0], world.people["stranger"]
    Follow.objects.create(follower=stranger, followee=author)
    first = shelf.posts(Wanted(author, Audience.PUBLIC, (shelf.grant(stranger, "stands"),)) for _ in range(count))[0]
    with django_assert_num_queries(1):
        following.following(viewer=stranger.id, after=None, limit=20)
    with django_assert_num_queries(1):
        chronological.grid(viewer=stranger.id, author=author.id, after=None, limit=20)
    with django_assert_num_queries(1):
        visibility.one(viewer=stranger.id, post_id=first.id)
    with django_assert_num_queries(1):
        visibility.may_watch(viewer=stranger.id, video_id=first.video_id)


# Posts that somebody else chose (a ranking): only what is visible now, in their order


def test_among_posts_those_are_returned_that_are_visible_now_in_the_order_given(world: World, seat: Seat) -> None:
    name, follows, viewer = seat
    asked = [post.id for post in random.Random(1).sample(list(world.posts.values()), len(world.posts))]
    seen = {world.posts[case].id for case in CASES if visible(name, follows, case)}
    shown = visibility.among(viewer=viewer, post_ids=[new_id(), *asked])
    assert [post.id for post in shown] == [post for post in asked if post in seen]
    assert visibility.among(viewer=viewer, post_ids=asked, limit=1) == shown[:1]
    assert visibility.among(viewer=viewer, post_ids=[]) == []


def test_among_is_one_statement(world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        visibility.among(viewer=world.people["stranger"].id, post_ids=[post.id for post in world.posts.values()])


# A page that falls short is made up for


@pytest.mark.parametrize("fallen", [1, 60, 400])
def test_a_page_below_what_fell_is_full(fallen: int, db: None) -> None:
    viewer, author = shelf.people(2)
    Follow.objects.create(follower=viewer, followee=author)
    grants = {matter: shelf.grant(viewer, matter) for matter in ("stands", "withdrawn")}
    old = shelf.posts(Wanted(author, Audience.PUBLIC, (grants["stands"],)) for _ in range(7))
    shelf.posts(Wanted(author, Audience.PUBLIC, (grants["withdrawn"],)) for _ in range(fallen))
    feed = paged(lambda after, n: following.following(viewer=viewer.id, after=after, limit=n), 5)
    assert list(feed) == [post.id for post in shelf.newest_first(old)]


def test_what_ends_between_two_looks_is_left_out_and_made_up_for() -> None:
    rows = [UUID(int=number) for number in range(400, 0, -1)]
    gone = {rows[0]}

    def read(below: UUID, reach: int) -> refilling.Batch[UUID]:
        looked = [row for row in rows if row < below][:reach]
        return refilling.Batch([row for row in looked if row.int % 10 == 0][:5], len(looked), looked[-1])

    page = refilling.filled(read, lambda found: [row for row in found if row not in gone], after=None, limit=5)
    assert [row.int for row in page] == [390, 380, 370, 360, 350]
