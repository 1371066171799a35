"""Remixes: they inherit everybody, need everybody's right, and end with whatever they are made from."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import graph
from accounts.models import Person
from consent import gate, withdrawal
from consent.models import Decision, Grant, Permit
from consent.withdrawal import Mode, Scope
from socialvideo.lib.ids import new_id
from tests import factories
from worker import videos
from worker.models import Job, Video

WISH = {"prompt": "at night", "audience": "public"}


@pytest.fixture
def original(subject: Person, requester: Person) -> Video:
    """A published video of the subject, who granted remixes."""
    factories.grant(subject, requester, may_remix=True, may_download=True)
    film = factories.video(requester, subject)
    factories.post(requester, film)
    return film


@pytest.fixture
def remixed(original: Video, requester: Person, stranger: Person) -> list[Video]:
    """The original, a remix of it by a stranger, and a remix of that by the first again; all published."""
    remix = factories.video(stranger, remix_of=original.id)
    factories.post(stranger, remix)
    again = factories.video(requester, remix_of=remix.id)
    factories.post(requester, again)
    return [original, remix, again]


def ask(someone: Person, film: Video, **change: Any) -> Any:
    """Ask for a remix."""
    return factories.client(someone).post(f"/api/v1/videos/{film.id}/remixes", {**WISH, **change}, format="json")


def said(reply: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return reply.status_code, reply.json()["code"]


def stored() -> tuple[int, int, list[int]]:
    """How many jobs and permits there are, and the uses of every grant."""
    return (
        Job.objects.count(),
        Permit.objects.count(),
        list(Grant.objects.order_by("id").values_list("uses", flat=True)),
    )


# Asking


def test_whoever_may_watch_may_ask_for_a_remix(original: Video, subject: Person, stranger: Person) -> None:
    reply = ask(stranger, original)
    job = Job.objects.get(requester=stranger)
    assert (reply.status_code, reply["Location"]) == (202, f"/api/v1/jobs/{job.id}")
    assert (job.spec["remix_of"], job.permit.lineage) == (str(original.id), [original.id])
    assert list(job.permit.subjects.values_list("subject", "grant", "epoch")) == [
        (subject.id, original.depictions.get().grant_id, 1)
    ]
    assert Grant.objects.get().uses == 2


def test_without_the_right_nothing_is_stored(original: Video, stranger: Person) -> None:
    Grant.objects.update(may_remix=False)
    before = stored()
    assert said(ask(stranger, original)) == (403, "consent_unavailable")
    assert stored() == before
    assert Decision.objects.get(verdict="denied").reason == "right"


@pytest.mark.parametrize(
    "fields",
    [
        {"uses": 5},
        {"text_rules": ["at night"]},
        {"denied_categories": ["medical"]},
        {"audience": "followers"},
        {"purposes": ["education"]},
    ],
)
def test_a_remix_is_held_to_every_term_of_the_inherited_grant(
    original: Video, stranger: Person, fields: dict[str, Any]
) -> None:
    Grant.objects.update(**fields)
    before = stored()
    assert said(ask(stranger, original, prompt="at night, in a hospital")) == (403, "consent_unavailable")
    assert stored() == before


def test_whoever_may_not_watch_finds_nothing_to_remix(subject: Person, requester: Person, stranger: Person) -> None:
    factories.grant(subject, requester, may_remix=True)
    draft = factories.video(requester, subject)
    before = stored()
    assert said(ask(stranger, draft)) == said(ask(stranger, Video(id=new_id()))) == (404, "not_found")
    assert stored() == before


def test_what_is_gone_cannot_be_remixed(remixed: list[Video], subject: Person, stranger: Person) -> None:
    videos.take_down(remixed[1].id)
    before = stored()
    assert said(ask(stranger, remixed[1])) == (410, "taken_down")
    withdrawal.withdraw(subject=subject, scope=Scope(video_id=remixed[0].id))
    assert said(ask(stranger, remixed[0])) == (410, "gone_consent")
    assert said(ask(stranger, remixed[2])) == (410, "taken_down")  # with what it was a remix of
    assert stored() == before


def test_a_stopped_grant_is_remixed_no_more_though_it_plays(original: Video, subject: Person, stranger: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=Scope(), mode=Mode.STOP)
    before = stored()
    assert said(ask(stranger, original)) == (403, "consent_unavailable")
    assert stored() == before
    assert Decision.objects.get(verdict="denied").reason == "closed"


def test_a_remix_is_asked_for_once_for_one_key(original: Video, stranger: Person) -> None:
    api, address = factories.client(stranger), f"/api/v1/videos/{original.id}/remixes"
    sent = [api.post(address, WISH, format="json", headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert (sent[0].json(), Job.objects.filter(requester=stranger).count()) == (sent[1].json(), 1)


def test_a_remix_shows_the_union_of_all_that_it_is_made_from(requester: Person, stranger: Person) -> None:
    people = [factories.enrolled() for _ in range(3)]
    for person in people:
        factories.grant(person, requester, may_remix=True)
    original = factories.video(requester, *people)
    remix = factories.video(stranger, remix_of=original.id)
    again = factories.video(requester, remix_of=remix.id)
    assert set(remix.claims()) == set(again.claims()) == set(original.claims())
    assert len(again.claims()) == 3
    assert again.lineage == [original.id, remix.id, again.id]


# Ending


Seen = dict[str, list[bool]]


def seen(films: list[Video], viewer: Person) -> Seen:
    """Where the viewer finds each film: in the author's grid, the following feed, as a post, and to be opened."""
    api: APIClient = factories.client(viewer)

    def ids(address: str) -> set[str]:
        return {row["video"]["id"] for row in api.get(address).json()["data"]}

    feed = ids("/api/v1/feeds/following")
    return {
        "grid": [str(film.id) in ids(f"/api/v1/people/{film.owner.handle}/posts") for film in films],
        "feed": [str(film.id) in feed for film in films],
        "post": [api.get(f"/api/v1/posts/{film.posts.get().id}").status_code == 200 for film in films],
        "open": [api.get(f"/api/v1/videos/{film.id}/playback").status_code == 200 for film in films],
    }


