"""Bytes that go to S3 without passing here: parts by signed addresses, put together, checked and removed.

With S3_ENDPOINT and S3_BUCKET (and keys as boto3 reads them) this runs against that S3; else against a server that
speaks S3, in a process of its own.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Person
from tests import factories
from tests.worker import buckets, sending
from tests.worker.footage import clip, sha256
from tests.worker.sending import ADDRESS, Declared
from worker.models import Upload
from worker.uploads import direct, ingest, reaping

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not buckets.IS_THERE, reason="needs S3_ENDPOINT, or moto: a server that speaks S3"),
]
SIZE = direct.SMALLEST_PART + 70_000


@pytest.fixture(scope="module")
def options() -> Iterator[dict[str, Any]]:
    """What a storage is told of the bucket."""
    with buckets.bucket() as told:
        yield told


@pytest.fixture
def s3(options: dict[str, Any], settings: Settings) -> None:
    """Storage that is a bucket."""
    stored = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": stored}
    settings.UPLOAD_PART_BYTES = direct.SMALLEST_PART


@pytest.fixture
def api(s3: None, requester: Person) -> APIClient:
    """The uploader's client."""
    return factories.client(requester)


@pytest.fixture
def begun(api: APIClient) -> Declared:
    """A direct upload of a film in two parts."""
    return sending.begin(api, clip(size_bytes=SIZE), direct_to_storage=True)


def parts(begun: Declared) -> list[dict[str, Any]]:
    """Its parts, as the API tells them."""
    found: list[dict[str, Any]] = begun.api.get(f"{begun.address}/parts").json()["data"]
    return found


def put(begun: Declared, part: dict[str, Any], content: bytes | None = None) -> str:
    """Send one part to storage; the ETag that it answers."""
    piece = begun.content[part["offset"] : part["offset"] + part["size_bytes"]] if content is None else content
    reply = urllib3.request("PUT", part["url"], body=piece)
    assert reply.status == 200, reply.data
    return str(reply.headers["ETag"])


def complete(begun: Declared, etags: list[str]) -> Any:
    """Say that all parts are there."""
    listed = [{"number": number, "etag": etag} for number, etag in enumerate(etags, 1)]
    return begun.api.put(f"{begun.address}/completion", {"parts": listed}, format="json")


def test_parts_go_to_storage_and_become_a_video(begun: Declared, api: APIClient) -> None:
    shown = begun.read()
    assert (shown["direct_to_storage"], shown["part_bytes"]) == (True, direct.SMALLEST_PART)
    assert api.get(f"{ADDRESS}/limits").json()["direct_to_storage"] is True
    etags = [put(begun, part) for part in parts(begun)]
    response = complete(begun, etags)
    assert (response.status_code, response.json()["status"], response.json()["progress"]) == (202, "processing", 50)
    raw = begun.row.file
    ingest.run(begun.row.id)
    video = begun.row.video
    assert video
    with default_storage.open(video.file) as file:
        assert sha256(file.read()) == bytes(video.content_digest).hex()
    assert (default_storage.exists(raw), begun.row.file, video.ladder.status) == (False, "", "done")


def test_a_direct_upload_beyond_the_quota_leaves_nothing_in_storage(api: APIClient, settings: Settings) -> None:
    settings.UPLOAD_SESSIONS = 0
    made: list[tuple[str, str]] = []
    real = direct.begin

    def begin(name: str, media_type: str) -> str:
        made.append((name, real(name, media_type)))
        return made[-1][1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(direct, "begin", begin)
        declared = sending.declaration(b"film", direct_to_storage=True)
        assert api.post(ADDRESS, declared, format="json").status_code == 429
    assert Upload.objects.count() == 0
    assert urllib3.request("PUT", direct.address(*made[0], 1), body=b"more").status >= 400


def test_an_address_of_a_part_is_signed_and_ends(begun: Declared) -> None:
    query = parse_qs(urlsplit(parts(begun)[0]["url"]).query)
    assert query["uploadId"] == [begun.row.multipart]
    assert {"X-Amz-Signature", "Signature"} & set(query)
    assert {"X-Amz-Expires", "Expires"} & set(query)


def test_what_is_stored_is_told_so_that_an_upload_can_be_gone_on_with(begun: Declared) -> None:
    first, second = parts(begun)
    etag = put(begun, first)
    again = parts(begun)
    assert [(part["stored_bytes"], part["etag"]) for part in again] == [(first["size_bytes"], etag), (0, None)]
    assert begun.read()["offset"] == first["size_bytes"]
    assert [part["number"] for part in begun.api.get(f"{begun.address}/parts?first=2").json()["data"]] == [2]
    assert second["offset"] + second["size_bytes"] == SIZE


def test_a_part_is_not_taken_here_when_bytes_go_to_storage(begun: Declared) -> None:
    response = begun.send(0)
    assert (response.status_code, response.json()["code"], begun.row.received) == (409, "upload_direct", 0)


def test_wrong_etags_are_refused_and_the_upload_stays_open(begun: Declared) -> None:
    etags = [put(begun, part) for part in parts(begun)]
    response = complete(begun, [etags[0], etags[0]])
    assert (response.status_code, response.json()["code"], begun.row.status) == (409, "parts_wrong", "receiving")
    assert complete(begun, []).json()["code"] == "parts_wrong"
    assert complete(begun, etags).status_code == 202


def test_a_completion_that_is_sent_again_is_no_harm(begun: Declared) -> None:
    etags = [put(begun, part) for part in parts(begun)]
    assert [complete(begun, etags).status_code for _ in range(2)] == [202, 202]
    assert begun.row.status == "processing"


def test_a_completion_is_gone_on_with_when_we_were_killed_after_storage_had_it(begun: Declared) -> None:
    etags = [put(begun, part) for part in parts(begun)]
    direct.complete(begun.row.file, begun.row.multipart, list(enumerate(etags, 1)))
    assert complete(begun, etags).json()["status"] == "processing"


def test_an_object_of_another_size_is_rejected_and_removed(begun: Declared) -> None:
    first, second = parts(begun)
    etags = [put(begun, first), put(begun, second, b"short")]
    raw = begun.row.file
    assert complete(begun, etags).json()["failure_code"] == "size_mismatch"
    assert (begun.row.status, default_storage.exists(raw)) == ("rejected", False)


def test_other_bytes_of_the_same_size_are_rejected_and_removed(begun: Declared) -> None:
    first, second = parts(begun)
    etags = [put(begun, first), put(begun, second, bytes(second["size_bytes"]))]
    raw = begun.row.file
    assert complete(begun, etags).json()["status"] == "processing"
    ingest.run(begun.row.id)
    assert (begun.row.failure_code, default_storage.exists(raw)) == ("digest_mismatch", False)


def test_an_upload_that_is_given_up_is_given_up_in_storage_too(begun: Declared) -> None:
    part = parts(begun)[0]
    put(begun, part)
    assert begun.api.delete(begun.address).status_code == 204
    assert urllib3.request("PUT", part["url"], body=b"more").status >= 400
    assert begun.row.status == "cancelled"


def test_a_direct_upload_that_nobody_touches_is_given_up_in_storage(begun: Declared) -> None:
    part = parts(begun)[0]
    Upload.objects.update(touched_at=Now() - sending.LATE)
    reaping.reap()
    assert begun.row.status == "expired"
    assert urllib3.request("PUT", part["url"], body=b"more").status >= 400
