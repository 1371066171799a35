"""What a process keeps of a ranking: orders and scores while nothing they depend on changes, and never visibility."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import blocks, graph
from accounts.models import Person
from feed import publishing
from feed.engagement import marks
from feed.engagement.marks import Mark
from feed.foryou import replay
from feed.models import Hidden, Impression, View
from feed.ranking import features, selection
from tests import factories
from tests.feed import audience
from tests.feed.audience import Audience

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/feeds/for-you"
Count = list[str]


@pytest.fixture
def house(db: None) -> Audience:
    """Films, people who watched them, a ranking."""
    return audience.made()


@pytest.fixture
def made(house: Audience, monkeypatch: pytest.MonkeyPatch) -> Count:
    """Tells each time that candidates are scored, and laid out."""
    made: Count = []
    rows, select = features.rows, selection.select
    monkeypatch.setattr(features, "rows", lambda *a: made.append("scored") or rows(*a))
    monkeypatch.setattr(selection, "select", lambda *a: made.append("laid out") or select(*a))
    return made


@pytest.fixture
def sam(requester: Person) -> APIClient:
    """Somebody new."""
    return factories.client(requester)


def first(api: APIClient) -> list[str]:
    """The posts of a first page."""
    return [item["id"] for item in api.get(ADDRESS, {"limit": 5}).json()["data"]]


def test_who_begins_anew_and_did_nothing_is_ranked_once_and_logged_each_time(sam: APIClient, made: Count) -> None:
    assert first(sam) == first(sam)
    assert made == ["scored", "laid out"]
    assert Impression.objects.count() == 10
    found = replay.replay(Impression.objects.all())
    assert (found.rows, found.right, found.lost) == (10, 10, 0)


def test_watching_scores_nothing_anew_and_what_was_watched_comes_no_more(
    sam: APIClient, requester: Person, made: Count
) -> None:
    before = first(sam)
    View.objects.create(person=requester, post_id=before[0])
    after = first(sam)
    assert made == ["scored", "laid out", "laid out"]
    assert before[0] not in after
    assert len(after) == 5


def like(house: Audience, person: Person) -> None:
    """They like a post."""
    marks.put(Mark.LIKE, person=person, post_id=house.posts[0].id)


def follow(house: Audience, person: Person) -> None:
    """They follow an author."""
    graph.follow(follower=person, followee=house.authors[1])


def want_less(house: Audience, person: Person) -> None:
    """They wish to see less of an author."""
    Hidden.objects.create(person=person, kind="author", thing=str(house.authors[1].id), strength="less")


@pytest.mark.parametrize("deed", [like, follow, want_less])
@pytest.mark.django_db(transaction=True)
def test_what_one_does_and_wishes_counts_at_once(
    deed: Callable[[Audience, Person], Any], house: Audience, sam: APIClient, requester: Person, made: Count
) -> None:
    first(sam)
    deed(house, requester)
    first(sam)
    assert made == ["scored", "laid out"] * 2


@pytest.mark.django_db(transaction=True)
def test_what_falls_is_not_shown_out_of_a_kept_order(
    house: Audience, sam: APIClient, requester: Person, made: Count
) -> None:
    before = first(sam)
    gone = next(post for post in house.posts if str(post.id) == before[0])
    publishing.remove(author=gone.author, post_id=gone.id)
    shut = next(post for post in house.posts if str(post.id) in before[1:] and post.author_id != gone.author_id)
    blocks.block(blocker=shut.author, blocked=requester)
    after = first(sam)
    assert made == ["scored", "laid out"]
    assert after
    assert not {str(gone.id), str(shut.id)}.intersection(after)
    assert Impression.objects.filter(post=shut.id).count() == 1
