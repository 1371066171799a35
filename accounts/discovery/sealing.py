"""Sealing of numbers under a key on disk: a copy of the database alone tells no number (AES-256-GCM)."""

import hmac
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from django.conf import settings

from socialvideo.lib import env, sealing

SEALS, DIGESTS = b"discovery: seals", b"discovery: digests"


class Unreadable(Exception):
    """Bytes that this key did not seal for this purpose."""


def seal(content: bytes, *, purpose: bytes) -> bytes:
    """Return nonce and ciphertext; ``purpose`` must be said again to open it."""
    return sealing.seal(content, _key(SEALS), bound_to=purpose)


def unseal(sealed: bytes, *, purpose: bytes) -> bytes:
    """Return what was sealed for ``purpose``; Unreadable otherwise."""
    try:
        return sealing.unseal(sealed, _key(SEALS), bound_to=purpose)
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def digest(content: bytes) -> bytes:
    """Return a keyed digest (HMAC-SHA-256), for what is too short to be hashed alone."""
    return hmac.digest(_key(DIGESTS), content, "sha256")


@cache
def _key(use: bytes) -> bytes:
    """A key for one use alone, derived from the one on disk."""
    return hmac.digest(env.kept(settings.DISCOVERY_NUMBER_KEY_FILE, secrets.token_bytes(32)), use, "sha256")
