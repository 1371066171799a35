"""Drafts: what somebody prepares stays whatever becomes of its film, and is published once, through the gate."""

from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from feed.models import Draft, Post
from tests import factories
from worker import videos
from worker.models import Upload, Video

DRAFTS = "/api/v1/drafts"


@pytest.fixture
def api(requester: Person) -> APIClient:
    """The client of who prepares."""
    return factories.client(requester)


@pytest.fixture
def upload(requester: Person) -> Upload:
    """An upload of theirs that is not there yet."""
    return Upload.objects.create(
        owner=requester, media_type="video/mp4", size_bytes=9, digest=bytes(32), file="uploads/one"
    )


def keep(api: APIClient, **body: Any) -> Any:
    """Keep a draft."""
    return api.post(DRAFTS, {"caption": "Soon.", "audience": "public", **body}, format="json")


def said(reply: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return reply.status_code, reply.json()["code"]


def publish(api: APIClient, draft: dict[str, Any]) -> Any:
    """Publish it."""
    return api.post(f"{DRAFTS}/{draft['id']}/publish")


def test_a_draft_keeps_what_was_typed_and_shows_it_to_its_owner_alone(api: APIClient, video: Video) -> None:
    reply = keep(api, video=str(video.id), comments_on=False, may_remix=False, cover_ms=500)
    shown = reply.json()
    assert (reply.status_code, reply["Location"]) == (201, f"{DRAFTS}/{shown['id']}")
    assert (shown["state"], shown["video"], shown["caption"]) == ("draft", str(video.id), "Soon.")
    assert (shown["comments_on"], shown["may_remix"], shown["may_stitch"], shown["cover_ms"]) == (
        *(False, False),
        *(None, 500),
    )
    assert api.get(reply["Location"]).json() == shown == api.get(DRAFTS).json()["data"][0]
    other = factories.client(factories.person())
    assert said(other.get(reply["Location"])) == (404, "not_found")
    assert other.get(DRAFTS).json()["data"] == []
    assert Post.objects.count() == 0


def test_a_draft_is_of_ones_own_video_or_upload(api: APIClient, stranger: Person, upload: Upload) -> None:
    foreign = factories.footage(stranger)
    assert said(keep(api)) == (422, "invalid_request")
    assert said(keep(api, video=str(foreign.id))) == (404, "not_found")
    assert said(keep(api, upload=str(foreign.id))) == (404, "not_found")
    both = keep(api, video=str(factories.footage(upload.owner).id), upload=str(upload.id))
    assert (both.status_code, Draft.objects.count()) == (422, 0)


def test_publishing_a_draft_makes_a_post_of_its_words_and_leaves_no_draft(api: APIClient, video: Video) -> None:
    draft = keep(api, video=str(video.id), comments_on=False, may_remix=False).json()
    reply = publish(api, draft)
    post = Post.objects.get()
    assert (reply.status_code, reply.json()["id"], reply.json()["caption"]) == (201, str(post.id), "Soon.")
    assert (post.comments_on, post.may_remix, post.may_stitch) == (False, False, True)
    over = api.get(f"{DRAFTS}/{draft['id']}").json()
    assert (over["state"], over["post"], over["caption"]) == ("published", str(post.id), "")
    assert api.get(DRAFTS).json()["data"] == []


def test_a_draft_is_published_once(api: APIClient, video: Video) -> None:
    draft = keep(api, video=str(video.id)).json()
    publish(api, draft)
    for again in (
        publish(api, draft),
        api.patch(f"{DRAFTS}/{draft['id']}", {"caption": "x"}, format="json"),
        api.delete(f"{DRAFTS}/{draft['id']}"),
    ):
        assert said(again) == (409, "already_published")
    assert (Post.objects.count(), Post.objects.get().caption) == (1, "Soon.")


def test_publishing_a_draft_asks_the_gate_and_keeps_it_when_refused(
    api: APIClient, video: Video, subject: Person
) -> None:
    draft = keep(api, video=str(video.id)).json()
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert said(publish(api, draft)) == (403, "consent_unavailable")
    assert Post.objects.count() == 0
    assert api.get(f"{DRAFTS}/{draft['id']}").json() == draft


def test_a_draft_of_an_upload_waits_for_its_video_and_follows_it(api: APIClient, upload: Upload) -> None:
    draft = keep(api, upload=str(upload.id)).json()
    assert (draft["video"], said(publish(api, draft))) == (None, (409, "still_processing"))
    film = factories.footage(upload.owner)
    Upload.objects.filter(id=upload.id).update(video=film, status="ready", received=9, ended_at=Now())
    assert api.get(f"{DRAFTS}/{draft['id']}").json()["video"] == str(film.id)
    assert (publish(api, draft).status_code, Post.objects.get().video) == (201, film)


def test_a_draft_survives_whatever_becomes_of_its_upload(api: APIClient, upload: Upload) -> None:
    draft = keep(api, upload=str(upload.id)).json()
    why = {"failure_code": "damaged", "failure_detail": "The film is damaged."}
    Upload.objects.filter(id=upload.id).update(status="rejected", ended_at=Now(), **why)
    refused = publish(api, draft)
    assert said(refused) == (409, "upload_failed")
    assert "The film is damaged." in refused.json()["detail"]
    upload.delete()
    left = api.get(f"{DRAFTS}/{draft['id']}").json()
    assert (left["caption"], left["upload"], said(publish(api, draft))) == ("Soon.", None, (409, "no_video"))
    film = factories.footage(upload.owner)
    assert api.patch(f"{DRAFTS}/{draft['id']}", {"video": str(film.id)}, format="json").status_code == 200
    assert publish(api, draft).status_code == 201


@pytest.mark.parametrize(
    ("verdict", "refusal"),
    [
        ("pending", (409, "awaiting_screening")),
        ("held", (409, "awaiting_screening")),
        ("refused", (403, "screening_refused")),
    ],
)
def test_what_screening_has_not_cleared_is_not_published(
    api: APIClient, video: Video, verdict: str, refusal: tuple[int, str]
) -> None:
    draft = keep(api, video=str(video.id)).json()
    Video.objects.filter(id=video.id).update(screening=verdict)
    assert (said(publish(api, draft)), Post.objects.count()) == (refusal, 0)


def test_a_taken_down_video_is_not_published(api: APIClient, video: Video) -> None:
    draft = keep(api, video=str(video.id)).json()
    videos.take_down(video.id)
    assert (said(publish(api, draft)), Post.objects.count()) == ((410, "taken_down"), 0)


def test_a_draft_is_thrown_away_and_its_video_stays(api: APIClient, video: Video) -> None:
    draft = keep(api, video=str(video.id)).json()
    assert api.delete(f"{DRAFTS}/{draft['id']}").status_code == 204
    assert (Draft.objects.count(), Video.objects.filter(purged_at=None).count()) == (0, 1)
    assert said(api.get(f"{DRAFTS}/{draft['id']}")) == (404, "not_found")


def test_what_was_edited_between_reading_and_publishing_is_not_published(
    api: APIClient, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = keep(api, video=str(video.id)).json()
    row = Draft.objects.get()
    api.patch(f"{DRAFTS}/{draft['id']}", {"caption": "Wiser."}, format="json")
    monkeypatch.setattr("feed.drafts.find", lambda *_: row)
    assert (said(publish(api, draft)), Post.objects.count()) == ((409, "draft_changed"), 0)


def test_a_poster_outside_the_video_is_refused(api: APIClient, video: Video) -> None:
    draft = keep(api, video=str(video.id), cover_ms=1001).json()
    refused = publish(api, draft)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/cover_ms")
    assert Post.objects.count() == 0


@pytest.mark.parametrize("count", [1, 5])
def test_a_list_of_drafts_costs_the_same_queries_however_many_are_in_it(
    count: int, api: APIClient, upload: Upload, video: Video, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Draft.objects.bulk_create(
        Draft(owner=upload.owner, audience="public", **({"upload": upload} if n % 2 else {"video": video}))
        for n in range(count)
    )
    with django_assert_num_queries(3):
        assert len(api.get(DRAFTS).json()["data"]) == count


def test_what_is_published_by_a_draft_is_still_gone_by_a_withdrawal(
    api: APIClient, video: Video, subject: Person, grant: Grant
) -> None:
    post = publish(api, keep(api, video=str(video.id)).json()).json()
    Grant.objects.filter(id=grant.id).update(not_before="2020-01-01T00:00Z", expires_at=Now())
    assert said(api.get(f"/api/v1/posts/{post['id']}")) == (410, "gone_consent")
