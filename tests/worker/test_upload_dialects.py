"""The same upload in tus 1.0 and in the IETF's draft: their own verbs, headers, statuses and problems."""

import hashlib
from base64 import b64encode
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.worker import sending
from tests.worker.sending import ADDRESS, Declared
from worker import incoming
from worker.models import Upload

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}
TUS_PART = "application/offset+octet-stream"
DRAFT_PART = "application/partial-upload"
IANA = "https://iana.org/assignments/http-problem-types#"


def b64(text: str | bytes) -> str:
    """Base64."""
    return b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def metadata(film: bytes) -> str:
    """Upload-Metadata of tus."""
    digest = hashlib.sha256(film).hexdigest()
    return f"filename {b64('sea.mp4')},filetype {b64('video/mp4')},sha256 {b64(digest)},is_confidential"


def tus(api: APIClient, film: bytes, content: bytes = b"", **headers: str) -> Any:
    """Begin an upload in tus."""
    sent = {**TUS, "Upload-Length": str(len(film)), "Upload-Metadata": metadata(film), **headers}
    return api.post(ADDRESS, content, content_type=TUS_PART, headers=sent)


def draft(api: APIClient, film: bytes, content: bytes = b"", complete: str = "?0", **headers: str) -> Any:
    """Begin an upload in the draft."""
    digest = f"sha-256=:{b64(hashlib.sha256(film).digest())}:"
    sent = {"Upload-Complete": complete, "Upload-Length": str(len(film)), "Repr-Digest": digest, **headers}
    return api.post(ADDRESS, content, content_type="video/mp4", headers=sent)


def raw() -> bytes:
    """What is stored of the one upload."""
    return incoming.path(Upload.objects.get().file).read_bytes()


def test_tus_makes_an_upload_sends_it_in_parts_and_asks_for_the_offset(api: APIClient, film: bytes) -> None:
    made = tus(api, film)
    assert (made.status_code, made["Tus-Resumable"], made["Upload-Offset"]) == (201, "1.0.0", "0")
    assert made["Upload-Expires"].endswith("GMT")
    first = sending.part(api, made["Location"], 0, film[:1000], kind=TUS_PART, **TUS)
    assert (first.status_code, first["Upload-Offset"], first["Tus-Resumable"]) == (204, "1000", "1.0.0")
    asked = api.head(made["Location"], headers=TUS)
    assert (asked["Upload-Offset"], asked["Upload-Length"]) == ("1000", str(len(film)))
    assert asked["Cache-Control"] == "no-store"
    assert sending.part(api, made["Location"], 1000, film[1000:], kind=TUS_PART, **TUS).status_code == 204
    row = Upload.objects.get()
    assert (raw(), row.status, row.name, row.media_type) == (film, "processing", "sea.mp4", "video/mp4")


def test_tus_sends_the_first_bytes_along(api: APIClient, film: bytes) -> None:
    made = tus(api, film, film[:700])
    assert (made.status_code, made["Upload-Offset"], raw()) == (201, "700", film[:700])


def test_tus_is_told_what_is_spoken_here_without_a_token() -> None:
    told = APIClient().options(ADDRESS)
    assert (told.status_code, told["Tus-Version"]) == (204, "1.0.0")
    assert {"creation", "expiration", "checksum", "termination"} <= set(told["Tus-Extension"].split(","))
    assert int(told["Tus-Max-Size"]) > 0
    assert "sha1" in told["Tus-Checksum-Algorithm"].split(",")


