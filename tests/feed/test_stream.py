"""The stream server: right bytes for right ranges, and none once a permission, session or video has ended."""

import asyncio
import hashlib
import random
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError, connections
from django.db.models.functions import Now

from accounts import auth
from accounts.models import Person, Session
from consent import grants, withdrawal
from consent.models import Decision, Grant
from feed import cuts, playback, publishing, renditions
from feed.models import Post
from feed.renditions import FILM, POSTER
from feed.sending import CHUNK
from feed.stream import Stream
from feed.tickets import Basis, Viewing
from socialvideo.lib.clock import database_now
from socialvideo.lib.ids import new_id
from tests import factories
from tests.feed.player import Answer, answer, ask, elsewhere, place, play, problem, until
from worker import videos
from worker.models import Video

Resting = Callable[[Basis], None]
Opens = Callable[[], Awaitable[str]]
WHOLE = random.Random(1).randbytes(5 * CHUNK + 777)
SIZE = len(WHOLE)
ETAG = f'"{hashlib.sha256(WHOLE).hexdigest()[:32]}-mp4"'


@pytest.fixture
def film(transactional_db: None, grant: Grant, subject: Person, requester: Person) -> Video:
    """A video of six chunks. The server reads it on connections of its own, so it is really committed."""
    return factories.video(requester, subject, content=WHOLE)


@pytest.fixture
def session(requester: Person) -> Session:
    return auth.log_in(handle=requester.handle, password=factories.PASSWORD, device="")[1]


@pytest.fixture
def address(film: Video, requester: Person, session: Session) -> str:
    """Where the requester may play it."""
    return place(playback.open_video(viewer=requester, session=session, video_id=film.id))


# Bytes


def test_the_whole_film_comes_in_chunks_and_byte_by_byte(address: str) -> None:
    given = answer(address)
    assert (given.status, given.body, given.ended, given.broken) == (200, WHOLE, True, False)
    assert [len(chunk) for chunk in given.chunks] == [CHUNK] * 5 + [777]
    assert given.headers == {
        "content-type": "video/mp4",
        "content-length": str(SIZE),
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "etag": ETAG,
        "accept-ranges": "bytes",
    }


def test_the_poster_comes_with_a_tag_of_its_own(film: Video, requester: Person, session: Session) -> None:
    poster = place(playback.open_video(viewer=requester, session=session, video_id=film.id), POSTER)
    given = answer(poster)
    assert (given.status, given.body, given.headers["content-type"]) == (200, b"poster", "image/jpeg")
    assert given.headers["etag"] != ETAG


RANGES = [
    ("bytes=0-0", 0, 1),
    ("bytes=100-70000", 100, 70_001),
    (f"bytes={CHUNK}-{2 * CHUNK - 1}", CHUNK, 2 * CHUNK),
    (f"bytes={CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK + 1),
    ("bytes=300000-", 300_000, SIZE),
    ("bytes=-1", SIZE - 1, SIZE),
    ("bytes=-999999", 0, SIZE),
    (f"bytes={SIZE - 1}-{SIZE + 9}", SIZE - 1, SIZE),
]


def test_every_range_gives_exactly_its_bytes(address: str) -> None:
    async def story(server: Stream) -> list[Answer]:
        return [await ask(server, address, range=wanted) for wanted, _, _ in RANGES]

    for given, (wanted, start, stop) in zip(play(story), RANGES, strict=True):
        assert (given.status, given.body, given.ended) == (206, WHOLE[start:stop], True), wanted
        assert given.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
        assert given.headers["content-length"] == str(stop - start)
        assert given.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "seconds=0-1", "bytes=9-5"])
def test_a_range_that_is_not_served_gives_the_whole(address: str, wanted: str) -> None:
    given = answer(address, range=wanted)
    assert (given.status, len(given.body)) == (200, SIZE)
    assert "content-range" not in given.headers


def test_a_range_outside_the_film_is_refused_with_its_size(address: str) -> None:
    given = answer(address, range=f"bytes={SIZE}-")
    assert problem(given) == (416, "range_unsatisfiable")
    assert given.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    ("tag", "status"),
    [(ETAG, 206), ('"other"', 200), (f"W/{ETAG}", 200), ("Wed, 21 Oct 2015 07:28:00 GMT", 200)],
)
def test_if_range_gives_the_part_only_of_the_same_film(address: str, tag: str, status: int) -> None:
    given = answer(address, range="bytes=10-19", if_range=tag)
    assert (given.status, given.body) == (status, WHOLE[10:20] if status == 206 else WHOLE)


