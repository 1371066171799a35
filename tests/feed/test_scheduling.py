"""Scheduled posts: published once when they are due, and kept with the reason when they cannot be."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from accounts import standing
from accounts.models import Notice, Person
from consent import withdrawal
from feed import drafts, publishing, scheduling
from feed.models import Draft, Post
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories
from worker import videos
from worker.models import Upload, Video

HOUR = timedelta(hours=1)


def scheduled(film: Video, **fields: Any) -> Draft:
    """A draft of a film that is due."""
    due = {"state": "scheduled", "publish_at": database_now() - HOUR, "audience": "public", "caption": "Surf"}
    return Draft.objects.create(owner=film.owner, **{"video": film, **due, **fields})


def outcome(draft: Draft) -> tuple[str, str]:
    """What became of it, and why."""
    draft.refresh_from_db()
    return draft.state, draft.failure_code


def told() -> list[tuple[str, Any]]:
    """The notices of drafts that failed."""
    rows = Notice.objects.filter(kind="draft_failed")
    return list(rows.values_list("recipient__handle", "thing_id"))


def test_what_is_due_is_published_and_what_is_not_waits(video: Video) -> None:
    due, later = scheduled(video), scheduled(factories.footage(video.owner), publish_at=database_now() + HOUR)
    assert [scheduling.publish(draft.id) for draft in (due, later)] == [True, False]
    assert (outcome(due), outcome(later)) == (("published", ""), ("scheduled", ""))
    assert (Post.objects.get().video, Post.objects.get().caption, due.caption) == (video, "Surf", "")
    assert told() == []


def test_a_message_that_comes_again_publishes_nothing_more(video: Video) -> None:
    draft = scheduled(video)
    assert [scheduling.publish(draft.id) for _ in range(3)] == [True, False, False]
    assert (Post.objects.count(), outcome(draft), told()) == (1, ("published", ""), [])


def test_only_a_draft_that_is_scheduled_is_published(video: Video) -> None:
    draft = scheduled(video, state="draft")
    assert (scheduling.publish(draft.id), Post.objects.count()) == (False, 0)


def withdrawn(film: Video) -> None:
    withdrawal.withdraw(subject=film.depictions.get().subject, scope=withdrawal.Scope())


def suspended(film: Video) -> None:
    moderator = factories.person(is_staff=True)
    standing.suspend(person=film.owner, moderator=moderator, until=None, reason="spam")


def left(film: Video) -> None:
    Person.objects.filter(id=film.owner_id).update(is_active=False)


def held(film: Video) -> None:
    Video.objects.filter(id=film.id).update(screening="held")


def published(film: Video) -> None:
    publishing.publish(author=film.owner, video_id=film.id, caption="", audience="private")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (withdrawn, "consent_unavailable"),
        (suspended, "account_closed"),
        (left, "account_closed"),
        (held, "awaiting_screening"),
        (lambda film: videos.take_down(film.id), "taken_down"),
        (published, "already_published"),
    ],
)
def test_what_cannot_be_published_stays_a_draft_and_its_owner_is_told_once(
    video: Video, ends: Callable[[Video], object], code: str
) -> None:
    draft = scheduled(video)
    ends(video)
    posts = Post.objects.count()
    assert [scheduling.publish(draft.id) for _ in range(2)] == [False, False]
    assert (outcome(draft), draft.caption, Post.objects.count()) == (("draft", code), "Surf", posts)
    assert draft.failure_detail
    assert told() == [("sam", draft.id)]


@pytest.mark.parametrize(
    ("status", "code"),
    [("receiving", "still_processing"), ("processing", "still_processing"), ("expired", "upload_failed")],
)
def test_an_upload_that_is_not_there_in_time_leaves_the_draft(requester: Person, status: str, code: str) -> None:
    upload = Upload.objects.create(owner=requester, media_type="video/mp4", size_bytes=9, digest=bytes(32), file="a")
    over = {"ended_at": Now()} if status == "expired" else {}
    Upload.objects.filter(id=upload.id).update(status=status, received=9, **over)
    draft = scheduled(factories.footage(requester), video=None, upload=upload)
    scheduling.publish(draft.id)
    assert (outcome(draft), Post.objects.count(), len(told())) == (("draft", code), 0, 1)


def test_a_draft_that_failed_can_be_scheduled_anew(video: Video) -> None:
    draft = scheduled(video)
    Video.objects.filter(id=video.id).update(screening="held")
    scheduling.publish(draft.id)
    Video.objects.filter(id=video.id).update(screening="clear")
    drafts.edit(owner=video.owner, draft_id=draft.id, sent={"publish_at": database_now() + HOUR})
    assert outcome(draft) == ("scheduled", "")


@pytest.mark.parametrize("ahead", [-HOUR, timedelta(seconds=30), timedelta(days=91)])
def test_a_time_that_is_too_soon_or_too_late_is_refused(video: Video, ahead: timedelta) -> None:
    body = {"video": str(video.id), "audience": "public", "publish_at": database_now() + ahead}
    reply = factories.client(video.owner).post("/api/v1/drafts", body, format="json")
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/publish_at")
    assert Draft.objects.count() == 0


def test_a_draft_is_taken_off_the_schedule(video: Video) -> None:
    api = factories.client(video.owner)
    body = {"video": str(video.id), "audience": "public", "publish_at": database_now() + HOUR}
    draft = api.post("/api/v1/drafts", body, format="json").json()
    assert draft["state"] == "scheduled"
    later = api.patch(f"/api/v1/drafts/{draft['id']}", {"publish_at": None}, format="json").json()
    assert (later["state"], later["publish_at"]) == ("draft", None)


def test_each_draft_that_is_due_gets_a_message_of_its_own(
    video: Video, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    due = {str(scheduled(video).id) for _ in range(2)}
    scheduled(video, publish_at=database_now() + HOUR)
    sent: list[str] = []
    monkeypatch.setattr("socialvideo.lib.queue.app.send_task", lambda name, kwargs: sent.append(kwargs["draft_id"]))
    with django_capture_on_commit_callbacks(execute=True):
        assert scheduling.sweep() == 2
    assert set(sent) == due


def test_what_was_published_long_ago_is_forgotten(video: Video) -> None:
    draft = scheduled(video)
    scheduling.publish(draft.id)
    scheduling.sweep()
    assert Draft.objects.count() == 1
    Draft.objects.update(ended_at=database_now() - scheduling.KEPT - HOUR)
    scheduling.sweep()
    assert (Draft.objects.count(), Post.objects.count()) == (0, 1)


class Killed(BaseException):
    """The process is gone."""


def test_a_worker_that_is_killed_before_the_commit_published_nothing_and_the_next_does(
    video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = scheduled(video)

    def dying(_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publishing.notices, "tell_all", lambda **_: dying(_))
        with pytest.raises(Killed):
            scheduling.publish(draft.id)
    assert (Post.objects.count(), outcome(draft)) == (0, ("scheduled", ""))
    assert (scheduling.publish(draft.id), Post.objects.count()) == (True, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_publishes_and_nobody_is_told_that_it_failed(
    subject: Person, requester: Person
) -> None:
    factories.grant(subject, requester)
    draft, together = scheduled(factories.video(requester, subject)), threading.Barrier(4)

    def work() -> bool:
        together.wait(30)
        try:
            return scheduling.publish(draft.id)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        won = [run.result(60) for run in [pool.submit(work) for _ in range(4)]]
    assert (sum(won), Post.objects.count(), outcome(draft), told()) == (1, 1, ("published", ""), [])


def test_an_edit_between_the_reading_and_the_publishing_is_not_lost(
    video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = scheduled(video)
    real = publishing.publish

    def edited(**fields: Any) -> Post:
        Draft.objects.filter(id=draft.id).update(caption="Wiser.", version=2)
        return real(**fields)

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "publish", edited)
        assert not scheduling.publish(draft.id)
    assert (outcome(draft), Post.objects.count(), told()) == (("scheduled", ""), 0, [])
    assert (scheduling.publish(draft.id), Post.objects.get().caption) == (True, "Wiser.")


def test_publishing_a_draft_by_hand_and_on_time_makes_one_post(video: Video) -> None:
    draft = scheduled(video)
    drafts.publish(draft=draft)
    assert not scheduling.publish(draft.id)
    with pytest.raises(Problem) as refused:
        drafts.publish(draft=draft)
    assert (refused.value.code, Post.objects.count()) == ("already_published", 1)
