"""Saying to push services who we are (RFC 8292): a signed token for each, under a key that browsers subscribe with."""

import base64
import time
from functools import cache

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings

from accounts.notices.encryption import public_bytes
from socialvideo.lib import env

LIFE_S = 12 * 3600


def unpadded(raw: bytes) -> str:
    """Return bytes in base64url without padding, as everything of web push is written."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def public_key() -> str:
    """Return what a browser takes as ``applicationServerKey``."""
    return unpadded(public_bytes(_key()))


def authorization(origin: str) -> str:
    """Return the Authorization header for the push service at ``origin`` (``https://host``), good for twelve hours."""
    claims = {"aud": origin, "exp": int(time.time()) + LIFE_S, "sub": settings.PUSH_CONTACT}
    parts = [unpadded(orjson.dumps(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims)]
    signed = ".".join(parts)
    r, s = decode_dss_signature(_key().sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"vapid t={signed}.{unpadded(r.to_bytes(32) + s.to_bytes(32))}, k={public_key()}"


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    fresh = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32)
    kept = env.kept(settings.PUSH_KEY_FILE, fresh)
    return ec.derive_private_key(int.from_bytes(kept), ec.SECP256R1())
