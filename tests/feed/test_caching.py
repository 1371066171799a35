"""What shared caches may keep: a public film that shows nobody, and no longer than it is that; and how they forget."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from accounts import auth, blocks, people, standing
from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from consent.rules import Audience
from feed import addresses, caching, playback, publishing
from feed.models import Post
from feed.stream import Stream
from feed.tickets import Viewing
from socialvideo.lib import caches
from socialvideo.lib.errors import Problem
from socialvideo.lib.models import CachePurge
from tests import factories
from tests.feed import films
from tests.feed.player import answer, ask, elsewhere, play, problem, until
from worker import videos
from worker.models import Subtitles, Video

CDN = "https://cdn.example"
TOLD: list[list[str]] = []
TAKES = [True]


def purger(names: list[str]) -> bool:
    """The CDN's end."""
    TOLD.append(names)
    return TAKES[0]


@pytest.fixture
def cdn(settings: Settings) -> None:
    """A CDN in front."""
    settings.CACHE_PURGER, settings.CDN_URL = f"{__name__}.purger", CDN
    TOLD.clear()
    TAKES[:] = [True]


@pytest.fixture
def film(cdn: None, transactional_db: None) -> Video:
    """A public film of the sea."""
    made = factories.footage(factories.person("olga"), b"the sea" * 1000)
    factories.post(made.owner, made)
    return made


def opened(film: Video, viewer: Person) -> Viewing:
    session = auth.begin(person=viewer, device="")[1]
    return playback.open_video(viewer=viewer, session=session, video_id=film.id)


def public(film: Video) -> str:
    """The address of the film that playback hands out to anybody in its audience."""
    url = addresses.body(opened(film, factories.person()))["video_url"]
    assert isinstance(url, str)
    return url


def path(url: str) -> str:
    return url.removeprefix(CDN)


def test_anybody_gets_it_and_caches_are_told_how_long_and_by_what_name(film: Video, settings: Settings) -> None:
    url = public(film)
    assert url.startswith(f"{CDN}/public/{film.id}/")
    given = answer(path(url), range="bytes=3-9")
    assert (given.status, given.body) == (206, b" seathe")
    assert given.headers["cache-control"] == f"public, max-age={settings.CACHE_SECONDS}"
    assert given.headers["surrogate-key"] == f"video-{film.id} person-{film.owner_id}"
    assert given.headers["cache-tag"] == f"video-{film.id},person-{film.owner_id}"
    assert given.headers["access-control-allow-origin"] == "*"
    assert answer(path(url), if_none_match=given.headers["etag"]).status == 304


def test_its_playlists_carry_no_ticket(film: Video) -> None:
    films.shelve(film, films.made(5))
    Subtitles.objects.create(video=film, language="en", label="English", text="WEBVTT\n")
    master = path(addresses.body(opened(film, factories.person()))["hls_url"])

    async def story(server: Stream) -> list[tuple[int, bool]]:
        parts = [master, *(master.replace("master.m3u8", part) for part in ("hls/240.m3u8", "subtitles/en.vtt"))]
        given = [await ask(server, part) for part in parts]
        assert all(one.headers["cache-control"].startswith("public") for one in given)
        return [(one.status, b"ticket" in one.body) for one in given]

    assert play(story) == [(200, False)] * 3


def test_without_a_purger_nothing_is_public(film: Video, settings: Settings) -> None:
    url = public(film)
    settings.CACHE_PURGER = ""
    assert "?ticket=" in public(film)
    given = answer(path(url))
    assert (problem(given), given.headers["cache-control"]) == ((404, "not_found"), "private, no-store")
    publishing.remove(author=film.owner, post_id=Post.objects.get().id)
    assert not CachePurge.objects.exists()


def test_a_film_that_shows_somebody_is_never_public(
    cdn: None, video: Video, subject: Person, requester: Person
) -> None:
    factories.post(requester, video)
    assert caching.cacheable(video.id) is None
    body = addresses.body(opened(video, subject))
    assert "?ticket=" in body["video_url"]
    Video.objects.update(depiction_count=0, origin="composed")
    assert caching.cacheable(video.id) is None


@pytest.mark.parametrize("audience", [Audience.FOLLOWERS, Audience.PRIVATE])
def test_nor_is_one_for_some(cdn: None, requester: Person, audience: Audience) -> None:
    film = factories.footage(requester)
    factories.post(requester, film, audience)
    assert caching.cacheable(film.id) is None


