"""The pairs that are compared, and the people and posts that they run on."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from accounts import graph
from accounts.models import Person
from consent import gate
from consent.rules import Point
from feed import visibility
from feed.lists import chronological
from feed.lists import following as followed
from feed.models import Post
from tests import factories
from worker.models import Video

PEOPLE: dict[str, Person] = {}
NAIVE = f"""SELECT {visibility.COLUMNS} FROM {visibility.TABLES} JOIN accounts_follow f ON f.followee_id = p.author_id
    WHERE f.follower_id = %(viewer)s AND p.removed_at IS NULL AND {visibility.VISIBLE}
    ORDER BY p.id DESC LIMIT 21"""


def fill(followed: int, posts: int) -> None:
    """Make one subject, one viewer, and ``followed`` authors with ``posts`` posts each."""
    call_command("prepare")
    PEOPLE["subject"], PEOPLE["viewer"] = factories.enrolled("subject"), factories.person("viewer")
    for number in range(followed):
        author = PEOPLE["author"] = factories.person(f"author{number}")
        factories.grant(PEOPLE["subject"], author, max_uses=posts)
        graph.follow(follower=PEOPLE["viewer"], followee=author)
        for _ in range(posts):
            factories.post(author, factories.video(author, PEOPLE["subject"], content=b"film"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def pairs() -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    """Yield what is compared: ours, and the barest thing that could stand in its place."""
    viewer, author = PEOPLE["viewer"].id, PEOPLE["author"].id
    video = Video.objects.prefetch_related("depictions").filter(owner=author).first()
    assert video

    def gated() -> None:
        gate.use(
            point=Point.CHUNK,
            requester_id=viewer,
            claims=video.claims(),
            about=video.about(),
            effect=lambda _: None,
            quiet=True,
        )

    def bare() -> None:
        with transaction.atomic():
            Video.objects.filter(id=video.id).exists()

    def naive() -> None:
        with connection.cursor() as cursor:
            cursor.execute(NAIVE, {"viewer": viewer})
            cursor.fetchall()

    def unjoined() -> None:
        list(Post.objects.filter(author=author).values_list("id")[:21])

    yield "the gate, quiet, against one look-up in a transaction", gated, bare
    yield "following page, two stages, against the naive join", lambda: following(viewer), naive
    yield "profile grid, against the bare rows", lambda: grid(viewer, author), unjoined


def following(viewer: Any) -> object:
    """Read a page of the following feed."""
    return followed.following(viewer=viewer, after=None, limit=21)


def grid(viewer: Any, author: Any) -> object:
    """Read a page of a profile."""
    return chronological.grid(viewer=viewer, author=author, after=None, limit=21)


def close() -> None:
    """Give the connections back before the cluster stops."""
    connection.close()
    connection.close_pool()
