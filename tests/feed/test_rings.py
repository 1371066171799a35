"""Accounts that act as one: fifty of them bring no post above one that twenty watchers liked, who know nothing of each
other. What honest people do counts nearly as it would without all that.
"""

import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.db.models import Model

from accounts.models import Person
from consent.rules import Audience
from feed import damping
from feed.foryou import training
from feed.lists import trending
from feed.models import Bookmark, Comment, Like, Post, Share, Trend, View
from socialvideo.lib.clock import wall_now
from tests.feed import shelf
from tests.feed.shelf import Wanted

pytestmark = pytest.mark.django_db
AUTHORS, OF_EACH, PEOPLE = 40, 3, 150
RING, WATCHERS = 50, 20
HOUR = timedelta(hours=1)


@dataclass
class World:
    """Posts of many authors, people of whom each watched some and liked a few of these, and the dice."""

    authors: list[Person]
    posts: list[Post]
    people: list[Person]
    dice: random.Random
    rows: list[Model] = field(default_factory=list)

    def watch(self, person: Person, post: Post, hours: float, seconds: float = 9) -> None:
        """Somebody watches a post so many hours ago."""
        times = {"first_at": ago(hours), "last_at": ago(hours)}
        self.rows.append(View(person=person, post=post, watched_ms=seconds * 1000, plays=1, **times))

    def act(self, table: type[Model], person: Person, post: Post, hours: float) -> None:
        """Somebody likes it, keeps it, shares it or says something."""
        whose = {"author": person} if table is Comment else {"person": person}
        self.rows.append(table(post=post, created_at=ago(hours), **whose, **MORE.get(table, {})))

    def everything(self, person: Person, post: Post, hours: float) -> None:
        """Somebody does all that can be done with a post."""
        for table in (Like, Bookmark, Share, Comment):
            self.act(table, person, post, hours)

    def write(self) -> None:
        """Put down what was done."""
        for table in (View, Like, Bookmark, Share, Comment):
            table.objects.bulk_create(row for row in self.rows if isinstance(row, table))
        self.rows = []


MORE: dict[type[Model], dict[str, object]] = {Share: {"channel": "link"}, Comment: {"text": "nice"}}


def ago(hours: float) -> datetime:
    return wall_now() - timedelta(hours=hours)


def known(count: int) -> list[Person]:
    """People who have been here for a month."""
    made = shelf.people(count)
    Person.objects.filter(id__in=[one.id for one in made]).update(created_at=ago(720), verified_at=ago(720))
    return made


def posted(authors: Iterable[Person]) -> list[Post]:
    return shelf.posts(Wanted(author, Audience.PUBLIC, ()) for author in authors)


@pytest.fixture
def world(db: None) -> World:
    """A usual week: some posts are better liked than others, and friends like each other's somewhat more often."""
    authors = known(AUTHORS)
    made = World(authors, posted(authors * OF_EACH), [*known(PEOPLE), *authors], random.Random(11))
    draws = np.random.default_rng(11)
    wanted = draws.lognormal(0, 1, len(made.posts))
    for place, person in enumerate(made.people):
        for post in draws.choice(len(made.posts), 30, replace=False, p=wanted / wanted.sum()):
            _met(made, person, made.posts[post], 0.5 if post % AUTHORS == (place + 1) % AUTHORS else 0.25)
    made.write()
    return made


def _met(world: World, person: Person, post: Post, fond: float) -> None:
    hours, dice = world.dice.uniform(0.1, 160), world.dice
    if post.author_id == person.id:
        return
    # Hardly anybody does something with what they passed over, or did not watch at all.
    seconds = dice.choice((0, 1, 1, 4, 8, 12, 20))
    if seconds:
        world.watch(person, post, hours, seconds)
    if seconds < 2 and dice.random() < 0.8:
        return
    for table, rate in ((Like, fond), (Bookmark, 0.03), (Share, 0.03), (Comment, 0.04)):
        if dice.random() < rate:
            world.act(table, person, post, hours - 0.05)


# The rings.


def young(world: World, ring: Sequence[Person], target: Post) -> None:
    """Accounts of today, that do all that can be done."""
    Person.objects.filter(id__in=[one.id for one in ring]).update(created_at=ago(5))
    alone(world, ring, target)


def blind(world: World, ring: Sequence[Person], target: Post) -> None:
    """They like without watching, each when it wants, and behave otherwise as everybody does."""
    for one in ring:
        _wander(world, one)
        world.everything(one, target, world.dice.uniform(0.1, 6))


def alone(world: World, ring: Sequence[Person], target: Post) -> None:
    """They watch this post and nothing else, each when it wants."""
    for one in ring:
        hours = world.dice.uniform(0.1, 6)
        world.watch(one, target, hours)
        world.everything(one, target, hours)


def devoted(world: World, ring: Sequence[Person], target: Post) -> None:
    """They watch and praise all posts of this author, and little else."""
    others = posted([target.author] * 40)
    for one in ring:
        world.watch(one, target, 1)
        for post in others:
            world.watch(one, post, world.dice.uniform(0.1, 6))
            world.act(Like, one, post, world.dice.uniform(0.1, 6))
        for post in world.posts[:6]:
            world.watch(one, post, 50)
        world.everything(one, target, 1)