def test_nor_one_that_is_not_screened_clear_or_not_published(cdn: None, requester: Person) -> None:
    film = factories.footage(requester)
    assert caching.cacheable(film.id) is None
    factories.post(requester, film)
    assert caching.cacheable(film.id)
    Video.objects.update(screening="pending")
    assert caching.cacheable(film.id) is None


def test_who_is_blocked_is_given_no_address(film: Video) -> None:
    kim = factories.person()
    blocks.block(blocker=film.owner, blocked=kim)
    with pytest.raises(Problem) as refused:
        opened(film, kim)
    assert refused.value.status_code == 404


def remove(film: Video) -> None:
    publishing.remove(author=film.owner, post_id=Post.objects.get().id)


def turn_private(film: Video) -> None:
    people.edit_profile(person=film.owner, is_private=True)


def suspend(film: Video) -> None:
    moderator = factories.person(is_staff=True)
    standing.suspend(person=film.owner, moderator=moderator, until=None, reason="spam")


def take_down(film: Video) -> None:
    videos.take_down(film.id)


ENDS = {remove: "video", turn_private: "person", suspend: "person", take_down: "video"}


@pytest.mark.parametrize("end", ENDS)
def test_whatever_ends_it_refuses_the_origins_answer_and_has_the_caches_forget(
    film: Video, end: Callable[[Video], None]
) -> None:
    url = public(film)
    end(film)
    given = answer(path(url))
    assert (problem(given), given.headers["cache-control"]) == ((404, "not_found"), "private, no-store")
    name = f"{ENDS[end]}:{film.id if ENDS[end] == 'video' else film.owner_id}"
    assert name in CachePurge.objects.values_list("name", flat=True)
    assert caches.deliver() >= 1
    assert name in TOLD[0]


def test_what_is_public_again_has_another_address(film: Video) -> None:
    url = public(film)
    remove(film)
    factories.post(film.owner, film)
    assert public(film) != url
    assert problem(answer(path(url))) == (404, "not_found")
    assert answer(path(public(film))).status == 200


def test_a_film_that_is_removed_while_it_is_sent_is_cut(film: Video) -> None:
    Video.objects.update(file=factories.footage(film.owner, bytes(400_000)).file)
    url = path(public(film))

    async def story(server: Stream) -> bool:
        async def removed() -> None:
            (watched,) = server.cuts._streams
            if not watched.is_cut:
                await elsewhere(lambda: remove(film))
                await until(lambda: watched.is_cut)

        return (await ask(server, url, on_chunk=removed)).broken

    assert play(story)


@pytest.mark.parametrize("path", ["/public/{id}/{token}.mp4", "/public/{other}/{token}.mp4"])
def test_no_other_token_opens_it(film: Video, path: str) -> None:
    assert problem(answer(path.format(id=film.id, other=UUID(int=7), token="0" * 32))) == (404, "not_found")


# How the caches are told


@pytest.fixture
def ended(cdn: None, db: None) -> None:
    caches.forget(["video:1", "person:2"])


def due() -> list[tuple[str, int, bool]]:
    """What is to be told now: name, refusals so far, whether it was told once."""
    rows = CachePurge.objects.filter(due_at__lte=Now()).order_by("id")
    return [(row.name, row.attempts, row.is_told) for row in rows]


def later() -> None:
    """Let the time of what waits come."""
    CachePurge.objects.exclude(due_at=None).update(due_at=Now() - timedelta(seconds=1))


def test_each_is_told_twice_and_then_no_more(ended: None) -> None:
    assert (caches.deliver(), due()) == (2, [])
    later()
    assert due() == [("video:1", 0, True), ("person:2", 0, True)]
    assert caches.deliver() == 2
    later()
    assert (caches.deliver(), TOLD) == (0, [["person:2", "video:1"]] * 2)


def test_what_the_caches_do_not_take_is_told_again(ended: None) -> None:
    TAKES[:] = [False]
    assert (caches.deliver(), due()) == (0, [])
    later()
    assert due() == [("video:1", 1, False), ("person:2", 1, False)]
    TAKES[:] = [True]
    assert caches.deliver() == 2


def test_nothing_is_told_of_what_was_undone(cdn: None, db: None, requester: Person) -> None:
    film = factories.footage(requester)
    with pytest.raises(Problem):
        publishing.remove(author=requester, post_id=film.id)
    assert not CachePurge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_grant_that_ends_is_no_matter_of_caches(cdn: None, grant: Grant, subject: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(grant_id=grant.id))
    assert not CachePurge.objects.exists()
