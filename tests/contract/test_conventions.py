"""What holds for every reply of the API: rate limits, pages, times, ids, validators. Generated from the routes."""

import re
import secrets
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts import blocks, closeness, graph, mutes
from accounts.discovery import epochs, transparency
from accounts.models import Export, Follow, FollowRequest, Guardianship, Passkey, Person
from accounts.views import MeView, PeopleView
from consent import asks, groups, withdrawal
from consent.models import Ask, Choice, Grant
from consent.withdrawal import Scope
from feed.engagement import comments, marks
from feed.engagement.marks import Mark
from feed.models import Draft, Hidden, Post, PostTag, View
from moderation import actions, reports
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import MAX_SIZE
from socialvideo.lib.etags import etag
from socialvideo.lib.models import RequestCount
from socialvideo.lib.ratelimit import Policy
from tests import factories
from tests.accounts import discovering, noticing
from tests.accounts.noticing import Browser
from tests.contract import refusals, steering, stored
from tests.contract import world as worlds
from tests.contract.routes import Route, described_routes, lists
from tests.contract.table import rightful
from tests.contract.uploads import DECLARED
from tests.contract.world import World
from worker.models import Upload
from worker.uploads import sessions

READING = [route for route in described_routes() if route.method == "GET"]
LISTS = lists()
UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
POLICY = re.compile(r'"[a-z-]+";q=\d+;w=\d+')
LEFT = re.compile(r'"[a-z-]+";r=\d+;t=\d+')
# Who finds something in a list; the requester does where nobody else is named.
READERS = {
    "/me/likeness/drafts": "subject",
    "/people/{handle}/following": "subject",
    "/me/likeness/uses": "subject",
    "/me/likeness/videos": "subject",
    "/me/likeness/people": "subject",
    "/asks": "subject",
    "/grants": "subject",
    "/withdrawals": "subject",
    "/feeds/following": "subject",
    "/feeds/friends": "subject",
    "/feeds/trending": "subject",
    "/hashtags/{tag}/posts": "subject",
    "/sounds/{video_id}/posts": "subject",
    "/moderation/reports": "moderator",
}


def filled(world: World, times: int) -> None:
    """Put ``times`` more rows into every list."""
    subject, requester = world.people["subject"], world.people["requester"]
    Grant.objects.filter(id=world.grant.id).update(review=False)
    for _ in range(times):
        someone = factories.person()
        wish: dict[str, Any] = {"purposes": ["personal"], "audience": "private", "message": ""}
        graph.follow(follower=someone, followee=requester)
        graph.follow(follower=requester, followee=someone)
        FollowRequest.objects.create(follower=factories.person(), followee=requester)
        blocks.block(blocker=requester, blocked=factories.person())
        mutes.mute(muter=requester, muted=someone)
        closeness.add(person=requester, friend=someone)
        asks.ask(requester=someone, subject=subject, **wish)
        given = factories.grant(subject, someone)
        withdrawal.withdraw(subject=subject, scope=Scope(grant_id=given.id))
        film = factories.video(requester, subject)
        post = factories.post(requester, film, audience="followers")
        Post.objects.filter(id=post.id).update(sound=world.video)
        PostTag.objects.create(post=post, tag="surf")
        factories.trend(factories.post(requester, factories.footage(requester)))
        factories.post(requester, factories.video(requester, remix_of=world.video.id), audience="followers")
        talked(world, requester)
        Draft.objects.create(owner=requester, video=world.draft, audience="private")
        reports.report(reporter=requester, video_id=film.id, category="other", detail="")
        ruling: dict[str, Any] = {"category": "other", "reasons": "Nothing is wrong with it."}
        reports.report(reporter=someone, video_id=world.draft.id, category="other", detail="")
        actions.dismiss(moderator=world.people["moderator"], video_id=world.draft.id, **ruling)
        groups.choose(subject=subject, person=someone, kind=Choice.Kind.CHOSEN)
        Upload.objects.filter(owner=requester, status="receiving").update(status="cancelled", ended_at=Now())
        sessions.begin(owner=requester, **DECLARED)
        discovering.known(someone)
        discovering.befriend(requester, someone)
        transparency.publish(epochs.usable()[-1])
        steering.wished(requester, secrets.token_hex(4))
        factories.client(requester)
        Guardianship.objects.create(ward=factories.teen(), guardian=requester)
        factories.grant(world.security.guardianship.ward, someone)
        passkey = {"credential_id": secrets.token_bytes(16), "credential": b"", "name": "key"}
        Passkey.objects.create(person=requester, **passkey)
        Export.objects.create(person=requester, state="expired")
        where = f"https://push.example.org/{secrets.token_hex(8)}"
        noticing.subscribed(requester, Browser(), where)
    # From here on the videos are drafts that wait for their review.
    Grant.objects.filter(id=world.grant.id).update(review=True)


