"""Known devices: a token from an earlier log-in, so that strangers' guesses lock nobody out of their own telephone."""

import secrets

from django.core import signing
from django.utils.crypto import salted_hmac

from accounts.models import Person

SALT = "known-device"
KNOWN_SECONDS = 365 * 86_400


def remember(person: Person) -> str:
    """Return the token by which a device that logged in is known later. It proves nothing else."""
    return signing.dumps([str(person.id), secrets.token_hex(8), password_mark(person)], salt=SALT)


def known(person: Person, token: str) -> str | None:
    """Return the name of the person's device whose token this is; None if it is not, or the password changed since."""
    try:
        person_id, name, mark = signing.loads(token, salt=SALT, max_age=KNOWN_SECONDS)
    except signing.BadSignature:
        return None
    return name if (person_id, mark) == (str(person.id), password_mark(person)) else None


def password_mark(person: Person) -> str:
    """Return a word that changes with the password and says nothing of it."""
    return salted_hmac(SALT, person.password).hexdigest()[:16]
