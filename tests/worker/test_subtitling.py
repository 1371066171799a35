"""Subtitles over REST: of one's own video, one track a language, read strictly, and gone with the video."""

from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries

from accounts.models import Person
from consent import withdrawal
from socialvideo.lib.errors import Problem
from tests import factories
from worker import storage, subtitling
from worker.models import Subtitles, Video

CUE = b"WEBVTT\n\n00:00.100 --> 00:00.900\nWaves.\n"


@pytest.fixture
def film(requester: Person) -> Video:
    """A video of a second."""
    return factories.footage(requester)


def put(someone: Person, film: Video, language: str = "en", content: bytes = CUE, query: str = "") -> Any:
    """Send subtitles."""
    address = f"/api/v1/videos/{film.id}/subtitles/{language}{query}"
    return factories.client(someone).put(address, content, content_type="text/vtt")


def listed(film: Video) -> list[tuple[str, str]]:
    """Languages and labels, as the owner reads them."""
    rows = factories.client(film.owner).get(f"/api/v1/videos/{film.id}/subtitles").json()["data"]
    return [(row["language"], row["label"]) for row in rows]


def test_subtitles_are_kept_by_language_and_listed(film: Video, requester: Person) -> None:
    assert put(requester, film, "pt-br", query="?label=Portugu%C3%AAs").json()["language"] == "pt-BR"
    assert put(requester, film).status_code == 200
    assert listed(film) == [("en", ""), ("pt-BR", "Português")]
    assert Subtitles.objects.get(language="en").text == "WEBVTT\n\n00:00:00.100 --> 00:00:00.900\nWaves.\n"


def test_putting_a_language_again_replaces_it(film: Video, requester: Person) -> None:
    put(requester, film)
    put(requester, film, content=CUE.replace(b"Waves.", b"Wind."))
    assert "Wind." in Subtitles.objects.get().text


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"hello", "subtitles_malformed"),
        (b"WEBVTT\n\n00:00.900 --> 00:00.100\nBack.\n", "subtitles_times"),
        (b"WEBVTT\n\n00:09.000 --> 00:10.000\nLate.\n", "subtitles_times"),
        (b"\xff\xfe\xff", "subtitles_encoding"),
        (b"WEBVTT\n", "subtitles_empty"),
    ],
)
def test_what_is_no_subtitles_is_refused_and_nothing_is_kept(
    film: Video, requester: Person, content: bytes, code: str
) -> None:
    reply = put(requester, film, content=content)
    assert (reply.status_code, reply.json()["code"], Subtitles.objects.count()) == (422, code, 0)


def test_the_line_that_is_wrong_is_said(film: Video, requester: Person) -> None:
    reply = put(requester, film, content=CUE + b"\n00:00.950 -> 00:01.000\nArrow.\n")
    assert (reply.status_code, "00:00.950 -> 00:01.000" in reply.json()["detail"]) == (422, True)


def test_more_than_256_kib_are_refused(film: Video, requester: Person) -> None:
    reply = put(requester, film, content=CUE + b"x" * settings.MAX_JSON_BYTES)
    assert (reply.status_code, reply.json()["code"], Subtitles.objects.count()) == (413, "body_too_large", 0)


@pytest.mark.parametrize(
    ("written", "tag"),
    [("EN", "en"), ("zh-hant", "zh-Hant"), ("sr-latn-rs", "sr-Latn-RS"), ("es-419", "es-419"), ("de-1996", "de-1996")],
)
def test_a_language_is_written_in_one_way(written: str, tag: str) -> None:
    assert subtitling.tag(written) == tag


@pytest.mark.parametrize("written", ["e", "english!", "en-", "x-private", "en_GB", "e n", "", "en" + "-abcde" * 9])
def test_what_is_no_language_is_none(written: str) -> None:
    with pytest.raises(Problem) as refused:
        subtitling.tag(written)
    assert refused.value.code == "language_unknown"


def test_only_the_owner_puts_lists_and_removes_them(requester: Person, video: Video, subject: Person) -> None:
    put(requester, video)
    for someone in (subject, factories.person()):
        api, address = factories.client(someone), f"/api/v1/videos/{video.id}/subtitles"
        replies = [put(someone, video, "de"), api.get(address), api.delete(f"{address}/en")]
        assert [reply.status_code for reply in replies] == [404] * 3
    assert Subtitles.objects.count() == 1


def test_they_are_removed_by_language(film: Video, requester: Person) -> None:
    put(requester, film)
    api, address = factories.client(requester), f"/api/v1/videos/{film.id}/subtitles"
    assert [api.delete(f"{address}/{language}").status_code for language in ("de", "en", "en")] == [404, 204, 404]
    assert Subtitles.objects.count() == 0


def test_they_are_gone_with_the_video(requester: Person, video: Video, subject: Person) -> None:
    put(requester, video)
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert put(requester, video).json()["code"] == "gone_consent"
    storage.purge()
    assert Subtitles.objects.count() == 0


def test_none_comes_after_the_purge(film: Video) -> None:
    Video.objects.update(purged_at=film.created_at)
    with pytest.raises(Problem) as refused:
        subtitling.put(video=film, language="en", label="", content=CUE)
    assert (refused.value.status_code, Subtitles.objects.count()) == (410, 0)


def test_a_video_has_so_many_languages_at_most(film: Video, requester: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subtitling, "MOST_TRACKS", 2)
    assert [put(requester, film, each).status_code for each in ("en", "de", "fr", "de")] == [200, 200, 409, 200]


def test_a_label_is_short_and_printable(film: Video, requester: Person) -> None:
    for label in ("x" * 61, "a%0Ab"):
        assert put(requester, film, query=f"?label={label}").json()["errors"][0]["pointer"] == "/label"
    assert Subtitles.objects.count() == 0


@pytest.mark.parametrize("count", [1, 5])
def test_their_list_costs_the_same_queries_however_many_there_are(
    count: int, film: Video, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tags = ("de", "en", "es", "fr", "it")[:count]
    Subtitles.objects.bulk_create(Subtitles(video=film, language=tag, text="WEBVTT\n") for tag in tags)
    api = factories.client(film.owner)
    with django_assert_num_queries(6):
        assert len(api.get(f"/api/v1/videos/{film.id}/subtitles").json()["data"]) == count
