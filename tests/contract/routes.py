"""The routes below /api/v1 as the URL configuration has them, so that a new route is swept without being named here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.views import APIView

PREFIX = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")
# The description of the API, which does not describe itself.
UNDESCRIBED = ("GET /schema", "GET /docs")


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
    """The OpenAPI description of the present views."""
    described: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return described


def operation(route: Route) -> dict[str, Any]:
    """What the description says of a route."""
    found: dict[str, Any] = description()["paths"][f"/api/v1{route.address}"][route.method.lower()]
    return found


def described_routes() -> list[Route]:
    """Every route of ours."""
    return [route for route in routes() if str(route) not in UNDESCRIBED]


def lists() -> list[Route]:
    """Every route that takes a cursor."""
    return [
        route
        for route in described_routes()
        if any(parameter["name"] == "cursor" for parameter in operation(route).get("parameters", []))
    ]


def takers(media: str) -> list[Route]:
    """Every route that takes a body of this media type."""
    return [
        route for route in described_routes() if media in operation(route).get("requestBody", {}).get("content", {})
    ]


def fields(route: Route, media: str = "application/json") -> dict[str, dict[str, Any]]:
    """The members of the body that a route takes, each with its schema."""
    reference = operation(route)["requestBody"]["content"][media]["schema"]["$ref"]
    properties: dict[str, dict[str, Any]] = description()["components"]["schemas"][reference.split("/")[-1]][
        "properties"
    ]
    return properties


def _views(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, type[APIView]]]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, address)
        elif hasattr(pattern.callback, "view_class"):
            yield address, pattern.callback.view_class
