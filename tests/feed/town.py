"""A viewer, the authors whom they follow, their posts; and a storm that ends some while lists of them are read."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

from accounts import blocks
from accounts.models import Follow, Person
from consent import withdrawal
from consent.models import Grant
from consent.rules import Audience
from consent.withdrawal import Scope
from feed import publishing
from feed.foryou import training
from feed.foryou.stock import KEEPER
from feed.lists import trending
from feed.models import Like, Post, PostTag, TrendReview
from socialvideo.lib.clock import wall_now
from tests import factories
from tests.feed import audience, shelf
from tests.feed.shelf import Wanted
from worker import videos

AUTHORS, POSTS, SUBJECTS, PAUSE_S = 8, 96, 6, 0.05
FOR_YOU = "/api/v1/feeds/for-you"


@dataclass
class Ends:
    """When what hides each post was begun, and when it had returned (seconds of one clock)."""

    begun: dict[UUID, float] = field(default_factory=dict)
    over: dict[UUID, float] = field(default_factory=dict)

    def end(self, posts: Iterable[UUID], deed: Callable[[], Any]) -> None:
        """Do what hides these posts."""
        hidden = list(posts)
        self.begun = {**dict.fromkeys(hidden, time.perf_counter()), **self.begun}
        deed()
        self.over = {**dict.fromkeys(hidden, time.perf_counter()), **self.over}


@dataclass(frozen=True)
class Town:
    """A viewer who follows some authors, half of them mutually, and their posts, each with a grant of some subject."""

    viewer: Person
    authors: list[Person]
    grants: list[Grant]
    posts: list[Post]
    held: set[UUID]

    def lists(self) -> dict[str, set[UUID]]:
        """The addresses of all lists, with what each should show of posts that stand."""
        everything = {post.id for post in self.posts}
        of_friends = {post.id for post in self.posts if post.author in self.authors[::2]}
        liked = set(Like.objects.filter(person=self.authors[0]).values_list("post_id", flat=True))
        first = self.authors[1]
        return {
            "/api/v1/feeds/following": everything,
            "/api/v1/feeds/friends": of_friends | liked,
            f"/api/v1/people/{first.handle}/posts": {post.id for post in self.posts if post.author == first},
            "/api/v1/hashtags/surf/posts": everything,
            f"/api/v1/sounds/{self.posts[0].video_id}/posts": everything,
            "/api/v1/feeds/trending": set(),
            FOR_YOU: everything,
        }

    def withdrawn(self, ends: Ends, grant: Grant) -> None:
        """A subject withdraws a grant, and with it all posts that rest on it."""
        shown = [post.id for post in self.posts if post.grants == [grant.id]]
        scope = Scope(grant_id=grant.id)
        ends.end(shown, lambda: withdrawal.withdraw(subject=grant.subject, scope=scope))

    def blocked(self, ends: Ends, author: Person) -> None:
        """An author blocks the viewer."""
        theirs = [post.id for post in self.posts if post.author == author]
        ends.end(theirs, lambda: blocks.block(blocker=author, blocked=self.viewer))

    def taken_down(self, ends: Ends, post: Post) -> None:
        """A video is taken down."""
        ends.end([post.id], lambda: videos.take_down(post.video_id))

    def removed(self, ends: Ends, post: Post) -> None:
        """An author removes a post."""
        ends.end([post.id], lambda: _remove(post))


def built() -> Town:
    """Build a town beside which nothing else is listed."""
    Post.objects.update(unlisted_at=wall_now())
    viewer, authors = factories.person(), shelf.people(AUTHORS)
    grants = [shelf.grant(factories.enrolled(), "stands") for _ in range(SUBJECTS)]
    turns = zip(itertools.cycle(authors), itertools.cycle(grants[1:] + grants[:1]), range(POSTS), strict=False)
    posts = shelf.posts(Wanted(author, Audience.PUBLIC, (grant,)) for author, grant, _ in turns)
    Follow.objects.bulk_create(Follow(follower=viewer, followee=author) for author in authors)
    Follow.objects.bulk_create(Follow(follower=author, followee=viewer) for author in authors[::2])
    PostTag.objects.bulk_create(PostTag(post=post, tag="surf") for post in posts)
    Post.objects.filter(id__in=[post.id for post in posts]).update(sound=posts[0].video_id)
    fans = shelf.people(2)
    Person.objects.update(created_at=wall_now() - timedelta(days=9), verified_at=wall_now())
    Like.objects.bulk_create(Like(person=fan, post=post) for fan in fans for post in posts)
    # By a friend, of what is not a friend's.
    Like.objects.bulk_create(Like(person=authors[0], post=post) for post in posts if post.author in authors[1:2])
    cleared = [post for place, post in enumerate(posts) if place % 3]
    said = {"verdict": "cleared", "moderator": viewer}
    TrendReview.objects.bulk_create(TrendReview(post=post, **said) for post in cleared)
    assert trending.rank() > 0
    training.train(settings=audience.TINY, boosted=False)
    audience.forget()
    return Town(viewer, authors, grants, posts, {post.id for post in posts} - {post.id for post in cleared})


def deeds(town: Town, ends: Ends, dice: random.Random) -> Iterator[Callable[[], object]]:
    """What ends posts, of each kind some; and the rankings that are made meanwhile."""
    for grant in dice.sample(town.grants, 2):
        yield partial(town.withdrawn, ends, grant)
    for author in dice.sample(town.authors[2:], 2):
        yield partial(town.blocked, ends, author)
    for post in dice.sample(town.posts[1:], 6):
        yield partial(town.taken_down, ends, post)
    for post in dice.sample(town.posts[1:], 4):
        yield partial(town.removed, ends, post)
        yield trending.rank
    yield _ranked_anew


def storm(town: Town, ends: Ends, dice: random.Random, failed: list[BaseException]) -> None:
    """End one thing after the other, at odd moments, in a connection of its own."""
    try:
        for deed in dice.sample(todo := list(deeds(town, ends, dice)), len(todo)):
            time.sleep(dice.random() * PAUSE_S)
            deed()
    except BaseException as error:
        failed.append(error)
        raise
    finally:
        connection.close()


def weather(town: Town, ends: Ends, dice: random.Random, failed: list[BaseException]) -> threading.Thread:
    """Begin a storm beside the reader."""
    thread = threading.Thread(target=storm, args=(town, ends, dice, failed))
    thread.start()
    return thread


def _remove(post: Post) -> None:
    if Post.objects.filter(id=post.id, removed_at=None).exists():
        publishing.remove(author=post.author, post_id=post.id)


def _ranked_anew() -> None:
    """Let For You rank by another ranking from now on."""
    training.refresh()
    KEEPER.forget()
