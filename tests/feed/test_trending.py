"""What trends: decayed acts, no author too often, nobody's own acts, and a review where somebody is shown."""

from datetime import timedelta
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from accounts.models import Person
from consent.rules import Audience
from feed.lists import trending
from feed.models import Like, Post, Share, Trend, TrendReview, View
from socialvideo.lib.clock import wall_now
from tests import factories

TRENDING = "/api/v1/feeds/trending"
Verdict = TrendReview.Verdict


@pytest.fixture
def fans(db: None) -> list[Person]:
    """Four who have been here for a month, and watch many authors."""
    four, elsewhere = (
        [known(factories.person()) for _ in range(4)],
        [post(audience=Audience.FOLLOWERS) for _ in range(6)],
    )
    View.objects.bulk_create(View(person=fan, post=one, is_long=True) for fan in four for one in elsewhere)
    return four


def known(person: Person, days: int = 30) -> Person:
    Person.objects.filter(id=person.id).update(created_at=wall_now() - timedelta(days=days))
    return person


def post(author: Person | None = None, **fields: object) -> Post:
    author = author or factories.person()
    return factories.post(author, factories.footage(author), **fields)  # type: ignore[arg-type]


def liked(one: Post, fans: list[Person], hours: float = 0) -> Post:
    """They watch it and like it."""
    at = wall_now() - timedelta(hours=hours)
    for fan in fans:
        Like.objects.create(person=fan, post=one, created_at=at)
        View.objects.create(person=fan, post=one, is_long=True, first_at=at, last_at=at)
    return one


def shared(one: Post, fan: Person) -> None:
    """Somebody watches it and gives it on."""
    Share.objects.create(person=fan, post=one, channel="link")
    View.objects.get_or_create(person=fan, post=one, defaults={"is_long": True})


def shown(viewer: Person) -> list[UUID]:
    return [row.post.id for row in trending.trending(viewer=viewer.id, after=None, limit=50)]


def test_newer_acts_count_more_and_half_as_much_a_day_later(fans: list[Person]) -> None:
    old, new = liked(post(), fans[:3], hours=24), liked(post(), fans[:2])
    assert trending.rank() == 2
    assert shown(fans[0]) == [new.id, old.id]
    scores = {row.post_id: row.score for row in Trend.objects.all()}
    assert scores[old.id] == pytest.approx(1.8, rel=0.01)
    assert scores[new.id] == pytest.approx(2.4, rel=0.01)


def test_a_share_counts_more_than_a_like(fans: list[Person]) -> None:
    one, other = liked(post(), fans[:2]), post()
    shared(other, fans[0])
    trending.rank()
    assert shown(fans[0]) == [other.id, one.id]


def test_nobody_makes_their_own_posts_trend_nor_does_an_account_of_today(fans: list[Person]) -> None:
    author, fresh = known(factories.person()), factories.person()
    liked(post(author), [author, fresh])
    liked(post(author), fans, hours=24 * 8)
    assert trending.rank() == 0


def test_an_author_has_no_more_than_some_places(fans: list[Person]) -> None:
    for _ in range(trending.OF_AN_AUTHOR + 2):
        liked(post(fans[0]), fans[1:])
    other = liked(post(), fans[1:2])
    trending.rank()
    assert (len(shown(fans[1])), shown(fans[1])[-1]) == (trending.OF_AN_AUTHOR + 1, other.id)


@pytest.mark.parametrize("audience", [Audience.FOLLOWERS, Audience.PRIVATE])
def test_what_is_not_for_everybody_does_not_trend(fans: list[Person], audience: Audience) -> None:
    liked(post(audience=audience), fans)
    assert trending.rank() == 0


def test_what_was_made_private_since_is_not_shown(fans: list[Person]) -> None:
    one = liked(post(), fans)
    trending.rank()
    Post.objects.filter(id=one.id).update(audience="followers")
    assert shown(fans[0]) == shown(one.author) == []


def test_what_shows_somebody_waits_until_it_is_cleared(
    fans: list[Person], requester: Person, subject: Person, moderator: Person
) -> None:
    factories.grant(subject, requester)
    one = liked(factories.post(requester, factories.video(requester, subject)), fans)
    trending.rank()
    assert (shown(fans[0]), [row.post_id for row in trending.waiting()]) == ([], [one.id])
    trending.review(post_id=one.id, moderator=moderator, verdict=Verdict.CLEARED)
    assert (shown(fans[0]), list(trending.waiting())) == ([one.id], [])
    trending.review(post_id=one.id, moderator=moderator, verdict=Verdict.HELD)
    assert (shown(fans[0]), list(trending.waiting())) == ([], [])


def test_a_list_goes_on_in_the_ranking_in_which_it_began(fans: list[Person]) -> None:
    posts = [liked(post(), fans[:count]) for count in (4, 3, 2, 1)]
    trending.rank()
    first = trending.trending(viewer=fans[0].id, after=None, limit=2)
    liked(posts[3], fans[1:])
    shared(posts[3], fans[1])
    trending.rank()
    rest = trending.trending(viewer=fans[0].id, after=first[-1].id, limit=9)
    assert [row.post.id for row in [*first, *rest]] == [one.id for one in posts]
    assert shown(fans[0])[0] == posts[3].id


def test_old_rankings_go(fans: list[Person]) -> None:
    liked(post(), fans)
    trending.rank()
    Trend.objects.update(made_at=wall_now() - trending.KEPT * 2)
    trending.rank()
    assert Trend.objects.count() == 1


def test_a_moderator_decides_at_the_desk_by_sending_a_form_alone(
    fans: list[Person], requester: Person, subject: Person, moderator: Person, client: APIClient
) -> None:
    factories.grant(subject, requester)
    one = liked(factories.post(requester, factories.video(requester, subject), caption="Surf"), fans)
    trending.rank()
    client.force_login(moderator)
    desk = "/admin/feed/trend/"
    assert b"Surf" in client.get(desk).content
    address = f"{desk}{Trend.objects.get().id}/clear/"
    assert b"Let it trend" in client.get(address).content
    assert TrendReview.objects.count() == 0
    assert client.post(address).status_code == 302
    assert (TrendReview.objects.get().verdict, TrendReview.objects.get().moderator) == ("cleared", moderator)
    assert shown(fans[0]) == [one.id]
    assert client.post(address).status_code == 302, "it does not wait any more"


def test_the_list_is_one_statement_and_pages_by_cursor(fans: list[Person], django_assert_num_queries: object) -> None:
    for count in (1, 2, 3):
        liked(post(), fans[:count])
    trending.rank()
    api = factories.client(fans[0])
    with django_assert_num_queries(3):  # type: ignore[operator]
        whole = api.get(TRENDING).json()["data"]
    page = api.get(TRENDING, {"limit": 2}).json()
    rest = api.get(TRENDING, {"limit": 2, "cursor": page["next_cursor"]}).json()
    assert (page["data"] + rest["data"], rest["next_cursor"]) == (whole, None)
