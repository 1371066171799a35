"""Sealing small secrets that we must read again: AES-256-GCM under SEAL_KEY, bound to whose they are."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from socialvideo.lib import sealing


def seal(plain: bytes, *, owner: bytes) -> bytes:
    """Return ``plain`` sealed for its owner."""
    return sealing.seal(plain, _key(), bound_to=owner)


def unseal(sealed: bytes, *, owner: bytes) -> bytes | None:
    """Return what was sealed; None if it is another's, altered, or sealed under another key."""
    try:
        return sealing.unseal(sealed, _key(), bound_to=owner)
    except InvalidTag:
        return None


def _key() -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"second factors").derive(settings.SEAL_KEY.encode())
