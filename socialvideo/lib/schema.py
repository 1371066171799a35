"""OpenAPI 3.1: how views describe themselves, and the shapes every description shares."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

F = TypeVar("F", bound=Callable[..., Any])

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="1 to 255 characters.")
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag you read.")
CURSOR = OpenApiParameter("cursor", str, OpenApiParameter.QUERY, description="The last page's next_cursor.")
LIMIT = OpenApiParameter("limit", int, OpenApiParameter.QUERY, description="1 to 100, default 20.")


class FieldErrorShape(serializers.Serializer[Any]):
    """One wrong place in the body."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemShape(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = FieldErrorShape(many=True, required=False)  # type: ignore[assignment]


def page_of(shape: type[serializers.BaseSerializer[Any]]) -> Any:
    """Return the list envelope around ``shape``."""
    name = shape.__name__.removesuffix("Shape") + "Page"
    fields: dict[str, Any] = {"data": shape(many=True), "next_cursor": serializers.CharField(allow_null=True)}
    return inline_serializer(name, fields)


def described(
    *,
    takes: Any = None,
    gives: Any = None,
    status: int = 200,
    also: dict[int, Any] | None = None,
    problems: tuple[int, ...] = (),
    creates: bool = False,
    listed: bool = False,
    parameters: tuple[OpenApiParameter, ...] = (),
    summary: str | None = None,
    operation: str | None = None,
) -> Callable[[F], F]:
    """Describe one operation: what it takes, what it gives with which status, which problems it answers."""
    refused = OpenApiResponse(ProblemShape, description="problem document")
    answers: dict[Any, Any] = {status: gives, **(also or {})}
    answers |= {(code, "application/problem+json"): refused for code in (*problems, 429)}
    extra = ((IDEMPOTENCY_KEY,) if creates else ()) + ((CURSOR, LIMIT) if listed else ()) + parameters
    return extend_schema(
        request=takes, responses=answers, parameters=list(extra), summary=summary, operation_id=operation
    )


def binary() -> Any:
    """Return the shape of a file's bytes."""
    return OpenApiTypes.BINARY
