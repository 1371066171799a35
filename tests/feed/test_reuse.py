"""What an author lets others do with a post: for every film, beside the rights of everybody whom it shows."""

from typing import Any

import pytest

from accounts.models import Person
from consent.models import Decision, LedgerLeaf
from feed import publishing, reuse
from feed.models import Post
from tests import factories
from worker.models import Job, Video

USES = ("may_remix", "may_stitch", "may_reuse_sound", "may_download")
ASKS = {
    "may_remix": ("remixes", {"prompt": "at night", "audience": "public"}),
    "may_stitch": ("stitches", {}),
    "duets": ("duets", {}),
    "may_reuse_sound": ("sounds", {}),
}


@pytest.fixture
def film(subject: Person, requester: Person) -> Video:
    """A published film of somebody who granted everything."""
    factories.grant(subject, requester, may_remix=True, may_stitch=True, may_download=True, max_uses=50)
    made = factories.video(requester, subject)
    factories.post(requester, made)
    return made


@pytest.fixture
def sea(requester: Person) -> Video:
    """A published film that shows nobody."""
    made = factories.footage(requester)
    factories.post(requester, made)
    return made


def ask(someone: Person, film: Video, use: str) -> Any:
    """Use a film over REST, with one of one's own where that takes two."""
    api = factories.client(someone)
    if use == "may_download":
        return api.get(f"/api/v1/videos/{film.id}/download")
    address, body = ASKS[use]
    own = {} if use == "may_remix" else {"video": str(factories.footage(someone).id)}
    return api.post(f"/api/v1/videos/{film.id}/{address}", {**body, **own}, format="json")


def column(use: str) -> str:
    """The column that says so."""
    return "may_stitch" if use == "duets" else use


@pytest.mark.parametrize("use", [*ASKS, "may_download"])
@pytest.mark.parametrize("shown", ["film", "sea"])
def test_an_author_lets_others_use_a_film_or_not_whoever_it_shows(
    use: str, shown: str, request: pytest.FixtureRequest, stranger: Person
) -> None:
    film = request.getfixturevalue(shown)
    assert ask(stranger, film, use).status_code in (200, 202)
    jobs = Job.objects.filter(requester=stranger).count()
    Post.objects.update(**{column(use): False})
    refused = ask(stranger, film, use)
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_unavailable")
    assert Job.objects.filter(requester=stranger).count() == jobs


@pytest.mark.parametrize("use", [*ASKS, "may_download"])
def test_each_use_is_let_apart(use: str, film: Video, stranger: Person) -> None:
    Post.objects.update(**{name: name == column(use) for name in USES})
    let = {other for other in (*ASKS, "may_download") if ask(stranger, film, other).status_code < 300}
    assert let == {other for other in (*ASKS, "may_download") if column(other) == column(use)}


@pytest.mark.parametrize("use", [*ASKS, "may_download"])
def test_an_authors_no_reads_like_the_no_of_somebody_shown_and_leaves_as_many_leaves(
    use: str, film: Video, stranger: Person
) -> None:
    def refusal() -> tuple[bytes, int]:
        before = LedgerLeaf.objects.filter(kind="use").count()
        reply = ask(stranger, film, use)
        return reply.content, LedgerLeaf.objects.filter(kind="use").count() - before

    Post.objects.update(**{column(use): False})
    by_author = refusal()
    Post.objects.update(**{column(use): True})
    film.depictions.get().grant.__class__.objects.update(may_remix=False, may_stitch=False, may_download=False)
    assert refusal() == by_author


def test_an_authors_no_is_in_nobodys_journal(film: Video, stranger: Person, subject: Person) -> None:
    Post.objects.update(may_remix=False)
    before = Decision.objects.count()
    ask(stranger, film, "may_remix")
    assert list(Decision.objects.order_by("leaf").values_list("point", "verdict", "subject")[before:]) == [
        ("open", "allowed", subject.id),
        ("request", "denied", None),
    ]


def test_authors_use_their_own_films_whatever_they_let_others(sea: Video, requester: Person) -> None:
    Post.objects.update(**dict.fromkeys(USES, False))
    assert all(ask(requester, sea, use).status_code < 300 for use in (*ASKS, "may_download"))


def test_what_is_published_no_more_is_used_by_nobody_else(film: Video, requester: Person, subject: Person) -> None:
    publishing.remove(author=requester, post_id=Post.objects.get().id)
    before = Job.objects.count()
    # Whom it shows may watch it still.
    assert [ask(subject, film, use).status_code for use in (*ASKS, "may_download")] == [403] * 5
    assert Job.objects.count() == before


def test_what_was_let_is_told_to_the_author_alone(sea: Video, requester: Person, stranger: Person) -> None:
    address = f"/api/v1/posts/{Post.objects.get().id}"
    shown = [factories.client(someone).get(address).json() for someone in (requester, stranger)]
    assert [[post[name] for name in USES] for post in shown] == [[True] * 4, [None] * 4]


@pytest.mark.parametrize(
    ("kind", "audience", "usual"),
    [
        ("adult", "public", True),
        ("adult", "followers", False),
        ("adult", "private", False),
        ("private", "public", False),
        ("teen", "public", False),
    ],
)
def test_usually_only_what_grown_ups_show_to_all_may_be_used(db: None, kind: str, audience: str, usual: bool) -> None:
    makers = {"adult": factories.person, "teen": factories.teen, "private": lambda: factories.person(is_private=True)}
    author = makers[kind]()
    author.is_private = kind == "private"
    said: dict[str, bool | None] = {"may_remix": not usual, "may_stitch": None}
    assert reuse.settled(author=author, audience=audience, said=said) == {
        **dict.fromkeys(USES, usual),
        "may_remix": not usual,
    }


def test_a_post_says_at_once_what_others_may_do(sea: Video, requester: Person) -> None:
    body = {"video": str(factories.footage(requester).id), "audience": "public", "may_download": False}
    post = factories.client(requester).post("/api/v1/posts", body, format="json").json()
    assert [post[name] for name in USES] == [True, True, True, False]