@pytest.mark.parametrize(("headers", "status", "length"), [({}, 200, SIZE), ({"range": "bytes=5-9"}, 206, 5)])
def test_head_tells_the_same_without_the_bytes(address: str, headers: dict[str, str], status: int, length: int) -> None:
    given = answer(address, "HEAD", **headers)
    assert (given.status, given.body, given.ended) == (status, b"", True)
    assert (given.headers["content-length"], given.headers["etag"]) == (str(length), ETAG)


# Refusals


def test_a_ticket_of_somebody_who_is_not_entitled_is_refused(film: Video, stranger: Person) -> None:
    theirs = auth.log_in(handle=stranger.handle, password=factories.PASSWORD, device="")[1]
    assert problem(answer(place(Viewing(film.id, stranger.id, theirs.id)))) == (404, "not_found")


def test_a_ticket_for_a_video_that_never_was_is_not_found(film: Video, session: Session) -> None:
    video_id = new_id()
    ticket = Viewing(video_id, film.owner_id, session.id).ticket(FILM, renditions.film(film))
    assert problem(answer(f"/videos/{video_id}.mp4?ticket={ticket}")) == (404, "not_found")


def withdraw(film: Video) -> None:
    withdrawal.withdraw(subject=film.depictions.get().subject, scope=withdrawal.Scope())


def shorten(film: Video) -> None:
    """Let the grant end sooner: the stream was begun under a later end."""
    grant = Grant.objects.get(depictions__video=film)
    grants.narrow(grant=grant, expires_at=database_now() + timedelta(hours=1), max_uses=None)


def log_out(film: Video) -> None:
    auth.log_out(person=film.owner, session_id=film.owner.sessions.get().id)


def take_down(film: Video) -> None:
    videos.take_down(film.id)


def remove(film: Video) -> None:
    publishing.remove(author=film.owner, post_id=Post.objects.get(video=film).id)


ENDS = [(withdraw, 410, "gone_consent"), (log_out, 401, "session_ended"), (take_down, 410, "taken_down")]


@pytest.mark.parametrize(("end", "status", "code"), ENDS)
def test_nothing_is_played_after_the_end(
    address: str, film: Video, end: Callable[[Video], None], status: int, code: str
) -> None:
    end(film)
    given = answer(address, range="bytes=0-0")
    assert problem(given) == (status, code)
    assert ("www-authenticate" in given.headers) is (status == 401)


def test_a_film_whose_bytes_are_purged_is_gone(address: str, film: Video) -> None:
    default_storage.delete(film.file)
    assert problem(answer(address)) == (410, "gone_consent")


def test_a_film_is_read_by_its_parts_with_one_line_in_the_journal(address: str) -> None:
    async def story(server: Stream) -> list[int]:
        return [(await ask(server, address, range=f"bytes={start}-")).status for start in (0, 10, 20)]

    assert play(story) == [206] * 3
    assert [line.point for line in Decision.objects.filter(point__in=["open", "chunk"])] == ["open"]


def test_a_download_is_sent_as_an_attachment_and_a_viewing_is_not(
    address: str, film: Video, requester: Person, session: Session
) -> None:
    Grant.objects.update(may_download=True)
    download = place(playback.open_download(viewer=requester, session=session, video_id=film.id))
    given = answer(download)
    assert (given.status, given.body, given.headers["content-disposition"]) == (200, WHOLE, "attachment")
    assert "content-disposition" not in answer(address).headers
    withdraw(film)
    assert problem(answer(download)) == (410, "gone_consent")


# The decision of the opening, as long as nothing ends it


@pytest.fixture
def opens(film: Video, requester: Person, session: Session, monkeypatch: pytest.MonkeyPatch) -> Opens:
    """Opens the film, and has the opening's decision rested on from the first moment."""
    monkeypatch.setattr(cuts, "SETTLED_S", 0.0)

    async def opened() -> str:
        return await elsewhere(lambda: place(playback.open_video(viewer=requester, session=session, video_id=film.id)))

    return opened


