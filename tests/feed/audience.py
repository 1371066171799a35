"""A small audience in the database: films of two authors, people who watched and liked some, a trained ranking."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from accounts.models import Person
from feed.foryou import training
from feed.foryou.ordering import KEPT, ORDERS
from feed.foryou.stages import forgive
from feed.foryou.stock import KEEPER
from feed.models import Like, Post, RankingModel, View
from feed.ranking.types import Settings
from tests import factories

TINY = Settings(neighbours=10, ease_posts=100, negatives=5, enough=10, trees=5)
TOPICS = ("cooking", "politics", "chess", "jazz")


@dataclass(frozen=True)
class Audience:
    """Authors, their posts oldest first (post n is about TOPICS[n % 4]), and who watched them."""

    authors: list[Person]
    posts: list[Post]
    people: list[Person]
    model: RankingModel


def made(posts: int = 24, people: int = 10, *, boosted: bool = False) -> Audience:
    """Make it, and train on it."""
    authors = [factories.person() for _ in range(6)]
    films = [posted(authors[n % len(authors)], TOPICS[n % 4], n) for n in range(posts)]
    viewers = [factories.person() for _ in range(people)]
    watched(viewers, films)
    model = training.train(settings=TINY, boosted=boosted)
    forget()
    return Audience(authors, films, viewers, model)


def posted(author: Person, topic: str, number: int = 0, **fields: Any) -> Post:
    """A post about a topic, of a film that shows nobody."""
    film = factories.footage(author, content=b"%d of nobody" % number)
    return factories.post(author, film, caption=f"Number {number} #{topic}", **fields)


def watched(people: list[Person], posts: list[Post]) -> None:
    """Person n watches what is about topic n % 4 to the end and likes it, and of the rest a moment."""
    views, likes = [], []
    for place, person in enumerate(people):
        for number, post in enumerate(posts):
            fond = number % 4 == place % 4
            if fond or (number + place) % 3:
                times = {
                    "first_at": Now() - timedelta(hours=30 - number),
                    "last_at": Now() - timedelta(hours=30 - number),
                }
                watched_ms = 900 if fond else 100
                views.append(View(person=person, post=post, watched_ms=watched_ms, plays=1, is_long=fond, **times))
            if fond:
                likes.append(Like(person=person, post=post))
    View.objects.bulk_create(views)
    Like.objects.bulk_create(likes)


def forget() -> None:
    """Let the process begin anew."""
    KEEPER.forget()
    KEPT.forget()
    ORDERS.forget()
    forgive()
