"""Sealing of numbers under a key on disk: a copy of the database alone tells no number (AES-256-GCM)."""

import hashlib
import hmac
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from socialvideo.lib import env

NONCE = 12


class Unreadable(Exception):
    """Bytes that this key did not seal for this purpose."""


def seal(content: bytes, *, purpose: bytes) -> bytes:
    """Return nonce and ciphertext; ``purpose`` must be said again to open it."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(_key()).encrypt(nonce, content, purpose)


def unseal(sealed: bytes, *, purpose: bytes) -> bytes:
    """Return what was sealed for ``purpose``; Unreadable otherwise."""
    try:
        return AESGCM(_key()).decrypt(sealed[:NONCE], sealed[NONCE:], purpose)
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def digest(content: bytes) -> bytes:
    """Return a keyed digest (HMAC-SHA-256), for what is too short to be hashed alone."""
    return hmac.new(_key(), content, hashlib.sha256).digest()


@cache
def _key() -> bytes:
    return env.kept(settings.DISCOVERY_NUMBER_KEY_FILE, secrets.token_bytes(32))
