"""Parts: whatever is cut, sent twice or sent out of turn, the stored bytes are the file's, and the offset is right."""

import hashlib
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from django.http import HttpResponse
from rest_framework.test import APIClient

from accounts.models import Person
from tests import factories
from tests.worker import sending
from tests.worker.sending import Declared
from worker import incoming
from worker.models import Upload
from worker.uploads import arriving

pytestmark = pytest.mark.django_db
Stored = Callable[[], dict[str, bytes]]


def raw(declared: Declared) -> bytes:
    """What lies in the file of an upload."""
    return incoming.path(declared.row.file).read_bytes()


def test_parts_in_order_make_the_file_and_the_last_one_hands_it_over(begun: Declared) -> None:
    for offset in range(0, len(begun.content), 1000):
        response = begun.send(offset, offset + 1000)
        assert (response.status_code, int(response["Upload-Offset"])) == (204, min(offset + 1000, len(begun.content)))
    assert raw(begun) == begun.content
    assert begun.read()["status"] == "processing"
    assert response["Upload-Complete"] == "?1"


def test_a_part_that_is_cut_keeps_what_arrived(begun: Declared, small_steps: None) -> None:
    assert sending.cut(begun, 0, 777)["Upload-Offset"] == "777"
    assert begun.api.head(begun.address)["Upload-Offset"] == "777"
    assert raw(begun) == begun.content[:777]
    assert begun.send(777).status_code == 204
    assert (raw(begun), begun.row.status) == (begun.content, "processing")


def test_a_file_sent_over_a_link_that_is_cut_anywhere_arrives_byte_for_byte(begun: Declared, small_steps: None) -> None:
    chance, sent = Random(4), 0
    while (offset := begun.row.received) < len(begun.content):
        arrives = chance.randrange(1, 1500)
        sending.cut(begun, offset, arrives)
        sent += min(arrives, len(begun.content) - offset)
    assert (raw(begun), sent) == (begun.content, len(begun.content))


def test_a_part_sent_again_is_no_harm(begun: Declared) -> None:
    begun.send(0, 2000)
    assert begun.send(0, 2000)["Upload-Offset"] == "2000"
    assert begun.send(500, 2500)["Upload-Offset"] == "2500"
    assert raw(begun) == begun.content[:2500]


def test_the_last_part_sent_again_after_all_is_here_is_no_harm(begun: Declared) -> None:
    begun.send(0)
    fence = begun.row.fence
    assert (begun.send(0).status_code, begun.row.fence, begun.row.status) == (204, fence, "processing")


def test_a_part_that_leaves_a_hole_is_refused_with_the_right_offset(begun: Declared) -> None:
    begun.send(0, 100)
    response = begun.send(200)
    assert (response.status_code, response["Upload-Offset"]) == (409, "100")
    assert (response.json()["code"], response.json()["expected-offset"]) == ("offset_mismatch", 100)
    assert raw(begun) == begun.content[:100]


def test_more_bytes_than_were_declared_are_refused(begun: Declared) -> None:
    response = sending.part(begun.api, begun.address, 0, begun.content + b"!")
    assert (response.status_code, response.json()["code"], begun.row.received) == (413, "part_too_long", 0)


