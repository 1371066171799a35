"""Rate limits with the RateLimit header fields of draft-11: one atomic statement a request, right across processes."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from socialvideo.lib.errors import plain_problem
from socialvideo.lib.prepared import Statement

if TYPE_CHECKING:  # at run time DRF's views are still being imported when they ask for this module
    from rest_framework.views import APIView

COUNT = Statement("""
INSERT INTO lib_requestcount (bucket, "window", count) VALUES (%(bucket)s, %(window)s, 1)
ON CONFLICT (bucket) DO UPDATE SET
    count = CASE WHEN lib_requestcount."window" = excluded."window" THEN lib_requestcount.count + 1 ELSE 1 END,
    "window" = excluded."window"
RETURNING count
""")


@dataclass(frozen=True)
class Policy:
    """At most ``quota`` requests in ``seconds``, counted apart for each caller."""

    name: str
    quota: int
    seconds: int


DEFAULT = Policy("default", 600, 60)
SIGN_UP = Policy("sign-up", 30, 600)
LOG_IN = Policy("log-in", 30, 300)
UPLOAD = Policy("upload", 60, 600)
GENERATE = Policy("generate", 60, 600)
EXPORT = Policy("export", 10, 3600)
REFUSED = Policy("refused", 300, 60)
CODE = Policy("code", 5, 3600)
PROOF = Policy("proof", 30, 3600)
ENGAGE = Policy("engage", 300, 60)
COMMENT = Policy("comment", 30, 60)
BEACONS = Policy("beacons", 120, 60)
# Enough for who types, too little for who would write down everybody.
SEARCH = Policy("search", 120, 60)
CONTACTS = Policy("contacts", 10, 3600)


@dataclass(frozen=True)
class Reading:
    """Where one caller stands: what is left of the quota, and seconds until it is full again."""

    policy: Policy
    left: int
    reset: int


def count(policy: Policy, caller: str) -> Reading:
    """Count one request of ``caller`` and say where that leaves them; ``left`` is negative when over the quota."""
    now = int(time.time())
    window = now // policy.seconds
    bucket = f"{policy.name}:{hashlib.sha256(caller.encode()).hexdigest()[:32]}"
    ((used,),) = COUNT.rows(bucket=bucket, window=window)
    return Reading(policy, policy.quota * settings.RATE_LIMIT_FACTOR - used, (window + 1) * policy.seconds - now)


class Throttle(BaseThrottle):
    """Applies the view's ``rate`` to what writes, ``read_rate`` to what reads; the caller is account, else address."""

    reading: Reading | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; False makes it a 429 problem."""
        rate = "read_rate" if request.method in SAFE_METHODS else "rate"
        policy: Policy = getattr(view, rate, DEFAULT)
        caller = str(request.user.pk) if request.user and request.user.is_authenticated else self.get_ident(request)
        self.reading = count(policy, caller)
        request._request.rate_reading = self.reading  # type: ignore[attr-defined]
        return self.reading.left >= 0

    def wait(self) -> float | None:
        """Return the seconds after which the caller may try again."""
        return float(self.reading.reset) if self.reading else None


def headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that writes RateLimit and RateLimit-Policy on every reply of the API.

    What was refused before it was counted (no such route, no token, a wrong one) is counted here, by address.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        reading: Reading | None = getattr(request, "rate_reading", None)
        if reading is None and request.path.startswith("/api/") and response.status_code < 500:
            reading = count(REFUSED, BaseThrottle().get_ident(request))  # type: ignore[arg-type]
            response = response if reading.left >= 0 else _too_many(reading)
        if reading:
            policy = reading.policy
            quota = policy.quota * settings.RATE_LIMIT_FACTOR
            response["RateLimit-Policy"] = f'"{policy.name}";q={quota};w={policy.seconds}'
            response["RateLimit"] = f'"{policy.name}";r={max(0, reading.left)};t={reading.reset}'
        return response

    return respond


def _too_many(reading: Reading) -> HttpResponse:
    response = plain_problem(429, "rate_limited", f"Too many refused requests. Try again in {reading.reset} seconds.")
    response["Retry-After"] = str(reading.reset)
    return response
