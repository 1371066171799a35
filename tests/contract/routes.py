"""The routes below /api/v1 as the URL configuration has them, so that a new route is swept without being named here."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from socialvideo.lib import openapi
from socialvideo.lib.management.commands.openapi import written

PREFIX = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")
# The description of the API, which does not describe itself.
UNDESCRIBED = ("GET /schema", "GET /docs")
# Each look at it is a walk of its own, whose items are named anew: tests/feed/test_for_you.py says what holds there.
RANKED = ("GET /feeds/for-you",)


@dataclass(frozen=True)
class Route:
    """One method of one address; the address as OpenAPI writes it, below /api/v1."""

    method: str
    address: str
    view: type[APIView]

    def __str__(self) -> str:
        return f"{self.method} {self.address}"

    @property
    def parameters(self) -> list[str]:
        """The names in the address."""
        return re.findall(r"{(\w+)}", self.address)


@cache
def routes() -> tuple[Route, ...]:
    """Every route below /api/v1."""
    return tuple(
        Route(method.upper(), "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", pattern.removeprefix(PREFIX)), view)
        for pattern, view in _views(get_resolver().url_patterns, "")
        if pattern.startswith(PREFIX)
        for method in METHODS
        if hasattr(view, method)
    )


@cache
def description() -> dict[str, Any]:
    """The committed description, which test_openapi holds to the views; made anew when a route is missing in it."""
    committed: dict[str, Any] = json.loads(openapi.FILE.read_bytes())
    named = {f"{method.upper()} {path}" for path, methods in committed["paths"].items() for method in methods}
    missing = {f"{route.method} /api/v1{route.address}" for route in described_routes()} - named
    return json.loads(written()) if missing else committed


def operation(route: Route) -> dict[str, Any]:
    """What the description says of a route."""
    found: dict[str, Any] = description()["paths"][f"/api/v1{route.address}"][route.method.lower()]
    return found


def described_routes() -> list[Route]:
    """Every route of ours."""
    return [route for route in routes() if str(route) not in UNDESCRIBED]


def lists() -> list[Route]:
    """Every route that takes a cursor, but ranked ones."""
    return [
        route
        for route in described_routes()
        if str(route) not in RANKED
        and any(parameter["name"] == "cursor" for parameter in operation(route).get("parameters", []))
    ]


def takers(media: str) -> list[Route]:
    """Every route that takes a body of this media type."""
    return [
        route for route in described_routes() if media in operation(route).get("requestBody", {}).get("content", {})
    ]


def fields(route: Route, media: str = "application/json") -> dict[str, dict[str, Any]]:
    """The members of the body that a route takes, each with its schema."""
    properties: dict[str, dict[str, Any]] = _body(route, media)["properties"]
    return properties


def required(route: Route) -> list[str]:
    """The members that a JSON body must have."""
    names: list[str] = _body(route, "application/json").get("required", [])
    return names


def _body(route: Route, media: str) -> dict[str, Any]:
    reference = operation(route)["requestBody"]["content"][media]["schema"]["$ref"]
    schema: dict[str, Any] = description()["components"]["schemas"][reference.split("/")[-1]]
    return schema


def _views(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, type[APIView]]]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, address)
        elif hasattr(pattern.callback, "view_class"):
            yield address, pattern.callback.view_class
