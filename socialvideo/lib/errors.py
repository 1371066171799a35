"""Problem documents (RFC 9457): the one place that renders an error."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"
DOCS = "/docs/problems#"
# A body of nothing but faults is not answered by a longer one.
MAX_FIELD_ERRORS = 50

CODES: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "malformed_body",
    exceptions.AuthenticationFailed: "token_invalid",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "rate_limited",
    exceptions.ValidationError: "invalid_request",
}
# Python changed these words in 3.13; the last one is of tus alone.
RENAMED = {
    413: "Content Too Large",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
    460: "Checksum Mismatch",
}
ADVICE = {
    "malformed_body": "The body could not be read. Send well-formed JSON in UTF-8.",
    "token_invalid": "The token is unknown or has ended. Log in again at POST /api/v1/sessions.",
    "not_authenticated": "Log in at POST /api/v1/sessions and send 'Authorization: Bearer <token>'.",
    "forbidden": "This account may not do that.",
    "not_found": "There is nothing here for this account. Check the address.",
    "invalid_request": "Some fields are not right. 'errors' says which and why; mend them and send again.",
}


@dataclass(frozen=True)
class FieldError:
    """One wrong place in the body: a JSON pointer (RFC 6901), a stable code and words for a person."""

    pointer: str
    code: str
    detail: str


class Problem(exceptions.APIException):
    """A refusal with a stable ``code`` and a ``detail`` that tells the person what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.errors = errors
        self.headers = dict(headers or {})
        # Extension members (RFC 9457 §3.2): what a client needs to go on.
        self.members = dict(members or {})


def invalid(pointer: str, code: str, detail: str) -> Problem:
    """Return the 422 problem for one field whose value cannot be taken."""
    return Problem(422, code, detail, errors=(FieldError(pointer, code, detail),))


def title(status: int) -> str:
    """Return the words of a status (RFC 9110), the same under every Python."""
    return RENAMED.get(status) or HTTPStatus(status).phrase


def document(status: int, code: str, detail: str, errors: tuple[FieldError, ...] = ()) -> dict[str, Any]:
    """Return the members of a problem document."""
    body: dict[str, Any] = {
        "type": f"{DOCS}{code}",
        "title": title(status),
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in errors]
    return body


def render_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn any refusal into a problem document; None lets an unknown error reach the 500 page (and the log)."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    problem = error if isinstance(error, Problem) else _translate(error)
    body = document(problem.status_code, problem.code, str(problem.detail), problem.errors) | problem.members
    request = context["request"]
    request.accepted_media_type = CONTENT_TYPE
    return Response(body, status=problem.status_code, headers=problem.headers, content_type=CONTENT_TYPE)


def _translate(error: exceptions.APIException) -> Problem:
    code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), "error")
    headers: dict[str, str] = {}
    status = error.status_code
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        status, headers = 401, {"WWW-Authenticate": "Bearer"}
    if isinstance(error, exceptions.Throttled):
        headers = {"Retry-After": str(max(1, int(getattr(error, "wait", None) or 1)))}
    if isinstance(error, exceptions.ValidationError):
        return Problem(422, code, ADVICE[code], errors=tuple(islice(_flatten(error.detail, ""), MAX_FIELD_ERRORS)))
    return Problem(status, code, ADVICE.get(code, str(error.detail)), headers=headers)


def _flatten(detail: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            yield from _flatten(inner, pointer + step)
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _flatten(inner, f"{pointer}/{place}" if nested else pointer)
    else:
        yield FieldError(pointer, getattr(detail, "code", "invalid"), str(detail))


def plain_problem(status: int, code: str, detail: str) -> HttpResponse:
    """Return a problem document outside the API's views (unknown address, crash, stream server)."""
    return HttpResponse(orjson.dumps(document(status, code, detail)), status=status, content_type=CONTENT_TYPE)


def unknown_address(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that no route knows."""
    return plain_problem(404, "not_found", f"No route {request.path}. The API is described at /api/v1/docs.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses before or beside the views: a foreign Host, a form with too many parts."""
    return plain_problem(400, "bad_request", "The request is not one that this server takes. Check Host and body.")


def crash(request: HttpRequest) -> HttpResponse:
    """Answer after a fault of ours; the log has the cause."""
    return plain_problem(500, "internal_error", "The fault is ours and is in the log. Try again in a minute.")
