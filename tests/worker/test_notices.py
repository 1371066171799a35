"""What the worker tells: videos that are ready, drafts that wait for a review, jobs that failed."""

import pytest

from accounts.models import Notice, Person
from consent import withdrawal
from consent.gate import Denied
from consent.models import Grant
from consent.withdrawal import Scope
from tests import factories
from tests.accounts.noticing import shown, texts
from worker import jobs, reviews

pytestmark = pytest.mark.django_db


def test_a_video_that_is_ready_is_told_to_who_asked_for_it_and_goes_with_its_grant(
    subject: Person, requester: Person, grant: Grant
) -> None:
    film = factories.video(requester, subject)
    (row,) = shown(requester)
    assert (row["kind"], row["thing"], row["actors"]) == ("job_completed", {"kind": "video", "id": film.id}, [])
    assert texts(subject) == []
    withdrawal.withdraw(subject=subject, scope=Scope(grant_id=grant.id))
    assert [row["kind"] for row in shown(requester)] == ["grant_ended"]


def test_a_draft_is_told_to_who_wished_to_review_it_and_then_to_who_made_it(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester, review=True)
    film = factories.video(requester, subject)
    assert (texts(subject), texts(requester)) == (["@sam made a video of you and awaits your review."], [])
    reviews.accept(subject=subject, video_id=film.id, sha256=bytes(film.content_digest).hex())
    assert texts(requester) == ["Your video is ready."]
    reviews.accept(subject=subject, video_id=film.id, sha256=bytes(film.content_digest).hex())
    assert Notice.objects.filter(kind="job_completed").count() == 1


def test_a_vetoed_draft_is_gone_from_the_inbox(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester, review=True)
    film = factories.video(requester, subject)
    reviews.veto(subject=subject, video_id=film.id)
    assert (shown(subject), shown(requester)) == ([], [])


def test_a_job_that_failed_is_told_once(subject: Person, requester: Person, grant: Grant) -> None:
    job = factories.job(requester, subject)
    claimed = jobs.claim(job.id)
    assert claimed
    for _ in range(2):
        jobs.fail(claimed, "engine_failed", "It broke.")
    assert [(row["kind"], row["thing"]["id"]) for row in shown(requester)] == [("job_failed", job.id)]
    assert "It broke" not in shown(requester)[0]["text"]


def test_a_refused_request_tells_nobody(subject: Person, requester: Person) -> None:
    with pytest.raises(Denied):
        factories.job(requester, subject)
    assert Notice.objects.count() == 0


def test_a_result_that_comes_too_late_tells_nobody(subject: Person, requester: Person, grant: Grant) -> None:
    job = factories.job(requester, subject)
    claimed = jobs.claim(job.id)
    assert claimed
    withdrawal.withdraw(subject=subject, scope=Scope(grant_id=grant.id))
    jobs.fail(claimed, "engine_failed", "It broke.")
    assert [row["kind"] for row in shown(requester)] == ["grant_ended"]
