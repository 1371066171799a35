"""The service's Ed25519 key (RFC 8032): signs receipts and checkpoints. Without it nothing is decided (fail closed)."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from socialvideo.lib import env

MEND_KEY = (
    "Put the ledger's own key there, from the backup of keys, or name its place in LEDGER_KEY_FILE. If it is lost for"
    " good: manage.py ledger new-key. Receipts of before are then checked with the old public key alone."
)


@cache
def private_key() -> Ed25519PrivateKey:
    """Return the key of ``LEDGER_KEY_FILE`` (32 raw bytes); made at the first start of an embedded system."""
    fresh = Ed25519PrivateKey.generate().private_bytes_raw()
    return Ed25519PrivateKey.from_private_bytes(env.kept(settings.LEDGER_KEY_FILE, fresh))


class KeyChanged(Exception):
    """The key of this process is not the one that signs the ledger. The text says what to do."""


def signer(known: str) -> str:
    """Return the id of our key; KeyChanged unless it is ``known``, by which the ledger is signed (empty: not yet)."""
    if known not in ("", key_id()):
        raise KeyChanged(
            f"The ledger is signed by the key {known}, and {settings.LEDGER_KEY_FILE} holds another ({key_id()})."
            f" {MEND_KEY}"
        )
    return key_id()


def public_pem() -> str:
    """Return the public key with which anybody checks a receipt."""
    public = private_key().public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_id() -> str:
    """Return the first 16 hex digits of the public key's SHA-256."""
    return hashlib.sha256(private_key().public_key().public_bytes_raw()).hexdigest()[:16]


def canonical(content: object) -> bytes:
    """Return the bytes that are hashed and signed: JSON with sorted keys and no spaces, in UTF-8."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def holds(signed_content: Mapping[str, object]) -> bool:
    """Tell whether the signature is our key's, over the rest."""
    content = {name: value for name, value in signed_content.items() if name != "signature"}
    return signed(content) == signed_content


def signed(content: Mapping[str, object]) -> dict[str, object]:
    """Return ``content`` with a ``signature`` member over the canonical bytes of the rest."""
    value = base64.b64encode(private_key().sign(canonical(content))).decode()
    return {**content, "signature": {"algorithm": "Ed25519", "key_id": key_id(), "value": value}}
