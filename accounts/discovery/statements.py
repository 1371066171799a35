"""The Ed25519 key of discovery (RFC 8032): signs epoch keys, roots and statements of absence. Clients pin it."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from socialvideo.lib import env


def canonical(content: object) -> bytes:
    """Return the bytes that are signed: JSON with sorted keys and no spaces, in UTF-8, as receipts have it."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def signed(content: Mapping[str, object]) -> dict[str, Any]:
    """Return ``content`` with a ``signature`` member over the canonical bytes of the rest."""
    return with_signature(content, signature(content))


def signature(content: Mapping[str, object]) -> bytes:
    """Return the 64 bytes that sign the canonical bytes of ``content``."""
    return _key().sign(canonical(content))


def with_signature(content: Mapping[str, object], value: bytes) -> dict[str, Any]:
    """Return ``content`` with the ``signature`` member that says these 64 bytes."""
    member = {"algorithm": "Ed25519", "key_id": key_id(), "value": base64.b64encode(value).decode()}
    return {**content, "signature": member}


def public_key() -> bytes:
    """Return the 32 bytes of the key with which anybody checks a signature."""
    return _key().public_key().public_bytes_raw()


def key_id() -> str:
    """Return the first 16 hex digits of the public key's SHA-256."""
    return hashlib.sha256(public_key()).hexdigest()[:16]


@cache
def _key() -> Ed25519PrivateKey:
    fresh = Ed25519PrivateKey.generate().private_bytes_raw()
    return Ed25519PrivateKey.from_private_bytes(env.kept(settings.DISCOVERY_STATEMENT_KEY_FILE, fresh))