def everywhere(*shown: bool) -> Seen:
    """The same in every place."""
    return {place: list(shown) for place in ("grid", "feed", "post", "open")}


@pytest.fixture
def viewer(requester: Person, stranger: Person) -> Person:
    """Somebody who follows both."""
    watching = factories.person()
    for author in (requester, stranger):
        graph.follow(follower=watching, followee=author)
    return watching


ENDS: dict[str, Callable[[Person, Video], Any]] = {
    "unpublish": lambda subject, _: withdrawal.withdraw(subject=subject, scope=Scope()),
    "erase": lambda subject, _: withdrawal.withdraw(subject=subject, scope=Scope(), mode=Mode.ERASE),
    "video": lambda subject, film: withdrawal.withdraw(subject=subject, scope=Scope(video_id=film.id)),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_remix_of_a_remix_is_gone_with_the_first_persons_word(
    remixed: list[Video], subject: Person, viewer: Person, end: str
) -> None:
    assert seen(remixed, viewer) == everywhere(True, True, True)
    ENDS[end](subject, remixed[0])
    assert seen(remixed, viewer) == everywhere(False, False, False)


def test_a_veto_of_a_remix_leaves_what_it_was_made_from(
    remixed: list[Video], subject: Person, requester: Person, viewer: Person
) -> None:
    sibling = factories.video(requester, subject)
    factories.post(requester, sibling)
    withdrawal.withdraw(subject=subject, scope=Scope(video_id=remixed[1].id))
    assert seen([*remixed, sibling], viewer) == everywhere(True, False, False, True)


def test_stopping_leaves_what_is_published_and_publishes_no_draft(
    remixed: list[Video], subject: Person, requester: Person, viewer: Person
) -> None:
    draft = factories.video(requester, subject)
    withdrawal.withdraw(subject=subject, scope=Scope(), mode=Mode.STOP)
    assert seen(remixed, viewer) == everywhere(True, True, True)
    with pytest.raises(gate.Denied):
        factories.post(requester, draft)
    with pytest.raises(gate.Denied):
        factories.job(requester, subject)
    assert (draft.posts.count(), Job.objects.filter(status="queued").count()) == (0, 0)
