"""Pages of every list are read while what they show is withdrawn, blocked, taken down and removed.

No page shows what had ended before it was asked for. A session from the first page to the end shows nothing twice, and
a chronological one leaves out nothing that stood all the while.
"""

import itertools
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts import blocks
from accounts.models import Follow, Person
from consent import withdrawal
from consent.models import Grant
from consent.rules import Audience
from consent.withdrawal import Scope
from feed import publishing
from feed.lists import trending
from feed.models import Like, Post, PostTag, TrendReview
from socialvideo.lib.clock import wall_now
from tests import factories
from tests.feed import shelf
from tests.feed.shelf import Wanted
from worker import videos

PAGES = 10_000 if os.environ.get("PROOFS") == "full" else 60
AUTHORS, POSTS, SUBJECTS, LIMIT, PAUSE_S = 8, 96, 6, 5, 0.05
pytestmark = [pytest.mark.proof, pytest.mark.django_db(transaction=True)]


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


@dataclass
class Found:
    """What was wrong, counted over all sessions."""

    pages: int = 0
    items: int = 0
    invalid: int = 0
    repeats: int = 0
    gaps: int = 0
    disorder: int = 0


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
        }


def built() -> Town:
    viewer, authors = factories.person(), shelf.people(AUTHORS)
    grants = [shelf.grant(factories.enrolled(), "stands") for _ in range(SUBJECTS)]
    turns = zip(itertools.cycle(authors), itertools.cycle(grants[1:] + grants[:1]), range(POSTS), strict=False)
    posts = shelf.posts(Wanted(author, Audience.PUBLIC, (grant,)) for author, grant, _ in turns)
    Follow.objects.bulk_create(Follow(follower=viewer, followee=author) for author in authors)
    Follow.objects.bulk_create(Follow(follower=author, followee=viewer) for author in authors[::2])
    PostTag.objects.bulk_create(PostTag(post=post, tag="surf") for post in posts)
    Post.objects.update(sound=posts[0].video_id)
    Person.objects.update(created_at=wall_now() - timedelta(days=9))
    fans = shelf.people(2)
    Person.objects.filter(id__in=[fan.id for fan in fans]).update(created_at=wall_now() - timedelta(days=9))
    Like.objects.bulk_create(Like(person=fan, post=post) for fan in fans for post in posts)
    # By a friend, of what is not a friend's.
    Like.objects.bulk_create(Like(person=authors[0], post=post) for post in posts if post.author in authors[1:2])
    cleared = [post for place, post in enumerate(posts) if place % 3]
    said = {"verdict": "cleared", "moderator": viewer}
    TrendReview.objects.bulk_create(TrendReview(post=post, **said) for post in cleared)
    assert trending.rank() > 0
    return Town(viewer, authors, grants, posts, {post.id for post in posts} - {post.id for post in cleared})


def deeds(town: Town, ends: Ends, dice: random.Random) -> Iterator[Callable[[], None]]:
    """What ends posts, of each kind some; and the rankings that are made meanwhile."""
    for grant in dice.sample(town.grants, 2):
        shown = [post.id for post in town.posts if post.grants == [grant.id]]
        scope = Scope(grant_id=grant.id)
        yield lambda shown=shown, grant=grant, scope=scope: ends.end(  # type: ignore[misc]
            shown, lambda: withdrawal.withdraw(subject=grant.subject, scope=scope)
        )
    for author in dice.sample(town.authors[2:], 2):
        theirs = [post.id for post in town.posts if post.author == author]
        yield lambda theirs=theirs, author=author: ends.end(  # type: ignore[misc]
            theirs, lambda: blocks.block(blocker=author, blocked=town.viewer)
        )
    for post in dice.sample(town.posts[1:], 6):
        yield lambda post=post: ends.end([post.id], lambda: videos.take_down(post.video_id))  # type: ignore[misc]
    for post in dice.sample(town.posts[1:], 4):
        yield lambda post=post: ends.end([post.id], lambda: _remove(post))  # type: ignore[misc]
        yield lambda: _rank()


def _remove(post: Post) -> None:
    if Post.objects.filter(id=post.id, removed_at=None).exists():
        publishing.remove(author=post.author, post_id=post.id)


def _rank() -> None:
    trending.rank()


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


def session(api: APIClient, address: str, wanted: set[UUID], ends: Ends, town: Town, found: Found) -> None:
    """Read a list to its end, and count what is wrong."""
    seen: list[UUID] = []
    place: str | None = ""
    while place is not None:
        asked = time.perf_counter()
        reply = api.get(address, {"limit": LIMIT, **({"cursor": place} if place else {})})
        if reply.status_code == 404:
            break
        body = reply.json()
        rows = [UUID(row["id"]) for row in body["data"]]
        found.pages, found.items = found.pages + 1, found.items + len(rows)
        found.invalid += sum(ends.over.get(one, asked) < asked for one in rows)
        found.invalid += sum(one in town.held for one in rows) if "trending" in address else 0
        seen += rows
        place = body["next_cursor"]
    now = time.perf_counter()
    found.repeats += len(seen) - len(set(seen))
    found.gaps += len({one for one in wanted if ends.begun.get(one, now) >= now} - set(seen))
    chronological = "friends" not in address and "trending" not in address
    found.disorder += chronological and seen != sorted(seen, reverse=True)


def test_no_page_shows_what_ended_and_no_session_repeats_or_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    dice, found, rounds = random.Random(6), Found(), 0
    while found.pages < PAGES:
        rounds += 1
        town, ends = built(), Ends()
        api, lists, failed = factories.client(town.viewer), town.lists(), list[BaseException]()
        weather = threading.Thread(target=storm, args=(town, ends, dice, failed))
        weather.start()
        while weather.is_alive():
            for address, wanted in lists.items():
                session(api, address, wanted, ends, town, found)
        weather.join()
        assert failed == []
        for address, wanted in lists.items():
            session(api, address, wanted, ends, town, found)
        assert ends.over
    with capsys.disabled():
        sys.stdout.write(f"\n{found} in {rounds} towns\n")
    assert found.items > found.pages
    assert (found.invalid, found.repeats, found.gaps, found.disorder) == (0, 0, 0, 0)
