"""Invitations to make something: now and then and at the end, by a road that is open now; none where it is calm."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts import blocks, graph
from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Scope
from feed.foryou import prompting
from feed.models import Impression, Post
from socialvideo.lib.clock import wall_now
from tests import factories
from tests.feed import audience

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ADDRESS, SETTINGS = "/api/v1/feeds/for-you", "/api/v1/me/feed-settings"


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """An invitation every four items."""
    monkeypatch.setattr(prompting, "EVERY", 4)


@pytest.fixture
def sam(requester: Person) -> APIClient:
    """Who watches."""
    return factories.client(requester)


@pytest.fixture
def films(stranger: Person) -> list[Post]:
    """Six posts of nobody, which others may not remix."""
    said = dict.fromkeys(("may_remix", "may_stitch", "may_reuse_sound", "may_download"), False)
    return [audience.posted(stranger, "chess", n, said=said) for n in range(6)]


def prompts(api: APIClient, limit: int = 2) -> list[dict[str, Any] | None]:
    """What each page of a walk carries beside its items."""
    found, cursor = [], None
    while True:
        said = api.get(ADDRESS, {"limit": limit, **({"cursor": cursor} if cursor else {})}).json()
        found.append(said["prompt"])
        cursor = said["next_cursor"]
        if cursor is None:
            return found


def kinds(api: APIClient, limit: int = 2) -> list[str | None]:
    """Of which kind these are."""
    return [each and each["kind"] for each in prompts(api, limit)]


@pytest.fixture
def friend(grant: Grant, subject: Person, requester: Person) -> Person:
    """Somebody who follows and is followed, and granted their likeness."""
    factories.mutual(subject, requester)
    return subject


def test_it_comes_every_so_many_items_and_at_the_end_and_is_no_item(sam: APIClient, films: list[Post]) -> None:
    assert kinds(sam) == [None, "own", None, "own"]
    assert Impression.objects.count() == len(films)
    assert prompts(sam)[-1] == {
        "kind": "own",
        "words": "Make something of your own.",
        "friend": None,
        "post": None,
        "to": {"method": "POST", "address": "/api/v1/uploads"},
    }


def test_a_friend_is_named_who_granted_their_likeness(sam: APIClient, friend: Person, films: list[Post]) -> None:
    found = prompts(sam)[-1]
    assert found and found["friend"] == {"id": str(friend.id), "handle": "eileen", "display_name": "Eileen"}
    assert found["to"]["address"] == "/api/v1/jobs"
    sent = {"subjects": [found["friend"]["handle"]], "prompt": "surfing", "audience": "public"}
    assert sam.post(found["to"]["address"], sent, format="json").status_code == 202


@pytest.mark.parametrize(
    "ends",
    [
        lambda grant, sam: withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id)),
        lambda grant, sam: blocks.block(blocker=grant.subject, blocked=sam),
        lambda grant, sam: graph.unfollow(follower=grant.subject, followee=sam),
        lambda grant, sam: Grant.objects.filter(id=grant.id).update(uses=grant.max_uses),
        lambda grant, sam: grant.subject.likenesses.update(erased_at=wall_now(), key=None, photo_digest=None),
        lambda grant, sam: Person.objects.filter(id=grant.subject_id).update(suspended_until=wall_now() + DAY),
    ],
    ids=["withdrawn", "blocked", "unfollowed", "used up", "erased", "suspended"],
)
def test_nobody_is_named_whose_likeness_is_not_theirs_to_use_now(
    ends: Callable[..., object], sam: APIClient, friend: Person, grant: Grant, requester: Person, films: list[Post]
) -> None:
    assert "friend" in kinds(sam)
    ends(grant, requester)
    assert kinds(sam) == [None, "own", None, "own"]


def test_a_film_is_named_that_may_be_remixed(sam: APIClient, films: list[Post]) -> None:
    Post.objects.filter(id=films[2].id).update(may_remix=True)
    found = prompts(sam)
    assert [each and each["post"] for each in found] == [None, str(films[2].id), None, None]
    assert found[1] and found[1]["to"]["address"] == f"/api/v1/videos/{films[2].video_id}/remixes"
    said = sam.post(found[1]["to"]["address"], {"prompt": "at night", "audience": "public"}, format="json")
    assert said.json().get("code") != "consent_unavailable"


@pytest.mark.parametrize(("may", "kind"), [(True, "remix"), (False, "own")])
def test_a_film_is_named_only_if_all_whom_it_shows_granted_that(
    may: bool, kind: str, sam: APIClient, subject: Person
) -> None:
    author = factories.person()
    factories.grant(subject, author, may_remix=may)
    factories.post(author, factories.video(author, subject))
    assert kinds(sam) == [kind]


def test_where_it_is_to_be_calm_there_is_none(sam: APIClient, films: list[Post]) -> None:
    sam.patch(SETTINGS, {"mood": "calm"}, format="json")
    assert set(kinds(sam)) == {None}
    sam.patch(SETTINGS, {"mood": "any", "quiet_from": "00:00", "quiet_to": "23:59"}, format="json")
    said = sam.get(ADDRESS).json()
    assert said["prompt"] is None
    assert said["ended"]["kind"] == "quiet_hours"


def test_a_budget_that_is_spent_ends_with_one_and_a_break_without(sam: APIClient, films: list[Post]) -> None:
    sam.get(ADDRESS)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE feed_sitting SET spent_s = 600, began_at = now() - interval '20 minutes'")
    sam.patch(SETTINGS, {"break_minutes": 10}, format="json")
    said = sam.get(ADDRESS).json()
    assert (said["ended"]["kind"], said["prompt"]) == ("break", None)
    sam.patch(SETTINGS, {"break_minutes": None, "budget_minutes": 5}, format="json")
    said = sam.get(ADDRESS).json()
    assert (said["ended"]["kind"], said["prompt"]["kind"], said["data"]) == ("budget", "own", [])


def test_who_wants_none_gets_none(sam: APIClient, friend: Person, films: list[Post]) -> None:
    assert sam.get(SETTINGS).json()["prompts"] is True
    assert sam.patch(SETTINGS, {"prompts": False}, format="json").json()["prompts"] is False
    assert set(kinds(sam)) == {None}
