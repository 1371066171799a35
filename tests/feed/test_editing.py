"""Changing what is published: by its author, as it was read, and wider only as far as the grants reach."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts import graph
from accounts.models import Person
from consent import withdrawal
from consent.models import Decision, Grant
from feed import publishing
from feed.models import Post
from tests import factories
from worker.models import Video


@pytest.fixture
def post(video: Video, requester: Person) -> Post:
    """A post for followers."""
    return factories.post(requester, video, audience="followers", caption="Surf")


@pytest.fixture
def api(requester: Person) -> APIClient:
    """Its author's client."""
    return factories.client(requester)


def change(api: APIClient, post: Post, tag: str = "", **body: Any) -> Any:
    """Change a post, as it was just read unless ``tag`` says otherwise."""
    address = f"/api/v1/posts/{post.id}"
    seen = tag or api.get(address).get("ETag", '"none"')
    return api.patch(address, body, format="json", headers={"If-Match": seen})


def said(reply: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return reply.status_code, reply.json()["code"]


def now(post: Post) -> tuple[str, str, bool]:
    """Words, audience and whether comments are on."""
    post.refresh_from_db()
    return post.caption, post.audience, post.comments_on


def test_an_edit_changes_what_is_sent_and_shows_that_it_was_edited(api: APIClient, post: Post) -> None:
    before = api.get(f"/api/v1/posts/{post.id}")
    reply = change(api, post, caption="Sea", comments_on=False, may_remix=False)
    assert (reply.status_code, now(post)) == (200, ("Sea", "followers", False))
    assert (before.json()["edited_at"], reply.json()["may_remix"], reply.json()["may_stitch"]) == (None, False, True)
    assert reply.json()["edited_at"]
    assert reply["ETag"] != before["ETag"]
    assert api.get(f"/api/v1/posts/{post.id}").json() == reply.json()


def test_an_edit_takes_the_tag_that_was_read(api: APIClient, post: Post) -> None:
    old = api.get(f"/api/v1/posts/{post.id}")["ETag"]
    assert change(api, post, caption="One").status_code == 200
    assert said(change(api, post, old, caption="Two")) == (412, "precondition_failed")
    plain = api.patch(f"/api/v1/posts/{post.id}", {"caption": "Three"}, format="json")
    assert (said(plain), now(post)[0]) == ((428, "precondition_required"), "One")


def test_of_two_edits_at_once_the_second_is_refused(post: Post, requester: Person) -> None:
    publishing.edit(author=requester, post_id=post.id, seen=1, changes={"caption": "One"})
    with pytest.raises(Exception, match="changed"):
        publishing.edit(author=requester, post_id=post.id, seen=1, changes={"caption": "Two"})
    assert now(post)[0] == "One"


def test_nobody_edits_what_is_not_theirs(post: Post, subject: Person, stranger: Person) -> None:
    for someone in (subject, stranger):
        api = factories.client(someone)
        assert said(change(api, post, f'"{post.id}-1"', caption="Mine")) == (404, "not_found")
    assert now(post)[0] == "Surf"


def test_a_wider_audience_is_asked_of_the_grants_anew(api: APIClient, post: Post, grant: Grant) -> None:
    Grant.objects.update(audience="followers")
    before = Decision.objects.count()
    assert said(change(api, post, audience="public")) == (403, "consent_unavailable")
    assert now(post)[1] == "followers"
    asked = Decision.objects.order_by("leaf")[before:]
    assert list(asked.values_list("point", "verdict", "reason")) == [("publish", "denied", "audience")]
    Grant.objects.update(audience="public")
    assert (change(api, post, audience="public").status_code, now(post)[1]) == (200, "public")
    assert Decision.objects.filter(point="publish", verdict="allowed").count() == 2


@pytest.mark.parametrize("audience", ["private", "close_friends"])
def test_a_narrower_audience_asks_nobody_and_cuts_whoever_watches(api: APIClient, post: Post, audience: str) -> None:
    before = Decision.objects.count()
    with CaptureQueriesContext(connection) as asked:
        assert change(api, post, audience=audience).status_code == 200
    cut = [query["sql"] for query in asked if "pg_notify" in query["sql"]]
    assert (Decision.objects.count(), now(post)[1]) == (before, audience)
    assert len(cut) == 1 and f"video:{post.video_id}" in cut[0]


def test_who_lost_the_audience_sees_it_no_more(api: APIClient, post: Post, stranger: Person, requester: Person) -> None:
    graph.follow(follower=stranger, followee=requester)
    viewer, address = factories.client(stranger), f"/api/v1/posts/{post.id}"
    assert viewer.get(address).status_code == 200
    change(api, post, audience="private")
    assert said(viewer.get(address)) == (404, "not_found")
    assert viewer.get("/api/v1/feeds/following").json()["data"] == []


def test_an_edit_of_words_cuts_nobody(api: APIClient, post: Post) -> None:
    with CaptureQueriesContext(connection) as asked:
        change(api, post, caption="Sea")
    assert [query for query in asked if "pg_notify" in query["sql"]] == []


def test_what_is_gone_is_not_edited(api: APIClient, post: Post, subject: Person) -> None:
    tag = api.get(f"/api/v1/posts/{post.id}")["ETag"]
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert said(change(api, post, tag, caption="Sea")) == (410, "gone_consent")
    assert now(post)[0] == "Surf"


def test_a_removed_post_leaves_a_tombstone_to_whoever_could_see_it(
    api: APIClient, post: Post, stranger: Person, requester: Person
) -> None:
    address, tag = f"/api/v1/posts/{post.id}", api.get(f"/api/v1/posts/{post.id}")["ETag"]
    follower = factories.person()
    graph.follow(follower=follower, followee=requester)
    assert api.delete(address).status_code == 204
    assert said(factories.client(follower).get(address)) == (410, "gone_removed")
    assert said(factories.client(stranger).get(address)) == (404, "not_found")
    assert said(change(api, post, tag, caption="Back")) == (410, "gone_removed")
    assert factories.client(follower).get("/api/v1/feeds/following").json()["data"] == []
    assert now(post)[0] == "Surf"
