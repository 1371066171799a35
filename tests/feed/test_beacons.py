"""Beacons: what can be is counted once, what cannot is refused, and a history is the person's own."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as live
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import blocks
from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Scope
from feed import publishing
from feed.engagement import beacons, counting, tokens
from feed.models import Beacon, Post, PostCount, View
from socialvideo.lib.clock import wall_now
from socialvideo.lib.ids import new_id
from tests import factories
from worker.models import Video

OPENED = timedelta(minutes=2)


@pytest.fixture
def post(video: Video) -> Post:
    """Sam's public post, of a film of 20 seconds that shows eileen."""
    Video.objects.filter(id=video.id).update(duration_ms=20_000)
    return factories.post(video.owner, video)


@pytest.fixture
def api(stranger: Person) -> APIClient:
    """Kim's client."""
    return factories.client(stranger)


def opened(someone: Person, post: Post, ago: timedelta = OPENED) -> str:
    """The token of a viewing that began a while ago."""
    stamp = int((wall_now() - ago).timestamp() * 1000)
    viewing = UUID(int=stamp << 80 | new_id().int % (1 << 80))
    return tokens.issue(viewer_id=someone.id, video_id=post.video_id, viewing=viewing)


def told(post: Post, viewing: str, watched_ms: int = 5000, **change: Any) -> dict[str, Any]:
    """A beacon."""
    place = {"plays": 1, "position_ms": min(watched_ms, 20_000), "ended": False, "at": wall_now()}
    return {"id": uuid4(), "post": post.id, "viewing": viewing, "watched_ms": watched_ms, **place, **change}


def take(someone: Person, *sent: dict[str, Any]) -> list[str]:
    """What becomes of each: the verdict, or the code by which it is refused."""
    return [ruling.code or ruling.verdict for ruling in beacons.take(viewer=someone, told=sent)]


def counted(post: Post) -> tuple[int, int]:
    """Views and milliseconds, after all is folded."""
    counting.fold()
    return PostCount.objects.values_list("views", "watched_ms").get(post=post)


def test_a_viewing_counts_once_and_as_long_as_its_last_beacon_says(post: Post, stranger: Person) -> None:
    viewing = opened(stranger, post)
    assert take(stranger, told(post, viewing, 2000), told(post, viewing, 5000)) == ["accepted"] * 2
    assert counted(post) == (1, 5000)
    assert take(stranger, told(post, viewing, 12_000), told(post, viewing, 9000)) == ["accepted"] * 2
    assert counted(post) == (1, 12_000)
    assert take(stranger, told(post, opened(stranger, post), 1000)) == ["accepted"]
    assert counted(post) == (2, 13_000)
    row = View.objects.get()
    assert (row.person, row.plays, row.watched_ms, row.furthest, row.is_long) == (stranger, 2, 13_000, 0.6, False)


def test_a_beacon_that_comes_again_counts_nothing_before_and_after_it_is_folded(post: Post, stranger: Person) -> None:
    one = told(post, opened(stranger, post))
    assert take(stranger, one, one) == ["accepted", "duplicate"]
    assert (take(stranger, one), counted(post)) == (["duplicate"], (1, 5000))
    assert (take(stranger, one), counted(post)) == (["duplicate"], (1, 5000))


def test_what_cannot_be_is_refused_and_nothing_of_it_counted(
    post: Post, stranger: Person, subject: Person, requester: Person
) -> None:
    other = factories.post(requester, factories.footage(requester))
    viewing = opened(stranger, post)
    assert take(
        stranger,
        told(post, opened(stranger, post, timedelta(0)), 11_000),
        told(post, opened(stranger, post, timedelta(hours=7))),
        told(post, opened(subject, post)),
        told(post, viewing[:-4] + "AAAA"),
        told(post, "né"),
        told(other, viewing),
        {**told(post, viewing), "post": uuid4()},
    ) == [
        *("watched_impossible", "viewing_over", "viewing_invalid", "viewing_invalid", "viewing_invalid"),
        *("viewing_invalid", "not_found"),
    ]
    assert take(requester, told(post, opened(requester, post))) == ["own_post"]
    assert (counted(post), counted(other), Beacon.objects.count()) == ((0, 0), (0, 0), 0)


def test_nobody_watches_longer_than_so_many_plays_last(post: Post, stranger: Person) -> None:
    viewing = opened(stranger, post)
    take(stranger, told(post, viewing, 60_000))
    assert counted(post) == (1, 20_000)
    take(stranger, told(post, viewing, 60_000, plays=2, ended=True))
    assert counted(post) == (1, 40_000)
    assert View.objects.values_list("plays", "is_long", "furthest").get() == (2, True, 1.0)


@pytest.mark.parametrize(
    ("duration", "watched", "ended", "is_long"),
    [
        (10_000, 9000, False, False),
        (10_000, 9000, True, True),
        (10_000, 10_000, False, True),
        (60_000, 17_999, True, False),
        (60_000, 18_000, False, True),
    ],
)
def test_long_is_to_the_end_of_a_short_film_and_eighteen_seconds_of_another(
    post: Post, stranger: Person, duration: int, watched: int, ended: bool, is_long: bool
) -> None:
    Video.objects.filter(id=post.video_id).update(duration_ms=duration)
    take(stranger, told(post, opened(stranger, post), watched, ended=ended))
    counting.fold()
    assert View.objects.get().is_long is is_long


