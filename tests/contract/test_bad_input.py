"""Input that cannot be taken: each kind has its own code, is a problem document, and stores nothing."""

import io
import json
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import Person
from consent import asks
from consent.models import Grant
from tests import factories
from tests.contract import refusals, stored
from worker.models import Job, Video

JSON = "application/json"
ASK: dict[str, Any] = {"subject": "eileen", "purposes": ["personal"], "audience": "private"}
GRANT: dict[str, Any] = {"grantee": "kim", "purposes": ["personal"], "audience": "private"}
JOB: dict[str, Any] = {"subjects": ["eileen"], "prompt": "surfing", "audience": "public"}
PAST, FAR = "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057"


class Unreadable(io.BytesIO):
    """A body that nobody may read."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")


def png(width: int, height: int) -> bytes:
    """A PNG that declares this size and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    framed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def jpeg() -> bytes:
    """A noisy photo."""
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 80).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def form(name: str, content: bytes) -> dict[str, Any]:
    """A form with one file."""
    return {"data": {name: SimpleUploadedFile("me.jpg", content)}, "format": "multipart"}


@pytest.fixture
def sam(requester: Person) -> APIClient:
    """The requester's client."""
    return factories.client(requester)


@pytest.fixture
def eileen(subject: Person) -> APIClient:
    """The subject's client."""
    return factories.client(subject)


@pytest.mark.parametrize(("address", "name"), [("/api/v1/me/likeness", "photo"), ("/api/v1/me/picture", "picture")])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"hello" * 100, "not_an_image"),
        (png(30_000, 30_000), "picture_too_large_pixels"),
        (jpeg()[:2000], "picture_truncated"),
        (png(10, 10), "picture_too_small"),
        (bytes(13 * 1024 * 1024), "picture_too_large_bytes"),
    ],
    ids=["no picture", "900 megapixels", "truncated", "tiny", "13 MiB"],
)
def test_a_picture_that_cannot_be_used_is_refused(
    sam: APIClient, address: str, name: str, content: bytes, code: str
) -> None:
    with stored.unchanged():
        assert refusals.said(sam.put(address, **form(name, content))) == (422, code, f"/{name}", code)


def test_what_trails_behind_a_picture_is_not_stored(sam: APIClient) -> None:
    assert sam.put("/api/v1/me/picture", **form("picture", jpeg() + b"<?php garbage ?>" * 9)).status_code == 200
    assert len(stored.files()) == 6
    assert b"garbage" not in sam.get("/api/v1/people/sam/picture").content


@pytest.mark.parametrize("address", ["/api/v1/me/likeness", "/api/v1/me/picture"])
def test_an_upload_over_16_mib_is_refused_before_it_is_read(sam: APIClient, address: str) -> None:
    sent = {"content_type": "multipart/form-data; boundary=x", "CONTENT_LENGTH": str(16 * 1024 * 1024 + 1)}
    with stored.unchanged():
        response = sam.generic("PUT", address, **sent, **{"wsgi.input": Unreadable()})
        assert refusals.said(response) == (413, "body_too_large")


@pytest.mark.parametrize("content", [b"", b"--x", b"--x\r\nContent-Disposition: form-data\r\n\r\n", b"\xff" * 99])
def test_a_form_that_is_none_is_refused(sam: APIClient, content: bytes) -> None:
    with stored.unchanged():
        response = sam.put("/api/v1/me/picture", content, content_type="multipart/form-data; boundary=x")
        assert refusals.said(response)[:2] == (422, "invalid_request")
        response = sam.put("/api/v1/me/picture", content, content_type="multipart/form-data")
        assert response.status_code in (400, 422) and refusals.problem(response)


def test_a_form_of_a_thousand_files_is_refused_as_a_problem(sam: APIClient) -> None:
    files = {f"f{n}": SimpleUploadedFile("a", b"a") for n in range(101)}
    with stored.unchanged():
        assert refusals.said(sam.put("/api/v1/me/picture", files, format="multipart")) == (400, "bad_request")


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(sam: APIClient, grant: Grant) -> None:
    with stored.unchanged():
        sent = {"content_type": JSON, "CONTENT_LENGTH": "10000000", "wsgi.input": Unreadable()}
        assert refusals.said(sam.generic("POST", "/api/v1/jobs", **sent)) == (413, "body_too_large")
        response = sam.post("/api/v1/jobs", {**JOB, "prompt": "x" * 10_000_000}, format="json")
        assert refusals.said(response) == (413, "body_too_large")


def test_a_body_of_undeclared_length_is_refused(sam: APIClient, grant: Grant) -> None:
    with stored.unchanged():
        response = sam.generic("POST", "/api/v1/jobs", b"", content_type=JSON, headers={"Transfer-Encoding": "chunked"})
        assert refusals.said(response) == (411, "length_required")


