"""What every refusal looks like."""

from typing import Any

from django.http import HttpResponse

from socialvideo.lib import problems

MEMBERS = {"type", "title", "status", "code", "detail"}
EXPLAINED = {(kind.code, status) for kind in problems.kinds() for status in kind.statuses}


def problem(response: HttpResponse) -> dict[str, Any]:
    """The problem document of a reply, checked for its fixed members."""
    assert 400 <= response.status_code < 500, response.content
    assert response["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = response.json()  # type: ignore[attr-defined]
    assert set(said) - {"errors"} == MEMBERS
    assert (said["status"], said["type"]) == (response.status_code, f"/docs/problems#{said['code']}")
    assert all(set(error) == {"pointer", "code", "detail"} for error in said.get("errors", []))
    assert said["detail"] and said["title"]
    assert (said["code"], said["status"]) in EXPLAINED, "the page of problems misses it"
    return said


def said(response: HttpResponse) -> tuple[Any, ...]:
    """Status, code, and pointer and code of the first wrong field, if one is named."""
    document = problem(response)
    first = document["errors"][0] if "errors" in document else {}
    return (response.status_code, document["code"], *(first[name] for name in ("pointer", "code") if first))