def test_another_version_of_tus_is_refused_with_the_right_one(begun: Declared) -> None:
    response = begun.api.head(begun.address, headers={"Tus-Resumable": "0.2.2"})
    assert (response.status_code, response["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize("kind", [TUS_PART, DRAFT_PART])
def test_tus_and_the_draft_refuse_a_part_that_was_sent_before(begun: Declared, kind: str) -> None:
    begun.send(0, 500)
    headers = TUS if kind == TUS_PART else {"Upload-Complete": "?0"}
    response = sending.part(begun.api, begun.address, 0, begun.content[:500], kind=kind, **headers)
    assert (response.status_code, response["Upload-Offset"], begun.row.received) == (409, "500", 500)


def test_tus_takes_a_part_of_its_own_type_alone(begun: Declared) -> None:
    response = sending.part(begun.api, begun.address, 0, b"abc", **TUS)
    assert (response.status_code, begun.row.received, response["Tus-Resumable"]) == (415, 0, "1.0.0")


def test_tus_ends_an_upload(begun: Declared) -> None:
    assert begun.api.delete(begun.address, headers=TUS).status_code == 204
    assert (begun.api.head(begun.address, headers=TUS).status_code, begun.row.status) == (410, "cancelled")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Upload-Length": "", "Upload-Defer-Length": "1"}, "length_deferred"),
        ({"Upload-Length": "many"}, "header_malformed"),
        ({"Upload-Metadata": "filetype ???"}, "header_malformed"),
        ({"Upload-Metadata": f"filetype {b64('video/mp4')}"}, "invalid_request"),
    ],
    ids=str,
)
def test_tus_without_size_type_or_digest_is_refused(
    api: APIClient, film: bytes, headers: dict[str, str], code: str
) -> None:
    assert tus(api, film, **headers).json()["code"] == code
    assert Upload.objects.count() == 0


def test_the_draft_makes_an_upload_and_adds_to_it(api: APIClient, film: bytes) -> None:
    made = draft(api, film, film[:400])
    assert (made.status_code, made["Upload-Offset"], made["Upload-Complete"]) == (201, "400", "?0")
    assert f"max-size={len(film)}, max-age=" in made["Upload-Limit"]
    sent = {"Upload-Complete": "?0"}
    added = sending.part(api, made["Location"], 400, film[400:900], kind=DRAFT_PART, **sent)
    assert (added.status_code, added["Upload-Complete"], added["Upload-Offset"]) == (204, "?0", "900")
    ended = sending.part(api, made["Location"], 900, film[900:], kind=DRAFT_PART, **{"Upload-Complete": "?1"})
    assert (ended["Upload-Complete"], raw(), Upload.objects.get().status) == ("?1", film, "processing")
    assert api.head(made["Location"])["Upload-Complete"] == "?1"


def test_the_draft_sends_all_at_once(api: APIClient, film: bytes) -> None:
    made = draft(api, film, film, "?1", **{"Content-Digest": f"sha-256=:{b64(hashlib.sha256(film).digest())}:"})
    assert (made.status_code, made["Upload-Complete"], raw()) == (201, "?1", film)


def test_the_draft_may_say_that_all_is_here_when_it_is(api: APIClient, film: bytes) -> None:
    made = draft(api, film, film)
    response = sending.part(api, made["Location"], len(film), b"", kind=DRAFT_PART, **{"Upload-Complete": "?1"})
    assert (response.status_code, response["Upload-Complete"]) == (204, "?1")


def test_the_problems_of_the_draft_are_its_own(api: APIClient, film: bytes) -> None:
    made = draft(api, film)
    wrong = sending.part(api, made["Location"], 5, film, kind=DRAFT_PART, **{"Upload-Complete": "?0"}).json()
    assert wrong["code"] == "part_too_long"
    hole = sending.part(api, made["Location"], 5, film[5:9], kind=DRAFT_PART, **{"Upload-Complete": "?0"}).json()
    assert (hole["type"], hole["expected-offset"]) == (f"{IANA}mismatching-upload-offset", 0)
    short = sending.part(api, made["Location"], 0, film[:9], kind=DRAFT_PART, **{"Upload-Complete": "?1"}).json()
    assert (short["type"], short["status"]) == (f"{IANA}inconsistent-upload-length", 400)
    assert Upload.objects.get().received == 0


def test_the_draft_without_a_digest_is_refused(api: APIClient, film: bytes) -> None:
    response = draft(api, film, **{"Repr-Digest": ""})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/sha256")
    assert Upload.objects.count() == 0
