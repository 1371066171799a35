"""Bodies on the wire: JSON by orjson, a size limit before parsing, and serializers that refuse unknown fields."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework import parsers, renderers, serializers
from rest_framework.exceptions import ErrorDetail, ParseError

from socialvideo.lib.errors import Problem


def refuse_above(length: int, limit: int) -> None:
    """Raise the 413 problem when a body of ``length`` bytes is over ``limit``."""
    if length > limit:
        raise Problem(413, "body_too_large", f"The body may be at most {limit} bytes here. Send less.")


class JSONParser(parsers.JSONParser):
    """Reads at most ``MAX_JSON_BYTES`` of strict JSON (no lone surrogates, no NaN)."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the parsed body; 413 if it is too long, 400 if it is not JSON."""
        request = (parser_context or {})["request"]
        limit: int = settings.MAX_JSON_BYTES
        refuse_above(int(request.META.get("CONTENT_LENGTH") or 0), limit)
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
        """Return the parsed form; 413 if its declared length is over the limit or not declared."""
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH")
        if not length:
            raise Problem(411, "length_required", "Send a Content-Length with the upload.")
        refuse_above(int(length), settings.MAX_UPLOAD_BYTES)
        return super().parse(stream, media_type, parser_context)


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
    """A serializer that names unknown fields instead of dropping them in silence."""

    def to_internal_value(self, data: Any) -> Any:
        """Validate ``data``; every field that is not declared is an error of its own."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {name: ErrorDetail("There is no such field here.", "unknown_field") for name in unknown}
            )
        return super().to_internal_value(data)