def talked(world: World, requester: Person) -> None:
    """Have the requester like, keep, hide and watch one more post, and say something that is replied to, and held."""
    post = factories.post(requester, factories.footage(requester))
    for mark in Mark:
        marks.put(mark, person=requester, post_id=post.id)
    View.objects.create(person=requester, post=post, plays=1, watched_ms=900)
    Hidden.objects.create(person=requester, kind="post", thing=str(post.id), strength="hide")
    comments.say(author=requester, post_id=world.post.id, text="More.")
    comments.say(author=requester, post_id=world.post.id, text="A reply.", parent_id=world.comment.id)
    comments.filter_by(person=requester, words=["held"])
    comments.say(author=world.people["subject"], post_id=world.post.id, text="This is held.")
    comments.say(author=world.people["subject"], post_id=world.post.id, text=f"Look, @{requester.handle}!")


def reader(world: World, route: Route) -> APIClient:
    """A client who may read there, and for whom a list is not empty."""
    return worlds.client(world, READERS.get(route.address, "requester" if route in LISTS else rightful(route)))


def members(said: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every member of a JSON document, by its own name."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield from members(value, key)
    elif isinstance(said, list):
        for value in said:
            yield from members(value, name)
    else:
        yield name, said


def test_every_reply_has_ids_of_version_7_and_times_in_utc(world: World) -> None:
    filled(world, 1)
    ids, times = [], []
    for route in READING:
        response = worlds.send(world, route, reader(world, route))
        assert response.status_code == 200
        found = list(members(response.json())) if response["Content-Type"] == "application/json" else []
        ids += [value for name, value in found if name == "id"]
        times += [value for name, value in found if name in ("at", "since", "timestamp") or name.endswith("_at")]
    assert len(ids) > 100
    assert {UUID(value).version for value in ids} == {7}
    assert len(times) > 50
    assert [value for value in times if value is not None and not UTC.fullmatch(value)] == []


def test_every_list_goes_on_page_by_page_to_its_end_and_shows_each_row_once(world: World) -> None:
    filled(world, 3)
    for route in LISTS:
        api, address = reader(world, route), worlds.address(world, route)
        whole = api.get(address, {"limit": MAX_SIZE}).json()
        assert whole["next_cursor"] is None
        paged = list(pages(api, f"{address}?limit=2"))
        assert [row for page in paged for row in page] == whole["data"], str(route)
        assert len(paged) >= 2
        assert {len(page) for page in paged[:-1]} == {2}


def pages(api: APIClient, place: str) -> Iterator[list[Any]]:
    """The pages of a list, from Link to Link."""
    while place:
        page = api.get(place)
        link = re.fullmatch(r'<http://testserver(.+)>; rel="next"', page.get("Link", ""))
        assert (link is None) == (page.json()["next_cursor"] is None)
        yield page.json()["data"]
        place = link.group(1) if link else ""


def test_every_list_refuses_a_limit_and_a_cursor_that_are_none(world: World) -> None:
    for route in LISTS:
        api, address = reader(world, route), worlds.address(world, route)
        for query, code in (("limit=101", "limit"), ("limit=0", "limit"), ("cursor=x", "cursor")):
            assert refusals.said(api.get(f"{address}?{query}")) == (400, f"invalid_{code}"), str(route)


def test_every_list_asks_as_often_for_eight_rows_as_for_two(world: World) -> None:
    def cost() -> dict[str, tuple[int, int]]:
        """Rows and queries of each list."""
        costs = {}
        for route in LISTS:
            api, address = reader(world, route), worlds.address(world, route)
            with CaptureQueriesContext(connection) as asked:
                rows = api.get(address, {"limit": MAX_SIZE}).json()["data"]
            costs[str(route)] = (len(rows), len(asked))
        return costs

    filled(world, 1)
    few = cost()
    filled(world, 6)
    many = cost()
    assert all(many[name][0] >= few[name][0] + 6 for name in few)
    assert {name: queries for name, (_, queries) in many.items()} == {
        name: queries for name, (_, queries) in few.items()
    }
    assert max(queries for _, queries in many.values()) <= 6


def test_one_row_costs_as_much_as_eight_in_the_lists_of_the_graph(requester: Person) -> None:
    api = factories.client(requester)
    for count in (1, 8):
        while Follow.objects.count() < 2 * count:
            someone = factories.person()
            graph.follow(follower=someone, followee=requester)
            graph.follow(follower=requester, followee=someone)
        for side in ("followers", "following"):
            with CaptureQueriesContext(connection) as asked:
                assert len(api.get(f"/api/v1/people/sam/{side}").json()["data"]) == count
            assert len(asked) == 5, [query["sql"] for query in asked]


def test_every_reply_says_what_is_left_of_the_quota(world: World) -> None:
    for route in described_routes():
        for who in ("anonymous", rightful(route)):
            with worlds.undone():
                response = worlds.send(world, route, worlds.client(world, who))
            assert POLICY.fullmatch(response["RateLimit-Policy"]), str(route)
            assert LEFT.fullmatch(response["RateLimit"])


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/v1/nothing", "/api/v1/jobs/zzz", "/api/v1/schema", "/api/v1/docs"])
def test_replies_beside_the_views_say_it_too(address: str) -> None:
    response = APIClient().get(address)
    assert POLICY.fullmatch(response["RateLimit-Policy"])
    assert LEFT.fullmatch(response["RateLimit"])


@pytest.mark.parametrize("address", ["/livez", "/readyz", "/admin/login/"])
def test_what_is_no_api_is_not_counted(address: str, db: None) -> None:
    assert "RateLimit" not in APIClient().get(address)
    assert RequestCount.objects.count() == 0


@pytest.fixture
def one_factor(settings: Any) -> None:
    """Quotas as they are in service."""
    settings.RATE_LIMIT_FACTOR = 1


def test_over_the_quota_a_request_is_refused_with_the_time_to_wait(
    one_factor: None, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PeopleView, "rate", Policy("sign-up", 2, 600))
    body = {"handle": "x", "email": "x", "birth_date": "x", "password": "x"}
    left = [APIClient().post("/api/v1/people", body, format="json")["RateLimit"].split(";")[1] for _ in range(2)]
    assert left == ["r=1", "r=0"]
    with stored.unchanged():
        good = {**body, "handle": "ada", "email": "a@example.org", "birth_date": "1990-12-10"}
        good["password"] = factories.PASSWORD
        refused = APIClient().post("/api/v1/people", good, format="json")
        assert refusals.said(refused) == (429, "rate_limited")
    assert 1 <= int(refused["Retry-After"]) <= 600
    assert refused["RateLimit"] == f'"sign-up";r=0;t={refused["Retry-After"]}'
    assert refused["RateLimit-Policy"] == '"sign-up";q=2;w=600'


def test_accounts_are_counted_apart_wherever_they_come_from(
    one_factor: None, requester: Person, stranger: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "DEFAULT", Policy("default", 1, 60))
    sam, kim = factories.client(requester), factories.client(stranger)
    assert [sam.get("/api/v1/me").status_code for _ in range(2)] == [200, 429]
    assert kim.get("/api/v1/me").status_code == 200
    assert sam.get("/api/v1/me", REMOTE_ADDR="10.0.0.9").status_code == 429


def test_reading_does_not_use_up_the_quota_of_writing(
    one_factor: None, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MeView, "rate", Policy("narrow", 1, 60), raising=False)
    api = factories.client(requester)
    assert [api.get("/api/v1/me").status_code for _ in range(3)] == [200, 200, 200]
    assert [api.patch("/api/v1/me", {}, format="json").status_code for _ in range(2)] == [200, 429]


def test_a_header_that_anybody_can_write_makes_no_fresh_caller(
    one_factor: None, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "REFUSED", Policy("refused", 3, 60))
    statuses = [APIClient().get("/api/v1/me", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


def test_trying_out_tokens_is_counted_by_address(
    one_factor: None, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "REFUSED", Policy("refused", 2, 60))
    replies = [APIClient().get("/api/v1/me", headers={"Authorization": f"Bearer {n}"}) for n in range(3)]
    assert [refusals.said(reply) for reply in replies] == [(401, "token_invalid")] * 2 + [(429, "rate_limited")]
    assert int(replies[-1]["Retry-After"]) >= 1
    assert factories.client(requester).get("/api/v1/me").status_code == 200


def test_a_grant_is_changed_only_by_whoever_read_its_present_version(grant: Grant, subject: Person) -> None:
    api, address = factories.client(subject), f"/api/v1/grants/{grant.id}"
    read = api.get(address)["ETag"]
    changed = api.patch(address, {"max_uses": 4}, format="json", headers={"If-Match": read})
    assert (changed.status_code, changed.json()["max_uses"]) == (200, 4)
    assert changed["ETag"] == api.get(address)["ETag"] != read
    with stored.unchanged():
        response = api.patch(address, {"max_uses": 3}, format="json", headers={"If-Match": read})
        assert refusals.said(response) == (412, "precondition_failed")
        response = api.patch(address, {"max_uses": 3}, format="json")
        assert refusals.said(response) == (428, "precondition_required")


@pytest.mark.parametrize("sent", ["", "x", '""', "*", "W/{0}", "{0}x", '"a", "b"'])
def test_another_validator_changes_nothing(grant: Grant, subject: Person, sent: str) -> None:
    api = factories.client(subject)
    current = etag(grant.id, grant.version, grant.uses)
    with stored.unchanged():
        headers = {"If-Match": sent.format(current)}
        response = api.patch(f"/api/v1/grants/{grant.id}", {"max_uses": 3}, format="json", headers=headers)
        assert refusals.said(response) == (412, "precondition_failed")


def test_the_present_validator_may_stand_among_others(grant: Grant, subject: Person) -> None:
    headers = {"If-Match": f'"x", {etag(grant.id, grant.version, grant.uses)}'}
    address = f"/api/v1/grants/{grant.id}"
    assert factories.client(subject).patch(address, {"max_uses": 3}, format="json", headers=headers).status_code == 200


def test_withdrawing_takes_no_validator_and_no_reason(grant: Grant, subject: Person, requester: Person) -> None:
    body = {"scope": "grantee", "grantee": requester.handle}
    assert factories.client(subject).post("/api/v1/withdrawals", body, format="json").status_code == 201
    assert Grant.objects.get(id=grant.id).state == "withdrawn"


def test_what_was_made_says_where_it_is(subject: Person, requester: Person) -> None:
    api = factories.client(requester)
    body: dict[str, Any] = {"subject": "eileen", "purposes": ["personal"], "audience": "private"}
    made = api.post("/api/v1/asks", body, format="json")
    assert made["Location"] == f"/api/v1/asks/{Ask.objects.get().id}"
