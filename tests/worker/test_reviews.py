"""Reviewing drafts: published only once everybody who wished to has accepted this very render."""

import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import Person
from consent import gate, withdrawal
from consent.models import Acceptance, Grant, LedgerLeaf, Veto
from consent.withdrawal import Scope
from feed.models import Post
from socialvideo.lib.errors import Problem
from tests import factories
from worker import jobs, reviews, videos
from worker.models import Video

ORDERS = 60


def reviewing(handle: str, grantee: Person) -> Person:
    """A person whose grant wishes to see each draft."""
    person = factories.enrolled(handle)
    factories.grant(person, grantee, review=True)
    return person


@pytest.fixture
def ada(requester: Person) -> Person:
    """Somebody who reviews."""
    return reviewing("ada", requester)


@pytest.fixture
def draft(ada: Person, requester: Person) -> Video:
    """A video of her that waits for her."""
    return factories.video(requester, ada)


def sha256(video: Video) -> str:
    """The hash of the render as it is shown."""
    return bytes(video.content_digest).hex()


def accept(subject: Person, video: Video) -> None:
    """Accept the render as it is."""
    reviews.accept(subject=subject, video_id=video.id, sha256=sha256(video))


def published(video: Video) -> bool:
    """Try to publish it."""
    try:
        factories.post(video.owner, video)
    except gate.Denied:
        return False
    return True


def status(video: Video) -> str:
    """What the job that made it is now."""
    video.job.refresh_from_db()
    return video.job.status


def refusal(subject: Person, video: Video, digest: str) -> tuple[int, str]:
    """How an acceptance is refused."""
    with pytest.raises(Problem) as refused:
        reviews.accept(subject=subject, video_id=video.id, sha256=digest)
    return refused.value.status_code, refused.value.code


# Publishing


def test_a_draft_waits_and_is_not_published_before_it_is_accepted(draft: Video, ada: Person) -> None:
    assert (status(draft), published(draft), Post.objects.count()) == ("awaiting_review", False, 0)
    accept(ada, draft)
    assert (status(draft), published(draft), Post.objects.count()) == ("completed", True, 1)


def test_a_draft_is_open_to_whoever_is_in_it_while_it_waits(draft: Video, ada: Person, stranger: Person) -> None:
    address = f"/api/v1/videos/{draft.id}/playback"
    assert [factories.client(person).get(address).status_code for person in (ada, stranger)] == [200, 404]


def test_one_changed_byte_and_the_acceptance_counts_for_nothing(draft: Video, ada: Person) -> None:
    accept(ada, draft)
    Video.objects.update(content_digest=b"x" * 32)
    assert (published(draft), Post.objects.count()) == (False, 0)


@pytest.mark.parametrize("other", ["00" * 32, "ff" * 32])
def test_the_hash_of_another_render_is_a_conflict(draft: Video, ada: Person, other: str) -> None:
    assert refusal(ada, draft, other) == (409, "render_changed")
    assert (Acceptance.objects.count(), status(draft), published(draft)) == (0, "awaiting_review", False)


def test_a_hash_in_capitals_is_the_same_hash(draft: Video, ada: Person) -> None:
    reviews.accept(subject=ada, video_id=draft.id, sha256=sha256(draft).upper())
    assert published(draft)


def test_whoever_is_not_in_it_neither_accepts_nor_vetoes(draft: Video, stranger: Person) -> None:
    for someone in (stranger, draft.owner, factories.enrolled()):
        assert refusal(someone, draft, sha256(draft)) == (404, "not_found")
        with pytest.raises(Problem, match="shows you"):
            reviews.veto(subject=someone, video_id=draft.id)
    assert (Acceptance.objects.count(), Veto.objects.count(), published(draft)) == (0, 0, False)


def test_accepting_twice_changes_nothing(draft: Video, ada: Person) -> None:
    accept(ada, draft)
    leaves = LedgerLeaf.objects.count()
    accept(ada, draft)
    assert (Acceptance.objects.count(), LedgerLeaf.objects.count(), status(draft)) == (1, leaves, "completed")


def test_a_veto_after_the_acceptance_ends_it_for_good(draft: Video, ada: Person) -> None:
    accept(ada, draft)
    reviews.veto(subject=ada, video_id=draft.id)
    assert (published(draft), Post.objects.count()) == (False, 0)
    assert refusal(ada, draft, sha256(draft)) == (410, "gone_consent")


def test_whoever_does_not_review_need_not_accept_but_may(requester: Person, ada: Person, subject: Person) -> None:
    factories.grant(subject, requester)
    draft = factories.video(requester, subject, ada)
    accept(subject, draft)
    assert (status(draft), published(draft)) == ("awaiting_review", False)
    accept(ada, draft)
    assert (status(draft), published(draft)) == ("completed", True)


# The job


def test_a_veto_refuses_the_job(draft: Video, ada: Person) -> None:
    reviews.veto(subject=ada, video_id=draft.id)
    assert (status(draft), published(draft)) == ("refused", False)
    assert jobs.claim(draft.job.id) is None


@pytest.mark.parametrize("mode", withdrawal.Mode)
def test_what_waits_is_refused_with_its_grant(draft: Video, ada: Person, mode: withdrawal.Mode) -> None:
    withdrawal.withdraw(subject=ada, scope=Scope(), mode=mode)
    assert (status(draft), published(draft)) == ("refused", False)


