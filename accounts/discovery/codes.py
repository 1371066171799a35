"""Proving a number by a code that is sent to it. Nothing that comes from a number is stored.

The asker holds a sealed challenge with the number in it; the row knows only how often its code was guessed and until
when it is good. So a dump tells neither who was asked about nor which number, also while a code is on its way.
"""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from accounts.discovery import pacing, sealing
from accounts.discovery.senders import Sender, Unsent
from accounts.discovery.telephone import normalise
from accounts.models import NumberCode, Person
from accounts.models.discovery import CODE_ATTEMPTS
from socialvideo.lib import ratelimit
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem, invalid

VALID = timedelta(minutes=10)
DAILY_PER_NUMBER = 3
# Strangers may ask for their statement of absence, so what they can have us send together is bounded too.
STRANGERS = ratelimit.Policy("codes-to-strangers", 300, 3600)
PURPOSE = b"challenge"
TEXT = "{} is your code. It is good for 10 minutes. We never ask you for it: tell it to nobody."
Purpose = NumberCode.Purpose


@dataclass(frozen=True)
class Challenge:
    """What the asker keeps and sends back with the code; ``expires_in`` is in seconds."""

    challenge: str
    expires_in: int


def send(*, number: str, purpose: Purpose, person: Person | None = None) -> Challenge:
    """Send a code to a number; 422 for what is no number, 429 when too many were sent, 503 when it cannot be sent."""
    normal = normalise(number)
    if normal is None:
        raise invalid("/number", "number_unusable", "Write the whole number with + and the code of the country.")
    if person is None and ratelimit.count(STRANGERS, "everybody").left < 0:
        raise _too_many(3600)
    if not pacing.take(normal, daily=DAILY_PER_NUMBER * settings.RATE_LIMIT_FACTOR):
        raise _too_many(pacing.DAY_S)
    code = f"{secrets.randbelow(10**6):06}"
    row = NumberCode(purpose=purpose, person=person, expires_at=database_now() + VALID)
    row.code_digest = _digest(row.id, code)
    row.save(force_insert=True)
    _hand_over(normal, code)
    sealed = sealing.seal(row.id.bytes + normal.encode(), purpose=PURPOSE)
    return Challenge(base64.urlsafe_b64encode(sealed).decode(), int(VALID.total_seconds()))


def claimed(challenge: str) -> str:
    """Return the number that a challenge is about, which is not yet proved; 422 for one that is not ours."""
    return _opened(challenge)[1]


def redeem(*, challenge: str, code: str, purpose: Purpose, person: Person | None = None) -> str:
    """Return the number that is proved by now, once; 422 when the code is wrong, used, expired or of somebody else."""
    row_id, number = _opened(challenge)
    rows = NumberCode.objects.filter(id=row_id, purpose=purpose, person=person)
    live = rows.filter(expires_at__gt=Now(), attempts__lt=CODE_ATTEMPTS)
    if not live.update(attempts=F("attempts") + 1):
        raise invalid("/code", "code_over", "This code is used up or too old. Ask for a new one.")
    row = rows.first()
    if row is None or not hmac.compare_digest(bytes(row.code_digest), _digest(row_id, code)):
        raise invalid("/code", "code_wrong", "This is not the code that was sent.")
    if not rows.delete()[0]:
        raise invalid("/code", "code_over", "This code is used up or too old. Ask for a new one.")
    return number


def forget_old() -> None:
    """Remove the rows of codes that nobody used."""
    NumberCode.objects.filter(expires_at__lte=Now()).delete()


def _hand_over(number: str, code: str) -> None:
    sender: Sender = import_string(settings.DISCOVERY_SENDER)
    try:
        sender(number=number, text=TEXT.format(code))
    except Unsent as error:
        retry = {"Retry-After": "60"}
        raise Problem(503, "code_unsent", "The code could not be sent. Try again later.", headers=retry) from error


def _opened(challenge: str) -> tuple[UUID, str]:
    try:
        content = sealing.unseal(base64.urlsafe_b64decode(challenge), purpose=PURPOSE)
    except (sealing.Unreadable, binascii.Error, ValueError) as error:
        raise invalid("/challenge", "challenge_unknown", "This challenge is not ours. Ask for a new code.") from error
    return UUID(bytes=content[:16]), content[16:].decode()


def _digest(row_id: UUID, code: str) -> bytes:
    return sealing.digest(row_id.bytes + code.encode())


def _too_many(seconds: int) -> Problem:
    detail = "Too many codes were sent. Wait before you ask for another."
    return Problem(429, "rate_limited", detail, headers={"Retry-After": str(seconds)})