def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody ask the gate again."""

    def asked(viewing: Viewing, resting: Resting) -> Basis:
        raise OperationalError("the gate was asked again")

    monkeypatch.setattr(playback, "reopen", asked)


def blocking(act: Callable[[], object]) -> None:
    """Run ``act`` elsewhere while the server can do nothing, not even read what it is told."""
    with ThreadPoolExecutor() as other:
        other.submit(act).result()
        other.submit(connections.close_all).result()


def test_what_was_opened_just_now_is_played_without_asking_again(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Stream) -> Answer:
        address = await opens()
        never(monkeypatch)
        return await ask(server, address)

    given = play(story)
    assert (given.status, given.body, given.headers["etag"]) == (200, WHOLE, ETAG)


@pytest.mark.parametrize(("end", "status", "code"), ENDS)
def test_an_end_of_which_the_notice_is_still_on_its_way_is_not_missed(
    opens: Opens, film: Video, end: Callable[[Video], None], status: int, code: str
) -> None:
    async def story(server: Stream) -> Answer:
        address = await opens()
        blocking(lambda: end(film))
        return await ask(server, address)

    assert problem(play(story)) == (status, code)


@pytest.mark.parametrize("limit", [("KNOWN_S", 0.0), ("SETTLED_S", 3600.0)])
def test_an_opening_that_is_old_or_from_before_the_hearing_is_decided_anew(
    opens: Opens, monkeypatch: pytest.MonkeyPatch, limit: tuple[str, float]
) -> None:
    monkeypatch.setattr(cuts, *limit)

    async def story(server: Stream) -> Answer:
        address = await opens()
        never(monkeypatch)
        return await ask(server, address)

    assert problem(play(story)) == (503, "gate_unavailable")


def test_an_end_before_the_server_could_hear_is_not_missed(address: str, film: Video) -> None:
    withdraw(film)
    assert problem(answer(address)) == (410, "gone_consent")


def test_a_grant_that_is_to_end_sooner_has_the_gate_asked_and_the_film_played(opens: Opens, film: Video) -> None:
    async def story(server: Stream) -> list[bytes]:
        address = await opens()
        blocking(lambda: shorten(film))
        return [(await ask(server, address)).body for _ in range(2)]

    assert play(story) == [WHOLE, WHOLE]


def test_a_stream_of_an_opening_is_cut_in_the_middle(opens: Opens, film: Video) -> None:
    async def story(server: Stream) -> Answer:
        async def withdrawn() -> None:
            (watched,) = server.cuts._streams
            if not watched.is_cut:
                await elsewhere(lambda: withdraw(film))
                await until(lambda: watched.is_cut)

        return await ask(server, await opens(), on_chunk=withdrawn)

    given = play(story)
    assert (given.status, given.broken, given.body) == (200, True, WHOLE[:CHUNK])


# Ends in the middle of a stream


@pytest.mark.parametrize("end", [withdraw, shorten, log_out, take_down, remove])
def test_a_stream_is_cut_in_the_middle(address: str, film: Video, end: Callable[[Video], None]) -> None:
    factories.post(film.owner, film)

    async def story(server: Stream) -> Answer:
        chunks = 0

        async def second_chunk_takes_long() -> None:
            nonlocal chunks
            chunks += 1
            if chunks == 2:
                (watched,) = server.cuts._streams
                await elsewhere(lambda: end(film))
                await until(lambda: watched.is_cut)

        return await ask(server, address, on_chunk=second_chunk_takes_long)

    given = play(story)
    assert (given.status, given.broken, given.ended) == (200, True, False)
    assert given.body == WHOLE[: 2 * CHUNK]


def test_the_stream_of_a_remix_is_cut_by_the_veto_of_what_it_is_made_from(
    film: Video, subject: Person, requester: Person, session: Session
) -> None:
    Grant.objects.update(may_remix=True)
    remix = factories.video(requester, remix_of=film.id)
    again = factories.video(requester, remix_of=remix.id, content=WHOLE)
    url = place(playback.open_video(viewer=requester, session=session, video_id=again.id))
    scope = withdrawal.Scope(video_id=film.id)

    async def story(server: Stream) -> Answer:
        async def vetoed_meanwhile() -> None:
            (watched,) = server.cuts._streams
            if not watched.is_cut:
                await elsewhere(lambda: withdrawal.withdraw(subject=subject, scope=scope))
                await until(lambda: watched.is_cut)

        return await ask(server, url, on_chunk=vetoed_meanwhile)

    given = play(story)
    assert (given.status, given.broken, given.body) == (200, True, WHOLE[:CHUNK])


def test_a_stream_is_cut_at_the_moment_a_grant_expires(
    grant: Grant, subject: Person, requester: Person, session: Session, transactional_db: None
) -> None:
    ben = factories.enrolled("ben")
    short = factories.grant(ben, requester)
    film = factories.video(requester, subject, ben, content=WHOLE)
    url = place(playback.open_video(viewer=requester, session=session, video_id=film.id))
    Grant.objects.filter(id=short.id).update(expires_at=Now() + timedelta(seconds=0.5))

    async def story(server: Stream) -> Answer:
        async def each_chunk_takes_long() -> None:
            await asyncio.sleep(0.2)

        return await ask(server, url, on_chunk=each_chunk_takes_long)

    given = play(story)
    assert (given.status, given.broken, given.ended) == (200, True, False)
    assert 0 < len(given.chunks) <= 3


def test_a_stream_that_is_cut_while_reading_sends_not_even_that_chunk(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(server: Stream) -> Answer:
        class Slow(BytesIO):
            size = len(WHOLE)

            def read(self, size: int | None = -1, /) -> bytes:
                loop.call_soon_threadsafe(server.cuts.ear._hang_up)
                time.sleep(0.05)
                return super().read(size)

        loop = asyncio.get_running_loop()
        monkeypatch.setattr(default_storage, "open", lambda name: Slow(WHOLE))
        return await ask(server, address)

    given = play(story)
    assert (given.status, given.body, given.broken) == (200, b"", True)


def test_a_client_that_leaves_is_read_for_no_longer(address: str) -> None:
    async def leaves() -> None:
        raise ConnectionResetError

    assert play(lambda server: ask(server, address, on_chunk=leaves)).body == WHOLE[:CHUNK]


def test_the_end_of_another_grant_cuts_nothing(address: str, subject: Person, stranger: Person) -> None:
    other = factories.grant(subject, stranger)
    scope = withdrawal.Scope(grant_id=other.id)

    async def story(server: Stream) -> Answer:
        heard = server.cuts.watch([f"grant:{other.id}"])
        done: list[object] = []

        async def meanwhile() -> None:
            if not done:
                done.append(await elsewhere(lambda: withdrawal.withdraw(subject=subject, scope=scope)))
                await until(lambda: heard.is_cut)

        return await ask(server, address, on_chunk=meanwhile)

    assert play(story).body == WHOLE


def test_a_withdrawal_between_the_watching_and_the_gate_is_not_missed(
    address: str, film: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    reopen = playback.reopen

    def withdrawn_first(viewing: Viewing, resting: Resting) -> Basis:
        withdraw(film)
        return reopen(viewing, resting)

    monkeypatch.setattr(playback, "reopen", withdrawn_first)
    assert problem(answer(address)) == (410, "gone_consent")


def test_a_withdrawal_between_the_gate_and_the_first_byte_is_not_missed(
    address: str, film: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(server: Stream) -> Answer:
        reopen = playback.reopen

        def withdrawn_after(viewing: Viewing, resting: Resting) -> Basis:
            opened = reopen(viewing, resting)
            withdraw(film)
            return opened

        monkeypatch.setattr(playback, "reopen", withdrawn_after)
        opening = default_storage.open

        def waits(name: str) -> Any:
            (watched,) = server.cuts._streams
            while not watched.is_cut:
                time.sleep(0.001)
            return opening(name)

        monkeypatch.setattr(default_storage, "open", waits)
        return await ask(server, address)

    given = play(story)
    assert given.broken or given.status == 503
    assert WHOLE[:16] not in given.body


def test_an_ended_stream_is_forgotten_however_it_ended(address: str) -> None:
    async def story(server: Stream) -> int:
        await ask(server, address)
        await ask(server, address, range=f"bytes={SIZE}-")
        await ask(server, "/videos/none")
        return len(server.cuts._streams)

    assert play(story) == 0


# When nothing can be decided


def test_a_server_that_cannot_hear_plays_nothing(address: str) -> None:
    async def story(server: Stream) -> Answer:
        server.cuts.ear._hang_up()
        return await ask(server, address)

    assert problem(play(story)) == (503, "gate_unavailable")


def test_a_server_without_a_database_plays_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(viewing: Viewing, resting: Resting) -> Basis:
        raise OperationalError("away")

    monkeypatch.setattr(playback, "reopen", away)
    assert problem(answer(address)) == (503, "gate_unavailable")
