"""Problem documents: one shape for every refusal, whoever raises it."""

from typing import Any

import orjson
import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from socialvideo.lib import errors
from socialvideo.lib.errors import FieldError, Problem


def rendered(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    """The document and the headers that an error becomes."""
    response = errors.render_problem(error, {"request": Request(APIRequestFactory().get("/"))})
    assert response is not None
    assert response.status_code == response.data["status"]
    assert response.content_type == "application/problem+json"
    return dict(response.data), dict(response.items())


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (exceptions.ParseError("secret detail"), 400, "malformed_body"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.AuthenticationFailed(), 401, "token_invalid"),
        (exceptions.PermissionDenied(), 403, "forbidden"),
        (PermissionDenied("why"), 403, "forbidden"),
        (Http404("which"), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (exceptions.UnsupportedMediaType("text/x"), 415, "unsupported_media_type"),
        (exceptions.Throttled(wait=7), 429, "rate_limited"),
        (Problem(410, "gone_consent", "It is gone."), 410, "gone_consent"),
    ],
)
def test_every_refusal_has_the_fixed_members(error: Exception, status: int, code: str) -> None:
    document, _ = rendered(error)
    assert set(document) == {"type", "title", "status", "code", "detail"}
    assert (document["status"], document["code"], document["type"]) == (status, code, f"/docs/problems#{code}")
    assert all(word not in document["detail"] for word in ("secret detail", "why", "which"))


@pytest.mark.parametrize("error", [exceptions.NotAuthenticated(), exceptions.AuthenticationFailed()])
def test_a_401_names_the_scheme(error: Exception) -> None:
    assert rendered(error)[1]["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("wait", "told"), [(7.9, "8"), (0.1, "1"), (None, "1")])
def test_a_429_says_how_long_to_wait(wait: float | None, told: str) -> None:
    assert rendered(exceptions.Throttled(wait=wait))[1]["Retry-After"] == told


@pytest.mark.parametrize(
    ("status", "words"), [(404, "Not Found"), (413, "Content Too Large"), (422, "Unprocessable Content")]
)
def test_a_title_is_the_same_under_every_python(status: int, words: str) -> None:
    assert rendered(Problem(status, "x", "X."))[0]["title"] == words


def test_an_unknown_fault_is_left_to_the_crash_page_and_the_log() -> None:
    assert errors.render_problem(RuntimeError("secret"), {}) is None
    crash = errors.crash(HttpRequest())
    assert (crash.status_code, orjson.loads(crash.content)["code"]) == (500, "internal_error")


def test_field_errors_are_json_pointers_into_the_body() -> None:
    wrong = {
        "name": ["a", "b"],
        "list": {1: ["c"]},
        "nested": [{}, {"x": [exceptions.ErrorDetail("d", "blank")]}],
        "non_field_errors": ["e"],
        "a/b~c": ["f"],
    }
    found = rendered(exceptions.ValidationError(wrong))[0]["errors"]
    assert [(error["pointer"], error["detail"]) for error in found] == [
        *(("/name", "a"), ("/name", "b"), ("/list/1", "c"), ("/nested/1/x", "d"), ("", "e"), ("/a~1b~0c", "f")),
    ]
    assert [error["code"] for error in found] == ["invalid"] * 3 + ["blank"] + ["invalid"] * 2


def test_of_very_many_field_errors_fifty_are_told() -> None:
    document, _ = rendered(exceptions.ValidationError({f"f{n}": ["x"] for n in range(1000)}))
    assert len(document["errors"]) == 50


def test_one_wrong_field_is_named_with_its_own_code() -> None:
    problem = errors.invalid("/photo", "not_an_image", "Send a picture.")
    assert problem.errors == (FieldError("/photo", "not_an_image", "Send a picture."),)
    assert rendered(problem)[0]["code"] == "not_an_image"


@pytest.mark.parametrize(
    ("handler", "status", "code"),
    [(errors.unknown_address, 404, "not_found"), (errors.bad_request, 400, "bad_request")],
)
def test_what_django_refuses_itself_is_a_problem_too(handler: Any, status: int, code: str) -> None:
    reply = handler(APIRequestFactory().get("/😀\ttab"), Exception("secret"))
    assert (reply.status_code, reply["Content-Type"]) == (status, "application/problem+json")
    assert (orjson.loads(reply.content)["code"], b"secret" in reply.content) == (code, False)