@pytest.mark.parametrize(
    ("headers", "kind", "status", "code"),
    [
        ({"Upload-Offset": "x"}, sending.OURS, 400, "header_malformed"),
        ({"Upload-Offset": "-1"}, sending.OURS, 400, "header_malformed"),
        ({}, sending.OURS, 400, "offset_missing"),
        ({"Upload-Offset": "0"}, "text/plain", 415, "unsupported_media_type"),
        ({"Upload-Offset": "0", "Upload-Checksum": "md5 AAAA"}, sending.OURS, 400, "checksum_unknown"),
        ({"Upload-Offset": "0", "Upload-Complete": "yes"}, sending.OURS, 400, "upload_complete_unknown"),
    ],
    ids=str,
)
def test_a_part_that_does_not_say_what_it_is_is_refused(
    begun: Declared, headers: dict[str, str], kind: str, status: int, code: str, stored: Stored
) -> None:
    response = begun.api.patch(begun.address, b"abc", content_type=kind, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert (begun.row.received, stored()) == (0, {})


@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_a_part_with_a_wrong_checksum_is_taken_back(begun: Declared, small_steps: None, name: str) -> None:
    right, wrong = (f"{name} {b64encode(hashlib.new(name, text).digest()).decode()}" for text in (begun.content, b"?"))
    response = begun.send(0, Upload_Checksum=wrong)
    assert (response.status_code, response["Upload-Offset"], begun.row.received) == (460, "0", 0)
    assert begun.row.status == "receiving"
    assert begun.send(0, Upload_Checksum=right).status_code == 204
    assert (raw(begun), begun.row.status) == (begun.content, "processing")


def test_what_a_killed_server_wrote_but_did_not_say_is_written_over(begun: Declared) -> None:
    begun.send(0, 1000)
    incoming.write(begun.row.file, 1000, b"the server was killed before it could say so" * 50)
    assert begun.api.head(begun.address)["Upload-Offset"] == "1000"
    begun.send(1000)
    assert raw(begun) == begun.content


def test_bytes_that_the_disk_lost_are_asked_for_again(begun: Declared) -> None:
    begun.send(0, 1000)
    incoming.path(begun.row.file).write_bytes(begun.content[:600])
    assert begun.send(1000).json()["expected-offset"] == 600
    assert begun.api.head(begun.address)["Upload-Offset"] == "600"
    begun.send(600)
    assert raw(begun) == begun.content


@pytest.fixture
def meanwhile(monkeypatch: Any) -> Callable[[Callable[[], object]], None]:
    """Let something happen once, after the first piece of a part has come."""
    real = arriving.pieces

    def arrange(happening: Callable[[], object]) -> None:
        def pieces(*arguments: Any) -> Iterator[bytes]:
            for number, piece in enumerate(real(*arguments)):
                yield piece
                if number == 0:
                    monkeypatch.setattr(arriving, "pieces", real)
                    happening()

        monkeypatch.setattr(arriving, "pieces", pieces)

    return arrange


def test_another_request_passes_one_that_hangs(begun: Declared, small_steps: None, meanwhile: Any) -> None:
    """The client lost its connection, and the server has not noticed."""
    meanwhile(lambda: begun.send(begun.row.received, 1000))
    response = sending.cut(begun, 0, 600)
    assert (response.status_code, response.json()["expected-offset"]) == (409, 1000)
    assert (raw(begun), begun.row.received) == (begun.content[:1000], 1000)


def test_a_link_on_which_nothing_comes_is_cut_and_what_came_is_kept(begun: Declared, small_steps: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as telephone:
        server_side, _ = server.accept()
        telephone.sendall(begun.content[:300])
        body = server_side.makefile("rb", buffering=0)
        threading.Timer(0.5, lambda: arriving.cut_silent(0.2)).start()
        response = sending.cut(begun, 0, 0, **{"wsgi.input": body, "REMOTE_ADDR": "127.0.0.1"})
        assert (response["Upload-Offset"], raw(begun)) == ("300", begun.content[:300])
        body.close()
        server_side.close()


def test_a_disk_without_room_is_said_and_changes_nothing(begun: Declared, monkeypatch: Any) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(incoming, "write", full)
    response = begun.send(0)
    assert (response.status_code, response.json()["code"], begun.row.received) == (507, "storage_full", 0)


def test_while_all_that_parts_may_have_is_busy_others_are_told_to_wait(
    begun: Declared, small_steps: None, meanwhile: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("worker.uploads.parts.SLOTS", threading.BoundedSemaphore(1))
    inner: list[HttpResponse] = []
    meanwhile(lambda: inner.append(begun.send(0)))
    sending.cut(begun, 0, 100)
    assert (inner[0].status_code, inner[0]["Retry-After"], begun.row.received) == (503, "2", 100)
    assert begun.send(0).status_code == 204


@pytest.mark.parametrize("method", ["head", "get", "patch", "delete"])
def test_nobody_else_finds_an_upload(begun: Declared, stranger: Person, method: str) -> None:
    other: APIClient = factories.client(stranger)
    assert getattr(other, method)(begun.address).status_code == 404
    response = sending.part(other, begun.address, 0, begun.content)
    assert (response.status_code, begun.row.received, begun.row.status) == (404, 0, "receiving")


def test_no_part_is_held_in_memory_as_a_whole(begun: Declared, small_steps: None, monkeypatch: Any) -> None:
    real, written = incoming.write, []

    def write(name: str, offset: int, content: bytes) -> None:
        written.append(len(content))
        real(name, offset, content)

    monkeypatch.setattr(incoming, "write", write)
    begun.send(0)
    assert (sum(written), max(written) <= 256 + 100) == (len(begun.content), True)
    assert Upload.objects.get().status == "processing"
