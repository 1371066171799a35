"""The second factor of a password: six digits that change every 30 seconds (TOTP, RFC 6238), or a recovery code."""

import base64
import hashlib
import secrets
import time
from hmac import compare_digest
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.core import signing
from django.db import transaction
from django.db.models.functions import Now

from accounts import lockout, mail, seals
from accounts.devices import password_mark
from accounts.letters import Event
from accounts.models import Person, RecoveryCode, Totp
from socialvideo.lib.errors import Problem, invalid

SECRET_BYTES, DIGITS, STEP_S = 20, 6, 30
CODES, CODE_BYTES = 10, 10
HALF_SALT, HALF_SECONDS = "half-session", 300
ISSUER = "socialvideo"


def begin(person: Person) -> tuple[str, str]:
    """Make a secret that counts once it is confirmed; return it in base32, and as the address a QR code shows. 409."""
    secret = secrets.token_bytes(SECRET_BYTES)
    sealed = seals.seal(secret, owner=person.id.bytes)
    _, fresh = Totp.objects.get_or_create(person=person, defaults={"secret": sealed})
    if not fresh and not Totp.objects.filter(person=person, confirmed_at=None).update(secret=sealed, last_step=0):
        raise Problem(409, "second_factor_stands", "A second factor is on. Turn it off before you set up another.")
    return base64.b32encode(secret).decode(), _totp(secret).get_provisioning_uri(person.handle, ISSUER)


def confirm(person: Person, code: str) -> list[str]:
    """Turn the second factor on, by a code of the new secret; return the recovery codes, shown this once. 404, 422."""
    with transaction.atomic():
        row = Totp.objects.select_for_update().filter(person=person, confirmed_at=None).first()
        if row is None:
            raise Problem(404, "not_found", "No second factor is being set up. Begin at POST /api/v1/me/totp.")
        if not _is_right(row, code):
            raise invalid("/code", "code_wrong", "This code is wrong. Check the time of your telephone.")
        Totp.objects.filter(person=person).update(confirmed_at=Now())
        mail.notify(person, Event.SECOND_FACTOR_ON)
        return _fresh_codes(person)


def turn_off(person: Person) -> None:
    """Turn the second factor off, with its recovery codes. Repeating it changes nothing."""
    with transaction.atomic():
        stood = Totp.objects.filter(person=person).exclude(confirmed_at=None).exists()
        Totp.objects.filter(person=person).delete()
        RecoveryCode.objects.filter(person=person).delete()
        if stood:
            mail.notify(person, Event.SECOND_FACTOR_OFF)


def new_codes(person: Person) -> list[str]:
    """Replace the recovery codes; return the new ones, shown this once. 409 without a second factor."""
    if not are_needed(person):
        raise Problem(409, "second_factor_off", "There is no second factor that recovery codes could stand in for.")
    with transaction.atomic():
        mail.notify(person, Event.RECOVERY_CODES)
        return _fresh_codes(person)


def are_needed(person: Person) -> bool:
    """Tell whether a password alone does not log this person in."""
    return Totp.objects.filter(person=person).exclude(confirmed_at=None).exists()


def codes_left(person: Person) -> int:
    """Return how many recovery codes are unused."""
    return RecoveryCode.objects.filter(person=person, used_at=None).count()


def check(person: Person, code: str) -> None:
    """Take a code of the authenticator or a recovery code, each once; 401 if it is wrong, 429 after too many."""
    bucket = lockout.second_factor(person.id)
    lockout.count([bucket])
    row = Totp.objects.filter(person=person).exclude(confirmed_at=None).first()
    if row is None or not (_is_right(row, code) or _is_recovery(person, code)):
        raise Problem(401, "code_wrong", "This code is wrong or used.", headers={"WWW-Authenticate": "Bearer"})
    lockout.forget([bucket])


def needed(person: Person, *, is_known: bool = False) -> Problem:
    """Return the 401 problem that says a code must follow, with the half-session that awaits it.

    It remembers whether the person's device is known.
    """
    detail = "Send 'half_session' and a code of your authenticator, or a recovery code, to POST /api/v1/sessions/code."
    half = signing.dumps([str(person.id), password_mark(person), is_known], salt=HALF_SALT)
    return Problem(
        401,
        "second_factor_needed",
        detail,
        headers={"WWW-Authenticate": "Bearer"},
        members={"half_session": half, "expires_in": HALF_SECONDS},
    )


def begun(half_session: str) -> tuple[Person, bool]:
    """Return who began this half-session, and whether on a known device.

    401 if it is none, too old, or from before a change of password.
    """
    over = Problem(
        401, "half_session_over", "This took too long. Log in again.", headers={"WWW-Authenticate": "Bearer"}
    )
    try:
        person_id, mark, is_known = signing.loads(half_session, salt=HALF_SALT, max_age=HALF_SECONDS)
    except signing.BadSignature as error:
        raise over from error
    person = Person.objects.filter(id=UUID(person_id), is_active=True).first()
    if person is None or mark != password_mark(person):
        raise over
    return person, is_known


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 (RFC 6238 and every authenticator app)


def _is_right(row: Totp, code: str) -> bool:
    """Tell whether the digits are those of now, or of a step before or after; those of one step are taken once."""
    secret = seals.unseal(bytes(row.secret), owner=row.person_id.bytes)
    if secret is None:
        return False
    present = int(time.time()) // STEP_S
    for step in (present - 1, present, present + 1):
        if compare_digest(_totp(secret).generate(step * STEP_S), code.replace(" ", "").encode()):
            unused = Totp.objects.filter(person=row.person_id, secret=row.secret, last_step__lt=step)
            return bool(unused.update(last_step=step))
    return False


def _is_recovery(person: Person, code: str) -> bool:
    unused = RecoveryCode.objects.filter(person=person, digest=_digest(code), used_at=None)
    return bool(unused.update(used_at=Now()))


def _fresh_codes(person: Person) -> list[str]:
    codes = [base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower() for _ in range(CODES)]
    RecoveryCode.objects.filter(person=person).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(person=person, digest=_digest(code)) for code in codes)
    return ["-".join(code[place : place + 4] for place in range(0, len(code), 4)) for code in codes]


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.lower().replace("-", "").replace(" ", "").encode()).digest()