@pytest.mark.parametrize("end", ["withdrawn", "removed", "blocked"])
def test_after_the_end_nothing_is_taken_or_counted_also_of_what_waited(
    post: Post, stranger: Person, grant: Grant, end: str
) -> None:
    viewing = opened(stranger, post)
    assert take(stranger, told(post, viewing)) == ["accepted"]
    if end == "withdrawn":
        withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id))
    elif end == "removed":
        publishing.remove(author=post.author, post_id=post.id)
    else:
        blocks.block(blocker=post.author, blocked=stranger)
    code = {"withdrawn": "gone_consent", "removed": "gone_removed", "blocked": "not_found"}[end]
    assert take(stranger, told(post, viewing, 9000)) == [code]
    assert (counted(post), View.objects.count(), Beacon.objects.filter(folded_at=None).count()) == ((0, 0), 0, 0)


def test_while_too_many_wait_none_is_taken_and_afterwards_all(
    post: Post, stranger: Person, api: APIClient, settings: Any
) -> None:
    settings.BEACON_BACKLOG = 3
    one, viewing = told(post, opened(stranger, post)), opened(stranger, post)
    assert take(stranger, one, told(post, viewing), told(post, viewing)) == ["accepted"] * 3
    body = {"beacons": [told(post, viewing)]}
    refused = api.post("/api/v1/beacons", body, format="json")
    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (503, "beacons_waiting", "4")
    assert (Beacon.objects.count(), counted(post)) == (3, (2, 10_000))
    assert api.post("/api/v1/beacons", body, format="json").status_code == 202


def test_playback_hands_out_the_viewing_that_beacons_show(post: Post, stranger: Person, api: APIClient) -> None:
    viewing = api.get(f"/api/v1/videos/{post.video_id}/playback").json()["viewing"]
    opening = tokens.read(viewing, viewer_id=stranger.id)
    assert opening
    assert opening.video == post.video_id
    assert abs(wall_now() - opening.at) < timedelta(minutes=1)
    one = told(post, viewing, 900)
    sent = api.post("/api/v1/beacons", {"beacons": [one, one]}, format="json")
    assert (sent.status_code, sent.json()["verdicts"]) == (
        202,
        [{"id": str(one["id"]), "verdict": verdict, "code": ""} for verdict in ("accepted", "duplicate")],
    )


@pytest.mark.parametrize("change", [{"watched_ms": -1}, {"post": "x"}, {"ended": "yes"}, {"more": 1}, {"at": 5}])
def test_a_beacon_of_another_shape_is_named_by_its_place(
    post: Post, stranger: Person, api: APIClient, change: dict[str, Any]
) -> None:
    viewing = opened(stranger, post)
    sent = {"beacons": [told(post, viewing), {**told(post, viewing), **change}]}
    refused = api.post("/api/v1/beacons", sent, format="json")
    pointers = [fault["pointer"] for fault in refused.json()["errors"]]
    assert (refused.status_code, pointers) == (422, [f"/beacons/1/{next(iter(change))}"])
    assert Beacon.objects.count() == 0


def test_what_was_folded_is_forgotten_when_it_can_come_no_more(post: Post, stranger: Person) -> None:
    for _ in range(2):
        take(stranger, told(post, opened(stranger, post)))
        assert counting.fold() == 1
    Beacon.objects.filter(id=Beacon.objects.earliest("id").id).update(created_at=wall_now() - counting.KEPT)
    take(stranger, told(post, opened(stranger, post)))
    assert (counted(post), Beacon.objects.count()) == ((3, 15_000), 2)


def test_a_history_is_read_newest_first_page_by_page_and_cleared(
    requester: Person, stranger: Person, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = [factories.post(requester, factories.footage(requester)) for _ in range(5)]
    for place, row in enumerate(made):
        take(stranger, told(row, opened(stranger, row), 800, at=wall_now() - timedelta(seconds=60 - place)))
    counting.fold()
    with django_assert_num_queries(4):
        whole = api.get("/api/v1/me/history").json()["data"]
    assert [row["post"]["id"] for row in whole] == [str(row.id) for row in reversed(made)]
    assert (whole[0]["plays"], whole[0]["watched_ms"], whole[0]["furthest"]) == (1, 800, 0.8)
    first = api.get("/api/v1/me/history?limit=3").json()
    rest = api.get(f"/api/v1/me/history?limit=3&cursor={first['next_cursor']}").json()
    assert ([*first["data"], *rest["data"]], rest["next_cursor"]) == (whole, None)
    assert api.delete(f"/api/v1/me/history/{made[0].id}").status_code == 204
    assert api.delete(f"/api/v1/me/history/{made[0].id}").status_code == 404
    Post.objects.filter(id=made[1].id).update(audience="private")
    assert len(api.get("/api/v1/me/history").json()["data"]) == 3
    assert factories.client(requester).delete("/api/v1/me/history").status_code == 204
    assert View.objects.count() == 4
    assert api.delete("/api/v1/me/history").status_code == 204
    assert (View.objects.count(), counted(made[4])) == (0, (1, 800))


def test_what_was_told_before_a_history_was_cleared_does_not_come_back(
    post: Post, stranger: Person, api: APIClient
) -> None:
    viewing = opened(stranger, post)
    take(stranger, told(post, viewing, 4000))
    assert api.delete("/api/v1/me/history").status_code == 204
    assert (counted(post), View.objects.count()) == ((0, 0), 0)
    take(stranger, told(post, viewing, 5000))
    counting.fold()
    assert View.objects.get().watched_ms == 1000


def test_a_beacon_is_told_of_for_longer_than_any_ticket_lasts() -> None:
    lasting = timedelta(seconds=live.PLAYBACK_SECONDS + live.UPLOAD_MAX_SECONDS)
    assert lasting < beacons.TOLD_FOR
    assert counting.KEPT > beacons.TOLD_FOR
