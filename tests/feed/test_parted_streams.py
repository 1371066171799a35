"""What is played to somebody ends when a block or a parting comes between them and its author or whom it shows."""

from collections.abc import Callable

import pytest

from accounts import auth, blocks, closeness, graph
from accounts.models import Person, Session
from consent.models import Grant
from consent.rules import Audience
from feed import playback
from feed.sending import CHUNK
from feed.stream import Stream
from socialvideo.lib.errors import Problem
from tests import factories
from tests.feed.player import Answer, ask, elsewhere, place, play, problem, until
from worker.models import Video

FILM = bytes(range(256)) * (5 * CHUNK // 256) + b"the end"


@pytest.fixture
def film(transactional_db: None, grant: Grant, subject: Person, requester: Person) -> Video:
    """A film of Eileen's by Sam."""
    return factories.video(requester, subject, content=FILM)


@pytest.fixture
def viewer(film: Video, stranger: Person) -> Person:
    """Kim, who follows Sam and is a close friend of his."""
    graph.follow(follower=stranger, followee=film.owner)
    closeness.add(person=film.owner, friend=stranger)
    return stranger


def subject_of(film: Video) -> Person:
    """Whom it shows."""
    return film.depictions.get().subject


End = Callable[[Video, Person], object]
PARTINGS: dict[str, tuple[Audience, End]] = {
    "the author blocks": (Audience.PUBLIC, lambda film, kim: blocks.block(blocker=film.owner, blocked=kim)),
    "the viewer blocks": (Audience.PUBLIC, lambda film, kim: blocks.block(blocker=kim, blocked=film.owner)),
    "whom it shows blocks": (Audience.PUBLIC, lambda film, kim: blocks.block(blocker=subject_of(film), blocked=kim)),
    "a follower is removed": (Audience.FOLLOWERS, lambda film, kim: graph.unfollow(follower=kim, followee=film.owner)),
    "no close friend": (Audience.CLOSE_FRIENDS, lambda film, kim: closeness.remove(person=film.owner, friend=kim)),
}


def address(film: Video, session: Session) -> str:
    """Open it as the session's person."""
    return place(playback.open_video(viewer=session.person, session=session, video_id=film.id))


@pytest.mark.parametrize("name", PARTINGS)
def test_a_running_stream_is_cut_and_none_begins(film: Video, viewer: Person, name: str) -> None:
    audience, end = PARTINGS[name]
    factories.post(film.owner, film, audience=audience)
    session = auth.begin(person=viewer, device="")[1]
    url = address(film, session)

    async def story(server: Stream) -> tuple[Answer, Answer]:
        async def meanwhile() -> None:
            (watched,) = server.cuts._streams
            if not watched.is_cut:
                await elsewhere(lambda: end(film, viewer))
                await until(lambda: watched.is_cut)

        return await ask(server, url, on_chunk=meanwhile), await ask(server, url)

    cut, again = play(story)
    assert (cut.status, cut.broken, cut.body) == (200, True, FILM[:CHUNK])
    assert problem(again) == (404, "not_found")
    with pytest.raises(Problem) as refused:
        address(film, session)
    assert refused.value.status_code == 404


def test_what_comes_between_others_cuts_nothing(film: Video, viewer: Person) -> None:
    factories.post(film.owner, film)
    url, other = address(film, auth.begin(person=viewer, device="")[1]), factories.person()

    async def story(server: Stream) -> Answer:
        done: list[object] = []

        async def meanwhile() -> None:
            if not done:
                done.append(await elsewhere(lambda: blocks.block(blocker=film.owner, blocked=other)))

        return await ask(server, url, on_chunk=meanwhile)

    assert play(story).body == FILM