@pytest.mark.parametrize("length", ["x", "-1", "", "99999999999999999999"])
def test_a_content_length_that_is_none_is_no_fault_of_ours(sam: APIClient, length: str) -> None:
    for address, media in (("/api/v1/asks", JSON), ("/api/v1/me/picture", "multipart/form-data; boundary=x")):
        method = "POST" if media == JSON else "PUT"
        response = sam.generic(method, address, b"", content_type=media, CONTENT_LENGTH=length)
        assert refusals.said(response)[:2] in [
            (400, "malformed_body"),
            (413, "body_too_large"),
            (422, "invalid_request"),
        ]


@pytest.mark.parametrize(
    "content",
    [
        b'{"subject": ',
        b"{} {}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"\0",
    ],
    ids=["cut", "two", "quotes", "NaN", "Infinity", "surrogate", "byte", "BOM", "UTF-16", "deep", "deep dict", "NUL"],
)
def test_what_is_no_json_is_refused(sam: APIClient, subject: Person, content: bytes) -> None:
    with stored.unchanged():
        response = sam.post("/api/v1/asks", content, content_type=JSON)
        assert refusals.said(response) == (400, "malformed_body")


@pytest.mark.parametrize("deep", [300, 1000])
def test_json_nested_deeper_than_anything_of_ours_is_refused(sam: APIClient, subject: Person, deep: int) -> None:
    content = json.dumps({**ASK, "purposes": "@"}).replace('"@"', "[" * deep + "]" * deep)
    with stored.unchanged():
        for headers in ({}, {"Idempotency-Key": "k"}):
            response = sam.post("/api/v1/asks", content, content_type=JSON, headers=headers)
            assert refusals.said(response)[:2] in [(422, "invalid_request"), (400, "malformed_body")]


def test_an_empty_body_is_refused_by_the_names_of_what_is_missing(sam: APIClient, subject: Person) -> None:
    with stored.unchanged():
        response = sam.post("/api/v1/asks", b"", content_type=JSON)
        assert {error["pointer"] for error in refusals.problem(response)["errors"]} == {
            *("/subject", "/purposes", "/audience")
        }


def test_a_body_of_nothing_but_faults_is_not_answered_by_a_longer_one(sam: APIClient) -> None:
    content = json.dumps({f"f{n}": 1 for n in range(9_000)})
    response = sam.post("/api/v1/asks", content, content_type=JSON)
    assert len(refusals.problem(response)["errors"]) == 50


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"prompt": "x" * 2001}, "/prompt", "max_length"),
        ({"prompt": ""}, "/prompt", "blank"),
        ({"prompt": "a\0b"}, "/prompt", "null_characters_not_allowed"),
        ({"subjects": []}, "/subjects", "min_length"),
        ({"subjects": ["eileen", "kim", "lou", "sam"]}, "/subjects", "max_length"),
        ({"subjects": ["eileen", 5]}, "/subjects/1", "wrong_type"),
        ({"seed": 2**31}, "/seed", "max_value"),
        ({"seed": 10**30}, "/seed", "wrong_type"),
        ({"purpose": "anything"}, "/purpose", "invalid_choice"),
        ({"colour": "red"}, "/colour", "unknown_field"),
    ],
    ids=str,
)
def test_a_wish_that_cannot_be_taken_is_refused(
    sam: APIClient, grant: Grant, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    with stored.unchanged():
        response = sam.post("/api/v1/jobs", {**JOB, **wrong}, format="json")
        assert refusals.said(response) == (422, "invalid_request", pointer, code)


@pytest.mark.parametrize("subjects", [["eileen", "eileen"], ["eileen", "@Eileen"]])
def test_a_subject_named_twice_is_refused(sam: APIClient, grant: Grant, subjects: list[str]) -> None:
    with stored.unchanged():
        response = sam.post("/api/v1/jobs", {**JOB, "subjects": subjects}, format="json")
        assert refusals.said(response) == (422, "subject_twice", "/subjects", "subject_twice")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"expires_at": PAST}, (422, "expiry_in_past", "/expires_at", "expiry_in_past")),
        ({"expires_at": FAR}, (422, "expiry_too_far", "/expires_at", "expiry_too_far")),
        ({"expires_at": "soon"}, (422, "invalid_request", "/expires_at", "invalid")),
        ({"max_uses": 0}, (422, "invalid_request", "/max_uses", "min_value")),
        ({"max_uses": 1001}, (422, "invalid_request", "/max_uses", "max_value")),
        ({"purposes": []}, (422, "invalid_request", "/purposes", "empty")),
        ({"purposes": {"personal": 1}}, (422, "invalid_request", "/purposes", "wrong_type")),
        ({"forever": True}, (422, "invalid_request", "/forever", "unknown_field")),
        ({"state": "given"}, (422, "invalid_request", "/state", "unknown_field")),
        ({"ask": NOBODY}, (422, "ask_unknown", "/ask", "ask_unknown")),
        ({"grantee": "nobody_here"}, (404, "person_unknown")),
        ({"grantee": "a\0b"}, (422, "invalid_request", "/grantee", "null_characters_not_allowed")),
    ],
    ids=str,
)
def test_a_grant_that_cannot_be_given_is_refused(
    eileen: APIClient, stranger: Person, wrong: dict[str, Any], said: tuple[Any, ...]
) -> None:
    with stored.unchanged():
        assert refusals.said(eileen.post("/api/v1/grants", {**GRANT, **wrong}, format="json")) == said