def test_what_waits_is_refused_with_the_video_that_it_is_a_remix_of(requester: Person, ada: Person) -> None:
    Grant.objects.update(may_remix=True)
    original = factories.video(requester, ada)
    remix = factories.video(requester, remix_of=original.id)
    withdrawal.withdraw(subject=ada, scope=Scope(video_id=original.id))
    assert [status(original), status(remix)] == ["refused", "refused"]


def test_the_drafts_of_others_are_left_to_wait(draft: Video, requester: Person) -> None:
    ben = reviewing("ben", requester)
    other = factories.video(requester, ben)
    reviews.veto(subject=ben, video_id=other.id)
    assert [status(draft), status(other)] == ["awaiting_review", "refused"]


# All of them, in any order


@pytest.fixture
def trio(requester: Person) -> list[Person]:
    """Three people who review."""
    return [reviewing(f"trio{place}", requester) for place in range(3)]


def any_order(trio: list[Person], owner: Person, seed: int, times: int) -> None:
    """Let some of the three accept in some order, some of them twice or another render; then try to publish."""
    dice, draft = random.Random(seed), factories.video(owner, *trio)
    for turn in range(times):
        place = transaction.savepoint()
        accepted = set()
        for person in dice.sample([*trio, dice.choice(trio)], k=dice.randint(1, 4)):
            digest = sha256(draft) if dice.random() < 0.9 else "00" * 32
            try:
                reviews.accept(subject=person, video_id=draft.id, sha256=digest)
                accepted.add(person.id)
            except Problem as problem:
                assert problem.code == "render_changed"
        whole = len(accepted) == 3
        assert (published(draft), status(draft)) == (whole, "completed" if whole else "awaiting_review"), (seed, turn)
        transaction.savepoint_rollback(place)


def test_three_who_review_must_all_accept_in_whatever_order(trio: list[Person], requester: Person) -> None:
    any_order(trio, requester, seed=1, times=ORDERS)


@pytest.mark.proof
@pytest.mark.skipif(os.environ.get("PROOFS") != "full", reason="a long proof: PROOFS=full runs it")
def test_three_who_review_must_all_accept_in_ten_thousand_orders(trio: list[Person], requester: Person) -> None:
    any_order(trio, requester, seed=2, times=10_000)


# Over HTTP


def say(api: APIClient, video: Video, **body: Any) -> Any:
    """Send an answer to a draft."""
    return api.put(f"/api/v1/videos/{video.id}/review", body, format="json")


def test_the_drafts_to_review_are_ones_own_until_they_are_answered(
    draft: Video, ada: Person, requester: Person
) -> None:
    api, address = factories.client(ada), "/api/v1/me/likeness/drafts"
    (row,) = api.get(address).json()["data"]
    assert (row["id"], row["sha256"]) == (str(draft.id), sha256(draft))
    assert factories.client(requester).get(address).json()["data"] == []
    assert say(api, draft, answer="accept", sha256=row["sha256"]).status_code == 204
    assert api.get(address).json()["data"] == []


@pytest.mark.parametrize("end", ["veto", "withdraw"])
def test_what_is_refused_waits_no_longer(draft: Video, ada: Person, end: str) -> None:
    api = factories.client(ada)
    if end == "veto":
        assert say(api, draft, answer="veto").status_code == 204
    else:
        withdrawal.withdraw(subject=ada, scope=Scope())
    assert api.get("/api/v1/me/likeness/drafts").json()["data"] == []
    assert say(api, draft, answer="accept", sha256=sha256(draft)).status_code == 410


def stop(draft: Video) -> None:
    """Let whom it shows allow nothing new."""
    withdrawal.withdraw(subject=draft.depictions.get().subject, scope=Scope(), mode=withdrawal.Mode.STOP)


ENDED: dict[str, Callable[[Video], object]] = {
    "its time": lambda draft: Grant.objects.update(not_before="2020-01-01T00:00Z", expires_at=Now()),
    "a stop": stop,
    "a takedown": lambda draft: videos.take_down(draft.id),
}


@pytest.mark.parametrize("happens", ENDED.values(), ids=ENDED)
def test_what_can_never_be_published_waits_no_longer(
    draft: Video, ada: Person, happens: Callable[[Video], object]
) -> None:
    happens(draft)
    assert factories.client(ada).get("/api/v1/me/likeness/drafts").json()["data"] == []
    assert not Post.objects.exists()


def test_what_another_person_ended_waits_no_longer(draft: Video, ada: Person, requester: Person) -> None:
    ben = reviewing("ben", requester)
    both = factories.video(requester, ada, ben)
    withdrawal.withdraw(subject=ben, scope=Scope())
    rows = factories.client(ada).get("/api/v1/me/likeness/drafts").json()["data"]
    assert ([row["id"] for row in rows], published(both)) == ([str(draft.id)], False)


@pytest.mark.parametrize(
    "body", [{}, {"answer": "accept"}, {"answer": "maybe"}, {"answer": "accept", "sha256": "0f"}, {"sha256": "00" * 32}]
)
def test_an_answer_that_cannot_be_read_changes_nothing(draft: Video, ada: Person, body: dict[str, str]) -> None:
    assert say(factories.client(ada), draft, **body).status_code == 422
    assert (Acceptance.objects.count(), Veto.objects.count(), status(draft)) == (0, 0, "awaiting_review")
