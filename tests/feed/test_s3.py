"""Serving from S3: a real bucket behind a server of its own, of which each request fetches the range that it sends."""

import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError
from django.core.files.storage import default_storage
from pytest_django import Settings

from accounts import auth
from accounts.models import Person
from consent.models import Grant
from feed import playback
from feed.renditions import FILM, POSTER
from feed.stream import Stream
from feed.tickets import Viewing
from socialvideo.embedded.ports import free_port
from tests import factories
from tests.feed.player import answer, ask, place, play, problem
from worker.models import Video

pytestmark = pytest.mark.skipif(find_spec("moto") is None, reason="needs moto: a server that speaks S3")
CONTENT = bytes(range(256)) * 2000
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
Asked = list[tuple[str, str | None]]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that speaks S3, with a bucket."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _bucket(url)
        yield url
    finally:
        server.terminate()
        server.wait()


def _bucket(url: str) -> None:
    deadline = time.monotonic() + 20
    client = boto3.client("s3", endpoint_url=url, **KEYS)
    while True:
        try:
            client.create_bucket(Bucket="films")
        except BotoCoreError:
            assert time.monotonic() < deadline, "the server that speaks S3 did not start"
            time.sleep(0.1)
        else:
            return


@pytest.fixture
def film(
    transactional_db: None, endpoint: str, settings: Settings, grant: Grant, subject: Person, requester: Person
) -> Video:
    """A film that lies in the bucket."""
    options = {"bucket_name": "films", "endpoint_url": endpoint, "access_key": "test", "secret_key": "test"}
    kept = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**options, "region_name": "us-east-1"}}
    settings.STORAGES = {**settings.STORAGES, "default": kept}
    return factories.video(requester, subject, content=CONTENT)


@pytest.fixture
def viewing(film: Video) -> Viewing:
    session = auth.begin(person=film.owner, device="")[1]
    return playback.open_video(viewer=film.owner, session=session, video_id=film.id)


@pytest.fixture
def asked(film: Video) -> Asked:
    """What the bucket is asked for: the method, and the range."""
    noted: Asked = []

    def note(request: Any, **_: object) -> None:
        wanted = request.headers.get("Range")
        noted.append((request.method, wanted.decode() if wanted else None))

    default_storage.bucket.meta.client.meta.events.register("before-send.s3", note)
    return noted


def test_only_the_range_that_is_sent_is_fetched_from_the_bucket(viewing: Viewing, asked: Asked) -> None:
    given = answer(place(viewing), range="bytes=1000-200999")
    assert (given.status, given.body) == (206, CONTENT[1000:201_000])
    assert len(given.chunks) > 2
    assert asked == [("GET", "bytes=1000-200999")]


def test_the_whole_film_and_what_has_no_known_size_come_too(viewing: Viewing) -> None:
    assert answer(place(viewing)).body == CONTENT
    assert answer(place(viewing, POSTER)).body == b"poster"
    head = answer(place(viewing), "HEAD")
    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(CONTENT)), b"")


def test_a_film_whose_bytes_are_purged_is_gone_before_anything_is_sent(viewing: Viewing, film: Video) -> None:
    default_storage.delete(film.file)
    default_storage.delete(film.poster)
    for part in (FILM, POSTER):
        assert problem(answer(place(viewing, part))) == (410, "gone_consent")


def test_a_bucket_that_refuses_us_is_not_a_film_that_is_gone(viewing: Viewing, settings: Settings) -> None:
    address = place(viewing)
    options = settings.STORAGES["default"]["OPTIONS"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {**options, "endpoint_url": "http://127.0.0.1:1"}},
    }
    assert problem(answer(address)) == (503, "storage_unavailable")


def test_a_stream_that_is_cut_fetches_no_more(viewing: Viewing) -> None:
    async def story(server: Stream) -> tuple[bool, int]:
        async def cut() -> None:
            server.cuts.end(f"video:{viewing.video_id}")

        given = await ask(server, place_of, on_chunk=cut)
        return given.broken, len(given.chunks)

    place_of = place(viewing)
    assert play(story) == (True, 1)
