"""Bodies on the wire: JSON by orjson, a size limit before parsing, and serializers that take exactly what they say."""

from collections.abc import Callable, Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework import parsers, renderers, serializers
from rest_framework.exceptions import ErrorDetail, ParseError
from rest_framework.request import Request

from socialvideo.lib.errors import Problem, plain_problem

# The JSON value that a field takes, and how a person is told. DRF would turn 5 into "5" and "yes" into true in silence.
LISTS = (serializers.ListField, serializers.MultipleChoiceField)
TEXTS = (
    *(serializers.CharField, serializers.ChoiceField, serializers.UUIDField),
    *(serializers.DateTimeField, serializers.DateField),
)
TAKEN: tuple[tuple[Any, type, str], ...] = (
    (LISTS, list, "a list"),
    (serializers.DictField, dict, "an object"),
    (TEXTS, str, "a string"),
    (serializers.BooleanField, bool, "true or false"),
    (serializers.IntegerField, int, "a whole number"),
)
TEXT = serializers.CharField()


def read_body(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what a request sent, held to its shape; 422 with every fault at its JSON pointer."""
    sent = shape(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def length_required(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that refuses a body of undeclared length (411), which would be read as an empty one."""

    def respond(request: HttpRequest) -> HttpResponse:
        if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
            return plain_problem(411, "length_required", "Send a Content-Length with the body.")
        return get_response(request)

    return respond


def declared_length(request: HttpRequest) -> int:
    """Return the Content-Length; 0 without one that is a number."""
    text: str = request.META.get("CONTENT_LENGTH") or ""
    return int(text[:18]) if text.isascii() and text.isdigit() else 0


def refuse_above(length: int, limit: int) -> None:
    """Raise the 413 problem when a body of ``length`` bytes is over ``limit``."""
    if length > limit:
        raise Problem(413, "body_too_large", f"The body may be at most {limit} bytes here. Send less.")


class JSONParser(parsers.BaseParser):
    """Reads at most ``MAX_JSON_BYTES`` of strict JSON (no lone surrogates, no NaN).

    Not DRF's own class: for that one DRF has the whole body read before it asks.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the parsed body; 413 if it is too long, 400 if it is not JSON."""
        request = (parser_context or {})["request"]
        limit: int = settings.MAX_JSON_BYTES
        refuse_above(declared_length(request), limit)
        body = stream.read(limit + 1)
        refuse_above(len(body), limit)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(str(error)) from error


class MultiPartParser(parsers.MultiPartParser):
    """Reads a form with one picture, at most ``MAX_UPLOAD_BYTES`` in all."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the parsed form; 413 if its declared length is over the limit."""
        refuse_above(declared_length((parser_context or {})["request"]), settings.MAX_UPLOAD_BYTES)
        return super().parse(stream, media_type, parser_context)


class BytesParser(parsers.BaseParser):
    """Reads at most ``MAX_JSON_BYTES`` of plain bytes."""

    media_type = "application/octet-stream"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the body as bytes; 413 if it is too long."""
        limit: int = settings.MAX_JSON_BYTES
        refuse_above(declared_length((parser_context or {})["request"]), limit)
        body: bytes = stream.read(limit + 1)
        refuse_above(len(body), limit)
        return body


class JSONRenderer(renderers.BaseRenderer):
    """Writes JSON by orjson; UUIDs and UTC times in their RFC forms."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the bytes of ``data``."""
        if data is None:
            return b""
        return orjson.dumps(data, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list | tuple):
        return list(value)
    return str(value)


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that names unknown fields and wrong types instead of dropping or turning them in silence."""

    def to_internal_value(self, data: Any) -> Any:
        """Validate ``data``; a field that is not declared, or not of its JSON type, is an error of its own."""
        if isinstance(data, Mapping):
            unknown = ErrorDetail("There is no such field here.", "unknown_field")
            faults = {
                name: _type_fault(self.fields[name], data[name]) if name in self.fields else unknown
                for name in sorted(data)
            }
            if found := {name: fault for name, fault in faults.items() if fault}:
                raise serializers.ValidationError(found)
        return super().to_internal_value(data)


def _type_fault(field: Any, value: Any) -> Any:
    """Return what is wrong with the JSON type of ``value``; an item of a list by its place; None if nothing is."""
    found = next(((taken, words) for fields, taken, words in TAKEN if isinstance(field, fields)), None)
    if value is None or found is None:
        return None
    taken, words = found
    if type(value) is not taken:
        return ErrorDetail(f"Send {words}.", "wrong_type")
    if isinstance(value, list):
        child = getattr(field, "child", TEXT)
        return {place: fault for place, item in enumerate(value) if (fault := _type_fault(child, item))}
    return None