@pytest.mark.parametrize(
    "wrong", [{"scope": "grant"}, {"scope": "grantee", "grant": NOBODY}, {"scope": "everything", "grantee": "sam"}]
)
def test_a_withdrawal_that_does_not_say_what_is_refused(eileen: APIClient, grant: Grant, wrong: dict[str, Any]) -> None:
    with stored.unchanged():
        response = eileen.post("/api/v1/withdrawals", wrong, format="json")
        assert refusals.said(response) == (422, "invalid_request", "", "invalid")


LIMITS = ["0", "101", "-1", "x", "", "1.5", " 1", "٣", "9" * 5000]
CURSORS = ["x", "YzE", "%00", "c1" * 20, "YzE" + "A" * 50, "😀", "=" * 99]


@pytest.mark.parametrize(("name", "values"), [("limit", LIMITS), ("cursor", CURSORS)])
def test_a_page_that_does_not_exist_is_refused(sam: APIClient, name: str, values: list[str]) -> None:
    for value in values:
        response = sam.get("/api/v1/asks", {name: value})
        assert refusals.said(response) == (400, f"invalid_{name}"), value


@pytest.mark.parametrize(("address", "code"), [("asks?side=x", "invalid_side"), ("grants?role=x", "invalid_role")])
def test_a_side_that_does_not_exist_is_refused(sam: APIClient, address: str, code: str) -> None:
    assert refusals.said(sam.get(f"/api/v1/{address}")) == (400, code)


@pytest.mark.parametrize("size", ["0", "63", "1000000", "9" * 5000, "-64", "x", ""])
def test_a_picture_in_another_size_is_not_there(sam: APIClient, size: str) -> None:
    assert refusals.said(sam.get("/api/v1/people/sam/picture", {"size": size})) == (404, "picture_unknown")


@pytest.mark.parametrize(
    "address",
    [
        *("/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/grants/", "/api/v1/grants/zzz", "/api/v1/jobs/1"),
        *("/api/v1/jobs/%00", "/api/v1/people/a/b/c", "/api/v2/people", "/nothing", "/%ff%fe"),
    ],
)
def test_an_address_that_no_route_knows_is_a_problem(sam: APIClient, address: str) -> None:
    assert refusals.said(sam.get(address)) == (404, "not_found")


@pytest.mark.parametrize("handle", ["nobody", "%00", "%0a", "a%00b", "x" * 3000, "%F0%9F%98%80", "'; --", "%2e%2e"])
def test_a_handle_that_nobody_has_is_not_there(sam: APIClient, handle: str) -> None:
    for rest in ("", "/posts", "/followers", "/picture"):
        assert refusals.said(sam.get(f"/api/v1/people/{handle}{rest}")) == (404, "person_unknown")


def test_a_method_that_a_route_has_not_is_refused_with_those_it_has(sam: APIClient) -> None:
    response = sam.delete("/api/v1/jobs")
    assert refusals.said(response) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_a_reply_in_another_format_is_refused(sam: APIClient) -> None:
    assert refusals.said(sam.get("/api/v1/me", headers={"Accept": "text/html"})) == (406, "not_acceptable")


def test_a_host_that_is_not_ours_is_refused_as_a_problem(sam: APIClient) -> None:
    assert refusals.said(sam.get("/api/v1/me", headers={"Host": "evil.example"})) == (400, "bad_request")


@pytest.mark.parametrize("thing", ["jobs", "grants", "videos", "withdrawals", "posts"])
def test_a_thing_that_never_was_is_not_there(sam: APIClient, thing: str) -> None:
    assert refusals.said(sam.get(f"/api/v1/{thing}/{NOBODY}")) == (404, "not_found")


def test_the_things_of_another_person_are_not_there(stranger: Person, video: Video, grant: Grant) -> None:
    job, api = Job.objects.get(video=video), factories.client(stranger)
    ask = asks.ask(
        requester=grant.grantee, subject=grant.subject, purposes=["personal"], audience="private", message=""
    )
    addresses = [f"jobs/{job.id}", f"grants/{grant.id}", f"videos/{video.id}", f"videos/{video.id}/playback"]
    with stored.unchanged():
        for address in addresses:
            assert refusals.said(api.get(f"/api/v1/{address}")) == (404, "not_found")
        response = api.put(f"/api/v1/asks/{ask.id}/answer", {"answer": "refused"}, format="json")
        assert refusals.said(response) == (404, "not_found")


def test_an_unknown_subject_is_refused_like_one_who_gave_no_grant(sam: APIClient, stranger: Person) -> None:
    unknown = sam.post("/api/v1/jobs", {**JOB, "subjects": ["nobody_here"]}, format="json")
    ungiven = sam.post("/api/v1/jobs", {**JOB, "subjects": ["kim"]}, format="json")
    assert refusals.said(unknown) == (403, "consent_unavailable")
    assert unknown.json() == ungiven.json()
    assert Job.objects.count() == 0
