"""Every route that takes a body, with every field wrong in every way: generated, so that new routes are swept too."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from tests.contract import refusals, stored
from tests.contract import world as worlds
from tests.contract.routes import Route, described_routes, fields, operation, required, takers
from tests.contract.table import rightful
from tests.contract.world import World

SHAPES: tuple[Any, ...] = ([], None, "x", 5, True, 1.5, [[]], [{}])
# Wrong for each JSON type; "" and [] are left out, for they may be right.
ALWAYS: tuple[Any, ...] = (None, {}, {"a": 1}, [[]], [None], [{}], 1.5, -(10**30), 10**30)
WRONG: dict[str, tuple[Any, ...]] = {
    "string": (5, 0, True, [], ["x"], "\0", "x" * 100_000),
    "integer": ("5", "x", "", True, [], -1, 10**18),
    "boolean": ("true", "yes", "", 0, 1, []),
    "object": ("x", "", 5, True, ["x"]),
    "array": ("x", "", 5, True, ["\0"], [5], ["x" * 1000], [[["x"]]]),
}
FORMS: dict[str, tuple[Any, ...]] = {
    "uuid": ("zzz", "0", "", "0" * 31),
    "date": ("yesterday", "", "2030-13-01", "01.02.1990", "1990-12-10T00:00:00Z"),
    "date-time": ("yesterday", "", "2030-13-01T00:00:00Z", "0000-00-00", "9999-12-31T23:59:59-14:00", "1e9"),
    "email": ("x", "@", "a@b", ""),
    "enum": ("nonsense", "", "GRANT"),
}


def wrong_values(schema: dict[str, Any]) -> list[Any]:
    """Values that a field of this schema never takes."""
    reference = schema.get("$ref") or next((part["$ref"] for part in schema.get("oneOf", schema.get("allOf", []))), "")
    kind = schema.get("type", "string")
    form = "enum" if reference or "enum" in schema else schema.get("format", "")
    if isinstance(kind, list):
        kind = next(one for one in kind if one != "null")
        return [value for value in (*ALWAYS, *WRONG[kind], *FORMS.get(form, ())) if value is not None]
    return [*ALWAYS, *WRONG[kind], *FORMS.get(form, ())]


# These say everything by their address.
BODILESS = {
    *("PUT /people/{handle}/follow", "PUT /me/email-verifications", "POST /me/totp", "PUT /me/recovery-codes"),
    *("POST /me/exports", "POST /drafts/{draft_id}/publish"),
    *("PUT /guardianships/{guardianship_id}", "PUT /guardianships/{guardianship_id}/likeness"),
    "PUT /guardianships/{guardianship_id}/grants/{ward_grant_id}",
    *("PUT /me/follow-requests/{handle}", "PUT /me/blocks/{handle}", "PUT /me/mutes/{handle}"),
    *("PUT /me/close-friends/{handle}", "PUT /me/feed-reset"),
    *("PUT /posts/{post_id}/like", "PUT /posts/{post_id}/bookmark", "PUT /posts/{post_id}/follow"),
    *("PUT /comments/{comment_id}/like", "PUT /comments/{comment_id}/release"),
    *("PUT /me/notices/{notice_id}/read", "POST /unsubscriptions", "POST /uploads/{upload_id}/retries"),
}
# A part of a file may be any bytes.
OPAQUE = {"PATCH /uploads/{upload_id}"}

JSON, FORM = takers("application/json"), takers("multipart/form-data")
BYTES, VTT = takers("application/octet-stream"), takers("text/vtt")


def test_every_writing_route_takes_json_or_a_form_or_bytes_or_nothing() -> None:
    writing = [route for route in described_routes() if route.method in ("POST", "PUT", "PATCH")]
    bodiless = [str(route) for route in writing if "requestBody" not in operation(route)]
    assert set(bodiless) == BODILESS
    assert len(JSON) + len(FORM) + len(BYTES) + len(VTT) + len(bodiless) == len(writing)


Send = Callable[..., HttpResponse]


def refuses_another_shape(route: Route, send: Send, right: dict[str, Any]) -> None:
    """A body that is no object of JSON."""
    for shape in SHAPES:
        response = send(data=json.dumps(shape), content_type="application/json")
        assert refusals.said(response)[:2] == (422, "invalid_request")


def refuses_a_wrong_type_by_its_name(route: Route, send: Send, right: dict[str, Any]) -> None:
    """Each field with each value that its type does not take."""
    for name, schema in fields(route).items():
        for value in wrong_values(schema):
            response = send(data={**right, name: value}, format="json")
            assert response.status_code < 500
            assert refusals.problem(response)["errors"][0]["pointer"].startswith(f"/{name}"), (name, value)


def names_what_is_missing(route: Route, send: Send, right: dict[str, Any]) -> None:
    """Each required field left out."""
    for name in required(route):
        response = send(data={key: value for key, value in right.items() if key != name}, format="json")
        assert refusals.said(response) == (422, "invalid_request", f"/{name}", "required")


def names_what_is_unknown(route: Route, send: Send, right: dict[str, Any]) -> None:
    """A field that is not described."""
    response = send(data={**right, "a/b~c": 1}, format="json")
    assert refusals.said(response) == (422, "invalid_request", "/a~1b~0c", "unknown_field")


def refuses_another_content_type(route: Route, send: Send, right: dict[str, Any]) -> None:
    """A body that says to be something else."""
    for media in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense"):
        assert refusals.said(send(data=b'{"a": 1}', content_type=media)) == (415, "unsupported_media_type")


CHECKS = (
    refuses_another_shape,
    refuses_a_wrong_type_by_its_name,
    names_what_is_missing,
    names_what_is_unknown,
    refuses_another_content_type,
)


@pytest.mark.parametrize("route", JSON, ids=str)
def test_every_wrong_body_is_refused_in_its_own_words_and_stores_nothing(route: Route, world: World) -> None:
    api, right = worlds.client(world, rightful(route)), worlds.body(world, route)
    for check in CHECKS:
        with stored.unchanged():
            check(route, partial(worlds.send, world, route, api), right)


@pytest.mark.parametrize("route", FORM + BYTES + VTT, ids=str)
def test_another_content_type_is_refused_and_stores_nothing(route: Route, world: World) -> None:
    api = worlds.client(world, rightful(route))
    with stored.unchanged():
        refuses_another_content_type(route, partial(worlds.send, world, route, api), {})


@pytest.mark.parametrize("route", [route for route in BYTES if str(route) not in OPAQUE], ids=str)
def test_bytes_that_are_not_as_described_are_refused_and_store_nothing(route: Route, world: World) -> None:
    api = worlds.client(world, rightful(route))
    right = worlds.octets(route)
    with stored.unchanged():
        for content in (b"", b"\xff" * 32, right[:-1], right + b"\0", b"x" * 100_000):
            response = worlds.send(world, route, api, data=content, content_type="application/octet-stream")
            assert refusals.said(response)[0] == 422


@pytest.mark.parametrize("route", FORM, ids=str)
def test_a_form_that_is_not_as_described_is_refused_and_stores_nothing(route: Route, world: World) -> None:
    sent = fields(route, "multipart/form-data")
    (name,) = [field for field, schema in sent.items() if schema["type"] == "string"]
    api = worlds.client(world, rightful(route))
    file = SimpleUploadedFile("me.png", worlds.picture())
    forms: list[tuple[dict[str, Any], str]] = [
        ({}, "required"),
        ({name: "text"}, "invalid"),
        ({name: SimpleUploadedFile("me.png", b"")}, "empty"),
        ({"other": file}, "unknown_field"),
    ]
    with stored.unchanged():
        refuses_another_content_type(route, partial(worlds.send, world, route, api), {})
        for form, code in forms:
            response = worlds.send(world, route, api, data=form, format="multipart")
            assert refusals.said(response)[::3] == (422, code)
