"""Idempotency-Key: one effect however often, however many at once, and a claim that a crash does not keep."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.functions import Now
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory

from accounts.models import Person
from consent.models import Ask
from socialvideo.lib.errors import Problem
from socialvideo.lib.idempotency import IN_FLIGHT, KEPT, idempotent, request_digest
from socialvideo.lib.models import KeptReply
from tests import factories

ASK: dict[str, Any] = {"subject": "eileen", "purposes": ["personal"], "audience": "private"}


class Counter:
    """A view that counts how often it is asked."""

    def __init__(self, reply: Response | BaseException) -> None:
        self.asked = 0
        self.reply = reply

    @idempotent
    def post(self, request: Request) -> Response:
        """Count, then reply."""
        self.asked += 1
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply


def request(person: Person, body: Any = None, key: str = "k", address: str = "/") -> Request:
    """A POST with a key."""
    sent = APIRequestFactory().post(address, body or {}, format="json", headers={"Idempotency-Key": key})
    made = Request(sent, parsers=[JSONParser()])
    made.user = person
    return made


def digest(body: Any, address: str = "/", form: str = "json") -> bytes:
    """The digest of a POST."""
    sent = APIRequestFactory().post(address, body, format=form)
    return request_digest(Request(sent, parsers=[JSONParser(), MultiPartParser()]))


def test_the_second_request_is_answered_by_the_first_reply(requester: Person) -> None:
    view = Counter(Response({"n": 1}, status=201, headers={"Location": "/x/1"}))
    first, second = (view.post(request(requester)) for _ in range(2))
    assert (view.asked, first.status_code, second.status_code, second.data) == (1, 201, 201, {"n": 1})
    assert (second["Location"], second["Idempotency-Replayed"]) == ("/x/1", "true")


def test_without_a_key_every_request_counts(requester: Person) -> None:
    view = Counter(Response({}, status=201))
    for _ in range(2):
        bare = Request(APIRequestFactory().post("/"))
        bare.user = requester
        view.post(bare)
    assert (view.asked, KeptReply.objects.count()) == (2, 0)


@pytest.mark.parametrize("fault", [Problem(409, "taken", "Taken."), RuntimeError("ours"), KeyboardInterrupt()])
def test_whatever_failed_may_be_tried_again(requester: Person, fault: Any) -> None:
    view = Counter(fault)
    for _ in range(2):
        with pytest.raises(type(fault)):
            view.post(request(requester))
    assert (view.asked, KeptReply.objects.count()) == (2, 0)


def test_a_reply_is_kept_for_a_day(requester: Person) -> None:
    view = Counter(Response({}, status=201))
    view.post(request(requester))
    KeptReply.objects.update(created_at=Now() - KEPT + timedelta(minutes=1))
    view.post(request(requester))
    assert view.asked == 1
    KeptReply.objects.update(created_at=Now() - KEPT - timedelta(seconds=1))
    view.post(request(requester))
    assert view.asked == 2


def test_a_claim_whose_process_died_is_given_up_after_a_minute(requester: Person) -> None:
    view = Counter(Response({}, status=201))
    KeptReply.objects.create(caller=requester.pk, key="k", request_digest=request_digest(request(requester)))
    with pytest.raises(Problem, match="still runs") as running:
        view.post(request(requester))
    assert (running.value.status_code, view.asked) == (409, 0)
    KeptReply.objects.update(created_at=Now() - IN_FLIGHT - timedelta(seconds=1))
    assert view.post(request(requester)).status_code == 201


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": [1, 2]}, {"a": [12]}),
        ({"a": [1]}, {"a": 1}),
        ({"a": "1"}, {"a": 1}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}),
        ({"a\n": "="}, {"a": "\n="}),
        ([], {}),
    ],
    ids=str,
)
def test_bodies_that_differ_have_different_digests(one: Any, other: Any) -> None:
    assert digest(one) != digest(other)


def test_the_order_of_members_does_not_matter_but_the_address_does() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}, "/x") != digest({"a": 1}, "/y")


def test_a_file_counts_by_its_bytes_and_can_still_be_read() -> None:
    def form(content: bytes, **more: str) -> dict[str, Any]:
        return {"file": SimpleUploadedFile("a", content), **more}

    assert digest(form(b"x"), "/", "multipart") == digest(form(b"x"), "/", "multipart")
    assert digest(form(b"x"), "/", "multipart") != digest(form(b"y"), "/", "multipart")
    assert digest(form(b"x", a="1"), "/", "multipart") != digest(form(b"x", a="2"), "/", "multipart")
    sent = Request(APIRequestFactory().post("/", form(b"x"), format="multipart"), parsers=[MultiPartParser()])
    request_digest(sent)
    assert sent.data["file"].read() == b"x"


def test_json_too_deep_to_be_digested_is_malformed(requester: Person) -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    with pytest.raises(ParseError):
        request_digest(request(requester, {"a": deep}))


@pytest.mark.django_db(transaction=True)
def test_fifty_equal_requests_at_once_have_one_effect() -> None:
    factories.enrolled("eileen")
    token = factories.client(factories.person("sam"))._credentials
    together = threading.Barrier(50)

    def send(_: int) -> tuple[int, bytes]:
        try:
            api = APIClient()
            api.credentials(**token, HTTP_IDEMPOTENCY_KEY="k")
            together.wait(30)
            response = api.post("/api/v1/asks", ASK, format="json")
            return response.status_code, response.content
        finally:
            connection.close()

    connection.close()
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(send, range(50)))
    made = {content for status, content in replies if status == 201}
    assert {status for status, _ in replies} <= {201, 409}
    assert (len(made), Ask.objects.count(), KeptReply.objects.count()) == (1, 1, 1)
