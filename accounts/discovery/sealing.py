"""Sealing of numbers under a key on disk: a copy of the database alone tells no number (AES-256-GCM)."""

import hmac
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from socialvideo.lib import env

NONCE = 12
SEALS, DIGESTS = b"discovery: seals", b"discovery: digests"


class Unreadable(Exception):
    """Bytes that this key did not seal for this purpose."""


def seal(content: bytes, *, purpose: bytes) -> bytes:
    """Return nonce and ciphertext; ``purpose`` must be said again to open it."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(_key(SEALS)).encrypt(nonce, content, purpose)


def unseal(sealed: bytes, *, purpose: bytes) -> bytes:
    """Return what was sealed for ``purpose``; Unreadable otherwise."""
    try:
        return AESGCM(_key(SEALS)).decrypt(sealed[:NONCE], sealed[NONCE:], purpose)
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def digest(content: bytes) -> bytes:
    """Return a keyed digest (HMAC-SHA-256), for what is too short to be hashed alone."""
    return hmac.digest(_key(DIGESTS), content, "sha256")


@cache
def _key(use: bytes) -> bytes:
    """A key for one use alone, derived from the one on disk."""
    return hmac.digest(env.kept(settings.DISCOVERY_NUMBER_KEY_FILE, secrets.token_bytes(32)), use, "sha256")
