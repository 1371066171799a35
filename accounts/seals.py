"""Sealing small secrets that we must read again: AES-256-GCM under SEAL_KEY, bound to whose they are."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE = 12


def seal(plain: bytes, *, owner: bytes) -> bytes:
    """Return ``plain`` sealed for its owner."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + _cipher().encrypt(nonce, plain, owner)


def unseal(sealed: bytes, *, owner: bytes) -> bytes | None:
    """Return what was sealed; None if it is another's, altered, or sealed under another key."""
    try:
        return _cipher().decrypt(sealed[:NONCE], sealed[NONCE:], owner)
    except InvalidTag:
        return None


def _cipher() -> AESGCM:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"second factors").derive(settings.SEAL_KEY.encode())
    return AESGCM(derived)
