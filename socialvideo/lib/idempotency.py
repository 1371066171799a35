"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a repeated POST has one effect and one reply.

Only replies that made something are kept: after a refusal the same key may be tried again.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.db.models import F
from django.db.models.functions import Now
from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from socialvideo.lib.errors import Problem
from socialvideo.lib.models import KeptReply

KEPT = timedelta(hours=24)
IN_FLIGHT = timedelta(seconds=60)
Handler = Callable[..., Response]
IN_FLIGHT_PROBLEM = Problem(409, "in_flight", "The first request with this key still runs. Ask again in a second.")


def idempotent(handler: Handler) -> Handler:
    """Decorate a creating ``post``: replay the first reply; 409 while it is in flight; 422 for another body."""

    @functools.wraps(handler)
    def handle(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        caller, digest = str(request.user.pk), request_digest(request)
        if kept := _begin(caller, _checked(key), digest):
            return kept
        with _released_on_failure(caller, key):
            response = handler(view, request, *args, **kwargs)
            _keep(caller, key, response)
        return response

    return handle


def request_digest(request: Request) -> bytes:
    """Return the SHA-256 of method, address and parsed body; a form's files count by their bytes."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    body: Any = request.data
    for name, items in sorted(body.lists()) if isinstance(body, QueryDict) else [("", [body])]:
        for item in items:
            content = _bytes(item)
            # With its length before it, no part can pass for the end of one and the beginning of the next.
            digest.update(orjson.dumps([name, len(content)]) + content)
    return digest.digest()


def _bytes(item: Any) -> bytes:
    if isinstance(item, UploadedFile):
        item.seek(0)
        content: bytes = item.read()
        item.seek(0)
        return content
    try:
        return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise ParseError("nested too deeply") from error


def _checked(key: str) -> str:
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Problem(400, "invalid_idempotency_key", "Idempotency-Key is 1 to 255 printable characters.")
    return key


def _begin(caller: str, key: str, digest: bytes) -> Response | None:
    """Claim the key. None means: go on and do it."""
    stale = KeptReply.objects.filter(caller=caller, key=key, created_at__lt=Now() - KEPT)
    lost = KeptReply.objects.filter(caller=caller, key=key, status=None, created_at__lt=Now() - IN_FLIGHT)
    (stale | lost).delete()
    try:
        kept, fresh = KeptReply.objects.get_or_create(caller=caller, key=key, defaults={"request_digest": digest})
    except IntegrityError as error:  # the first one held the key, and failed before it could be read
        raise IN_FLIGHT_PROBLEM from error
    if fresh:
        return None
    if bytes(kept.request_digest) != digest:
        raise Problem(422, "idempotency_key_reused", "This Idempotency-Key came with another body. Use a fresh key.")
    if kept.status is None:
        raise IN_FLIGHT_PROBLEM
    headers = {"Idempotency-Replayed": "true"} | ({"Location": kept.location} if kept.location else {})
    return Response(orjson.loads(bytes(kept.body or b"null")), status=kept.status, headers=headers)


@contextmanager
def _released_on_failure(caller: str, key: str) -> Iterator[None]:
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            KeptReply.objects.filter(caller=caller, key=key, status=None).delete()


def _keep(caller: str, key: str, response: Response) -> None:
    body = orjson.dumps(response.data, option=orjson.OPT_UTC_Z, default=str)
    KeptReply.objects.filter(caller=caller, key=key).update(
        status=response.status_code, body=body, location=response.get("Location", ""), created_at=F("created_at")
    )
