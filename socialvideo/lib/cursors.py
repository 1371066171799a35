"""Opaque keyset cursors: ``{"data": […], "next_cursor": "…" | null}`` and a ``Link`` header (RFC 8288).

Every list is ordered newest first by its UUIDv7 id, so a cursor is the id of the last row that was seen: it stays
right while rows come and go above it.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from socialvideo.lib.errors import Problem

DEFAULT_SIZE, MAX_SIZE = 20, 100
TAG = b"c1"

M = TypeVar("M", bound=Model)


class Identified(Protocol):
    """A row that a cursor can point to."""

    @property
    def id(self) -> UUID:
        """The UUIDv7 by which lists are ordered."""
        ...


def encode(last: UUID) -> str:
    """Return the cursor that goes on after ``last``."""
    return base64.urlsafe_b64encode(TAG + last.bytes).decode().rstrip("=")


def decode(cursor: str) -> UUID:
    """Return the id inside ``cursor``; raise the 400 problem ``invalid_cursor`` for anything we did not make."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != len(TAG) + 16 or not raw.startswith(TAG):
        raise Problem(400, "invalid_cursor", "The cursor is not one of ours. Start again without 'cursor'.")
    return UUID(bytes=raw[len(TAG) :])


def window(request: Request) -> tuple[UUID | None, int]:
    """Read ``cursor`` and ``limit`` (1 to 100, default 20) from the query string."""
    cursor, limit = request.query_params.get("cursor"), size(request)
    return (decode(cursor) if cursor else None), limit


def size(request: Request) -> int:
    """Read ``limit`` (1 to 100, default 20) from the query string."""
    limit = request.query_params.get("limit", str(DEFAULT_SIZE))
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= MAX_SIZE):
        raise Problem(400, "invalid_limit", f"'limit' is a whole number from 1 to {MAX_SIZE}.")
    return int(limit)


def whole(request: Request, name: str, default: int | None = None) -> Any:
    """Read a whole number from 0 on from the query string; the 400 problem for anything else."""
    value = request.query_params.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise Problem(400, "invalid_number", f"'{name}' is a whole number from 0 on.")
    return int(value)


def page(request: Request, rows: Sequence[Identified], limit: int, show: Callable[[Any], Any]) -> Response:
    """Answer with the first ``limit`` of ``rows``; one row more than ``limit`` tells that there is a next page."""
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = encode(rows[-1].id) if more else None
    return linked(request, Response({"data": [show(row) for row in rows], "next_cursor": cursor}), cursor)


def linked(request: Request, response: Response, cursor: str | None) -> Response:
    """Return a page with the ``Link`` to the next one, if there is one."""
    if cursor:
        query = request.query_params.copy()
        query["cursor"] = cursor
        response["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
    return response


def paged(request: Request, rows: QuerySet[M], show: Callable[[M], Any]) -> Response:
    """Answer with one page of ``rows``, newest first."""
    after, limit = window(request)
    if after:
        rows = rows.filter(id__lt=after)
    return page(request, list(rows.order_by("-id")[: limit + 1]), limit, show)  # type: ignore[arg-type]
