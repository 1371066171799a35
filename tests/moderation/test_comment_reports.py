"""A post and a comment can be reported, and a comment is taken down apart from the video above it."""

from typing import Any

import pytest

from accounts.models import Person
from feed.engagement import comments, talk
from feed.models import Comment, Post, PostCount
from moderation.models import Action, Report
from tests import factories
from tests.accounts.noticing import texts
from worker.models import Video


@pytest.fixture
def post(video: Video) -> Post:
    """Sam's public post."""
    return factories.post(video.owner, video)


@pytest.fixture
def said(post: Post, stranger: Person) -> Comment:
    """Something unkind that kim says under it."""
    return Comment.objects.get(id=comments.say(author=stranger, post_id=post.id, text="Unkind.").id)


def report(someone: Person, **about: Any) -> Any:
    """Report something."""
    sent = {name: str(thing.id) for name, thing in about.items()} | {"category": "harassment"}
    return factories.client(someone).post("/api/v1/reports", sent, format="json")


def decide(moderator: Person, kind: str, said: Comment) -> Any:
    """Decide on a comment."""
    sent = {"comment": str(said.id), "kind": kind, "category": "harassment", "reasons": "It hurts."}
    return factories.client(moderator).post("/api/v1/moderation/actions", sent, format="json")


def test_a_post_is_reported_by_its_video_and_a_comment_for_itself(
    post: Post, said: Comment, subject: Person, moderator: Person
) -> None:
    assert [report(subject, **about).status_code for about in ({"post": post}, {"comment": said})] == [201, 201]
    assert [report(subject, **about).status_code for about in ({"video": post.video}, {"comment": said})] == [409, 409]
    assert set(Report.objects.values_list("video", "comment")) == {(post.video_id, None), (post.video_id, said.id)}
    queued = factories.client(moderator).get("/api/v1/moderation/reports").json()["data"]
    assert [row["text"] for row in queued] == ["Unkind.", ""]


def test_one_thing_is_reported_at_a_time(post: Post, said: Comment, subject: Person) -> None:
    assert report(subject, post=post, comment=said).status_code == 422
    assert report(subject).status_code == 422
    assert report(subject, comment=post).status_code == 404
    assert Report.objects.count() == 0


def test_a_comment_that_is_taken_down_is_gone_and_the_video_stands(
    post: Post, said: Comment, subject: Person, stranger: Person, moderator: Person
) -> None:
    report(subject, comment=said)
    report(subject, video=post.video)
    assert [decide(moderator, "takedown", said).status_code for _ in range(2)] == [201, 409]
    assert talk.roots(viewer=subject, post_id=post.id, after=None, limit=9) == []
    assert Comment.objects.values_list("removed_by", flat=True).get() == "moderator"
    assert PostCount.objects.get(post=post).comments == 0
    assert set(Report.objects.values_list("comment", "state")) == {(said.id, "upheld"), (None, "open")}
    assert not Video.objects.get(id=post.video_id).taken_down_at
    assert "A moderator removed a comment of yours." in texts(stranger)


def test_who_wrote_and_who_reported_a_comment_read_the_reasons_and_nobody_else(
    post: Post, said: Comment, subject: Person, stranger: Person, moderator: Person
) -> None:
    lou = factories.person("lou")
    report(lou, comment=said)
    decide(moderator, "dismissal", said)
    reading = [subject, post.author, stranger, lou]
    told = [factories.client(one).get("/api/v1/me/statements").json()["data"] for one in reading]
    assert [[row["comment"] for row in rows] for rows in told] == [[], [], [str(said.id)], [str(said.id)]]
    assert (Action.objects.count(), decide(moderator, "dismissal", said).status_code) == (1, 409)
    assert Comment.objects.get(removed_at=None) == said