def mutual(world: World, ring: Sequence[Person], target: Post) -> None:
    """They do everything with each other's posts, and with little else."""
    posts = posted(ring)
    for place, one in enumerate(ring):
        for step in (*range(1, 9), *range(-8, 0)):
            post = posts[(place + step) % len(posts)]
            world.watch(one, post, world.dice.uniform(0.1, 6))
            world.act(Like, one, post, world.dice.uniform(0.1, 6))
        world.watch(one, target, world.dice.uniform(0.1, 6))
        world.everything(one, target, world.dice.uniform(0.1, 6))


def wave(world: World, ring: Sequence[Person], target: Post) -> None:
    """They behave as everybody does, and then all come within some minutes."""
    for one in ring:
        _wander(world, one)
        hours = world.dice.uniform(1, 1.15)
        world.watch(one, target, hours)
        world.everything(one, target, hours)


def _wander(world: World, one: Person) -> None:
    for post in world.dice.sample(world.posts, 12):
        world.watch(one, post, world.dice.uniform(1, 160))
        world.act(Like, one, post, world.dice.uniform(1, 160))


RINGS = (young, blind, alone, devoted, mutual, wave)


@pytest.mark.parametrize("ring", RINGS)
def test_a_ring_of_fifty_is_worth_less_than_twenty_who_know_nothing_of_each_other(
    world: World, ring: Callable[[World, Sequence[Person], Post], None], capsys: pytest.CaptureFixture[str]
) -> None:
    target, honest = posted(known(2))
    ring(world, known(RING), target)
    for person in world.dice.sample(world.people[:PEOPLE], WATCHERS):
        hours = world.dice.uniform(0.1, 6)
        world.watch(person, honest, hours)
        world.act(Like, person, honest, hours)
    world.write()
    trending.rank()
    trend, crowd = scores(), wanted([target, honest])
    with capsys.disabled():
        sys.stdout.write(f"\n{ring.__name__}: trends {trend.get(target.id, 0):.1f} against {trend[honest.id]:.1f}, ")
        sys.stdout.write(f"crowd {crowd[0]:.0f} against {crowd[1]:.0f}\n")
    assert trend.get(target.id, 0) < trend[honest.id]
    assert crowd[0] < crowd[1]


def test_what_honest_people_do_counts_nearly_as_ever(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    trending.rank()
    trend, plain = scores(), undamped()
    trends = correlation([trend.get(post.id, 0.0) for post in world.posts], [plain[post.id] for post in world.posts])
    counted, all_of_them = wanted(world.posts), acted(world.posts)
    crowd = correlation(counted, all_of_them)
    with capsys.disabled():
        sys.stdout.write(f"\nrank correlation with undamped counts: trends {trends:.3f}, crowd {crowd:.3f}\n")
    assert trends > 0.95
    assert crowd > 0.95


def test_authors_make_nothing_of_their_own_posts(world: World) -> None:
    (own,) = posted(world.authors[:1])
    world.everything(world.authors[0], own, 1)
    world.watch(world.authors[0], own, 1)
    world.write()
    trending.rank()
    assert own.id not in scores()
    assert wanted([own]) == [0]


def test_every_line_of_the_table_says_what_it_means() -> None:
    names = {each["name"] for each in damping.published()}
    assert {*damping.ACTS, "own", "unwatched", "first_week", "tied_from", "tied_power"} <= names
    assert all(each["words"] for each in damping.published())


# Figures.


def scores() -> dict[object, float]:
    """Return the scores of the newest ranking of trends."""
    newest = Trend.objects.order_by("-made_at").values_list("made_at", flat=True)[:1]
    return dict(Trend.objects.filter(made_at__in=newest).values_list("post_id", "score"))


def wanted(posts: Sequence[Post]) -> list[float]:
    """Return how many wanted each post, as the ranking counts it."""
    films, acts, _ = training._read()
    count = np.bincount(acts.post[acts.wanted], minlength=len(films.catalogue))
    place = {name.decode(): at for at, name in enumerate(films.catalogue.ids)}
    return [float(count[place[post.id.hex]]) for post in posts]


def acted(posts: Sequence[Post]) -> list[float]:
    """Return how many did something with each post."""
    people: dict[object, set[object]] = {post.id: set() for post in posts}
    for table, whose in ((Like, "person"), (Bookmark, "person"), (Share, "person"), (Comment, "author")):
        for post, person in table.objects.values_list("post_id", whose):
            people[post].add(person)
    return [float(len(people[post.id])) for post in posts]


def undamped() -> dict[object, float]:
    """Return the sum of all acts on each post, half as much a day later."""
    found: dict[object, float] = {}
    kinds = {"view": (View, "last_at"), "like": (Like, "created_at"), "bookmark": (Bookmark, "created_at")}
    for kind, (table, when) in (kinds | {"share": (Share, "created_at"), "comment": (Comment, "created_at")}).items():
        for post, at in table.objects.values_list("post_id", when):
            aged = 0.5 ** ((wall_now() - at) / trending.HALF_LIFE)
            found[post] = found.get(post, 0.0) + damping.ACTS[kind] * aged
    return found


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Spearman's rank correlation."""
    ranks = [np.argsort(np.argsort(np.asarray(each))) for each in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])
