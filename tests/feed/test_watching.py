"""Watching a film by its renditions, as players do: from the master playlist to the last segment, through the gate."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urljoin

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import Settings

from accounts import auth
from accounts.models import Person, Session
from consent import withdrawal
from consent.models import Decision, Grant
from feed import addresses, cuts, playback
from feed.renditions import FILM, MASTER, POSTER
from feed.stream import Stream
from feed.tickets import Basis, Viewing
from tests import factories
from tests.feed import films
from tests.feed.player import Answer, answer, ask, place, play, problem
from worker.models import Subtitles, Video

Fetch = Callable[[str], Awaitable[Answer]]
VTT = "WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n"
WEB = "https://app.example"


@pytest.fixture
def film(transactional_db: None, grant: Grant, subject: Person, requester: Person) -> Video:
    """A film of two rungs with subtitles."""
    made = factories.video(requester, subject)
    films.shelve(made, films.made(5))
    Subtitles.objects.create(video=made, language="en", label="English", text=VTT)
    return made


@pytest.fixture
def session(requester: Person) -> Session:
    return auth.begin(person=requester, device="")[1]


@pytest.fixture
def viewing(film: Video, session: Session) -> Viewing:
    return playback.open_video(viewer=session.person, session=session, video_id=film.id)


def lines(text: bytes) -> list[str]:
    """The addresses of a playlist."""
    return [line for line in text.decode().splitlines() if not line.startswith("#")]


def ranges(text: bytes) -> list[tuple[int, int]]:
    """The byte ranges of a media playlist, the initialisation first."""
    return [(int(start), int(length)) for length, start in re.findall(r"BYTERANGE[:=]\"?(\d+)@(\d+)", text.decode())]


async def watch(server: Stream, master: str, rung: str) -> bytes:
    """Fetch a rung as a player does; return its bytes."""
    playlist = (await ask(server, master)).body
    (address,) = [urljoin(master, line) for line in lines(playlist) if f"/{rung}.m3u8" in line]
    media = (await ask(server, address)).body
    (file,) = {urljoin(address, line) for line in lines(media)}
    parts = [await ask(server, file, range=f"bytes={start}-{start + size - 1}") for start, size in ranges(media)]
    assert {part.status for part in parts} == {206}
    return b"".join(part.body for part in parts)


@pytest.mark.parametrize("number", [0, 1])
def test_every_byte_of_a_rung_comes_by_its_playlist_with_one_line_in_the_journal(viewing: Viewing, number: int) -> None:
    rung, content, _ = films.made(5).rendered[number]
    master = place(viewing, MASTER)
    offset, length, _ = rung.segments[-1]
    assert play(lambda server: watch(server, master, rung.rung.name)) == content[: offset + length]
    assert [line.point for line in Decision.objects.filter(point__in=["open", "chunk"])] == ["open"]


def test_playback_names_every_form_and_each_plays(viewing: Viewing) -> None:
    body = addresses.body(viewing)
    assert [(one["kind"], one["rung"]) for one in body["renditions"]] == [("hls", 240), ("hls", 180), ("mp4", 240)]
    assert [(one["language"], one["label"]) for one in body["subtitles"]] == [("en", "English")]
    shown = [body["hls_url"], body["video_url"], body["poster_url"], body["subtitles"][0]["url"]]
    shown += [one["url"] for one in body["renditions"]]
    assert len({url.partition("?")[2] for url in shown}) == len(shown)

    async def story(server: Stream) -> list[tuple[int, str]]:
        given = [await ask(server, url) for url in shown]
        return [(one.status, one.headers["content-type"]) for one in given]

    apple, film, text = "application/vnd.apple.mpegurl", "video/mp4", "text/vtt; charset=utf-8"
    kinds = [apple, film, "image/jpeg", text, apple, apple, film]
    assert play(story) == [(200, kind) for kind in kinds]


def test_playback_names_the_stills_that_there_are(viewing: Viewing, film: Video) -> None:
    bare = addresses.body(viewing)
    assert (bare["preview_url"], bare["sprite"], bare["blurhash"]) == (None, None, "")
    grid = {"columns": 5, "rows": 2, "width": 90, "height": 160, "step_ms": 500}
    names = [default_storage.save(f"videos/{film.id}{end}", ContentFile(end.encode())) for end in (".webp", "s.jpg")]
    fields = {"preview": names[0], "sprite": names[1], "sprite_grid": grid, "blurhash": "LEHV6nWB2yk8"}
    Video.objects.filter(id=film.id).update(**fields)
    body = addresses.body(viewing)
    assert body["blurhash"] == "LEHV6nWB2yk8"
    laid = {"columns": 5, "rows": 2, "tile_width": 90, "tile_height": 160, "interval_ms": 500}
    assert body["sprite"] == {"url": body["sprite"]["url"], **laid}
    given = [answer(url) for url in (body["preview_url"], body["sprite"]["url"])]
    kinds = [(one.body, one.headers["content-type"]) for one in given]
    assert kinds == [(b".webp", "image/webp"), (b"s.jpg", "image/jpeg")]


@pytest.mark.parametrize("part", ["/hls/240.mp4", "/hls/180.mp4", "/240.mp4"])
def test_ranges_are_exact_for_every_rendition(viewing: Viewing, part: str) -> None:
    address = place(viewing, part)
    whole = answer(address).body
    assert whole in {hls for _, hls, _ in films.made(5).rendered} | {mp4 for _, _, mp4 in films.made(5).rendered}
    given = answer(address, range="bytes=1000-70000")
    assert (given.status, given.body) == (206, whole[1000:70_001])
    assert answer(address, range="bytes=-7").body == whole[-7:]
    assert given.headers["cache-control"] == "private, no-store"


ALL = [FILM, POSTER, MASTER, "/hls/240.m3u8", "/hls/180.m3u8", "/hls/240.mp4", "/hls/180.mp4", "/240.mp4"]
ALL += ["/subtitles/en.m3u8", "/subtitles/en.vtt"]


def test_an_address_for_one_form_opens_no_other(viewing: Viewing) -> None:
    place_of = {part: place(viewing, part) for part in ALL}
    swapped = [
        f"{place_of[part].partition('?')[0]}?{place_of[other].partition('?')[2]}"
        for part in ALL
        for other in ALL
        if part != other
    ]

    async def story(server: Stream) -> set[tuple[int, str]]:
        return {problem(await ask(server, address)) for address in swapped}

    assert play(story) == {(403, "ticket_invalid")}


def test_expired_and_altered_addresses_open_nothing(viewing: Viewing, settings: Settings) -> None:
    places = [place(viewing, part) for part in ALL]
    altered = [url[:-9] + ("A" if url[-9] != "A" else "B") + url[-8:] for url in places]

    async def story(server: Stream) -> set[tuple[int, str]]:
        refused = {problem(await ask(server, url)) for url in altered}
        settings.PLAYBACK_SECONDS = -60
        return refused | {problem(await ask(server, url)) for url in places}

    assert play(story) == {(403, "ticket_invalid")}


def test_the_addresses_of_somebody_who_is_not_in_the_audience_open_nothing(film: Video, stranger: Person) -> None:
    theirs = auth.begin(person=stranger, device="")[1]
    places = [place(Viewing(film.id, stranger.id, theirs.id, seconds=9), part) for part in ALL]

    async def story(server: Stream) -> set[tuple[int, str]]:
        return {problem(await ask(server, url)) for url in places}

    assert play(story) == {(404, "not_found")}


def test_the_session_of_another_viewer_opens_nothing(viewing: Viewing, film: Video, stranger: Person) -> None:
    theirs = auth.begin(person=stranger, device="")[1]
    url = place(replace(viewing, session_id=theirs.id, basis=None), MASTER)
    assert problem(answer(url)) == (401, "session_ended")


def withdraw(film: Video) -> None:
    withdrawal.withdraw(subject=film.depictions.get().subject, scope=withdrawal.Scope())


@pytest.mark.parametrize("part", ALL)
def test_nothing_of_a_withdrawn_film_opens(viewing: Viewing, film: Video, part: str) -> None:
    url = place(viewing, part)
    withdraw(film)
    assert problem(answer(url)) == (410, "gone_consent")


def test_a_rung_whose_bytes_are_purged_is_gone(viewing: Viewing, film: Video) -> None:
    url = place(viewing, "/hls/240.mp4")
    default_storage.delete(film.renditions.get(kind="hls", rung=240).file)
    assert problem(answer(url)) == (410, "gone_consent")


# What it costs


def test_fifteen_segments_ask_the_gate_once(viewing: Viewing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "SETTLED_S", 0.0)
    late = place(replace(viewing, basis=None), "/hls/240.mp4")
    asked: list[Viewing] = []
    reopen = playback.reopen

    def counted(viewing: Viewing, resting: Callable[[Basis], None]) -> Basis:
        asked.append(viewing)
        return reopen(viewing, resting)

    monkeypatch.setattr(playback, "reopen", counted)

    async def story(server: Stream) -> list[int]:
        return [(await ask(server, late, range=f"bytes={100 * at}-{100 * at + 99}")).status for at in range(15)]

    assert play(story) == [206] * 15
    assert len(asked) == 1


def test_what_was_decided_meanwhile_is_rested_on_by_no_other_session(
    viewing: Viewing, film: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuts, "SETTLED_S", 0.0)
    first = place(replace(viewing, basis=None), "/hls/240.mp4")
    ended = auth.begin(person=film.owner, device="")[1]
    second = place(replace(viewing, session_id=ended.id, basis=None), "/hls/240.mp4")
    auth.log_out(person=film.owner, session_id=ended.id)

    async def story(server: Stream) -> list[int]:
        return [(await ask(server, url, range="bytes=0-9")).status for url in (first, second, first)]

    assert play(story) == [206, 401, 206]


def test_addresses_in_a_playlist_last_no_longer_than_the_opening(viewing: Viewing, settings: Settings) -> None:
    old = replace(viewing, opened_at=viewing.opened_at - settings.PLAYBACK_SECONDS)
    master = place(old, MASTER)
    address = urljoin(master, lines(answer(master).body)[0])
    assert answer(address).status == 200
    settings.PLAYBACK_SECONDS -= 30
    assert problem(answer(address)) == (403, "ticket_invalid")


# Subtitles, tags, other origins


def test_subtitles_are_sent_while_they_are_there(viewing: Viewing, film: Video) -> None:
    master = place(viewing, MASTER)
    (track,) = re.findall('TYPE=SUBTITLES.*URI="([^"]+)"', answer(master).body.decode())
    playlist = urljoin(master, track)
    text = urljoin(playlist, lines(answer(playlist).body)[0])
    assert answer(text).body.decode() == VTT
    film.subtitles.all().delete()
    assert problem(answer(text)) == (404, "not_found")


def test_a_video_without_rungs_has_no_playlist(viewing: Viewing, film: Video) -> None:
    url = place(viewing, "/hls/240.m3u8")
    film.renditions.all().delete()
    assert addresses.body(viewing)["hls_url"] is None
    assert [problem(answer(one)) for one in (url, place(viewing, MASTER))] == [(404, "not_found")] * 2


@pytest.mark.parametrize("part", ["/hls/240.mp4", "/subtitles/en.vtt"])
def test_who_has_the_very_bytes_is_told_so(viewing: Viewing, part: str) -> None:
    url = place(viewing, part)
    tag = answer(url, "HEAD").headers["etag"]
    for known, status in ((tag, 304), (f'"x", W/{tag}', 304), ('"x"', 200)):
        given = answer(url, if_none_match=known)
        assert (given.status, bool(given.body)) == (status, status == 200)


def test_pages_of_the_web_client_may_read_and_no_others(viewing: Viewing, settings: Settings) -> None:
    settings.WEB_ORIGINS = [WEB]
    url = place(viewing, MASTER)
    for origin, allowed in ((WEB, WEB), ("https://evil.example", None), ("null", None), ("*", None)):
        given = answer(url, origin=origin)
        assert (given.status, given.headers["vary"]) == (200, "origin")
        assert given.headers.get("access-control-allow-origin") == allowed


def test_a_refusal_can_be_read_by_those_pages_too(viewing: Viewing, film: Video, settings: Settings) -> None:
    settings.WEB_ORIGINS = [WEB]
    url = place(viewing, MASTER)
    withdraw(film)
    given = answer(url, origin=WEB)
    assert (problem(given), given.headers["access-control-allow-origin"]) == ((410, "gone_consent"), WEB)


def test_a_browser_that_asks_first_may_ask_for_ranges(viewing: Viewing, settings: Settings) -> None:
    settings.WEB_ORIGINS = [WEB]
    asks = {"access_control_request_method": "GET", "access_control_request_headers": "range"}
    given = answer(place(viewing, "/hls/240.mp4"), "OPTIONS", origin=WEB, **asks)
    assert (given.status, given.body) == (204, b"")
    assert given.headers["access-control-allow-origin"] == WEB
    assert "range" in given.headers["access-control-allow-headers"]
    for origin in ({"origin": "https://evil.example"}, {}):
        assert problem(answer(place(viewing, MASTER), "OPTIONS", **origin, **asks)) == (405, "method_not_allowed")
