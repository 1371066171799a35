"""OpenAPI 3.1: how views describe themselves, and the shapes every description shares.

``docs/openapi.json`` is what comes out (``manage.py openapi`` writes it). An operation is named by its summary, so
"Read a profile" is the operation ``read_profile``.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from socialvideo.lib.errors import CONTENT_TYPE, title

F = TypeVar("F", bound=Callable[..., Any])
Shape = type[serializers.BaseSerializer[Any]]

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="1 to 255 characters.")
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag you read.")
CURSOR = OpenApiParameter("cursor", str, OpenApiParameter.QUERY, description="The last page's next_cursor.")
LIMIT = OpenApiParameter("limit", int, OpenApiParameter.QUERY, description="1 to 100, default 20.")
LINK = OpenApiParameter(
    "Link", str, OpenApiParameter.HEADER, response=[200], description='The next page, with rel="next", if there is one.'
)
# What an operation answers because it takes a body, makes something, lists, or is counted.
TAKES, CREATES, LISTS, ALWAYS = (400, 411, 413, 415, 422), (400, 409, 422), (400,), (406, 429)


class FieldErrorShape(serializers.Serializer[Any]):
    """One wrong place in the body."""

    pointer = serializers.CharField(help_text="JSON pointer (RFC 6901) into the body.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemShape(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; what a client decides by.")
    detail = serializers.CharField(help_text="What to do, for a person.")
    errors = FieldErrorShape(many=True, required=False)  # type: ignore[assignment]


class ViewSchema(AutoSchema):
    """Names components without ``Shape``, and adds the 401 of every view that reads a token."""

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: Any) -> str:
        """Return the name of the component of ``serializer``."""
        return type(serializer).__name__.removesuffix("Shape")

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        if self.view.get_authenticators():
            refused = OpenApiResponse(ProblemShape, description=title(401))
            bodies["401"] = self._get_response_for_code(refused, "401", (CONTENT_TYPE,), direction)
        return bodies


@cache
def page_of(shape: Shape) -> Any:
    """Return the list envelope around ``shape``."""
    fields: dict[str, Any] = {"data": shape(many=True), "next_cursor": serializers.CharField(allow_null=True)}
    return inline_serializer(shape.__name__.removesuffix("Shape") + "Page", fields)


def described(
    *,
    summary: str,
    takes: Any = None,
    gives: Any = None,
    status: int = 200,
    problems: tuple[int, ...] = (),
    creates: bool = False,
    listed: bool = False,
    parameters: tuple[OpenApiParameter, ...] = (),
) -> Callable[[F], F]:
    """Describe one operation: what it takes, what it gives with which status, which problems it answers.

    ``problems`` are its own; those that follow from taking a body, creating, listing and being counted are added.
    """
    implied = ((takes and TAKES) or ()) + (CREATES if creates else ()) + (LISTS if listed else ()) + ALWAYS
    answers: dict[Any, Any] = gives if isinstance(gives, dict) else {status: gives}
    refused = {
        (code, CONTENT_TYPE): OpenApiResponse(ProblemShape, description=title(code))
        for code in sorted({*problems, *implied})
    }
    extra = ((IDEMPOTENCY_KEY,) if creates else ()) + ((CURSOR, LIMIT, LINK) if listed else ()) + parameters
    return extend_schema(
        request=takes,
        responses=answers | refused,
        parameters=list(extra),
        summary=summary,
        operation_id=operation_id(summary),
    )


def operation_id(summary: str) -> str:
    """Return the name of the operation of this summary: its words in snake case, articles left out."""
    words = re.findall(r"[a-z]+", summary.lower())
    return "_".join(word for word in words if word not in ("a", "an", "the"))


def binary() -> Any:
    """Return the shape of a file's bytes."""
    return OpenApiTypes.BINARY
