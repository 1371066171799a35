"""Encrypting a push message so that only its browser reads it: RFC 8291 over the aes128gcm coding of RFC 8188.

Forty lines on ``cryptography``, which we have: the kept libraries bring an HTTP client each (two, even), which is the
part that must be ours, for it is told by strangers where to connect. The RFC's own example is a test.
"""

import os
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096
# Every message is as long as the longest, so that its length does not tell a push service what it says.
LENGTH = 512
LAST = b"\x02"


class KeyWrong(ValueError):
    """A browser's public key is no point of P-256."""


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the 65 bytes of the public half: an uncompressed point of P-256."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def read_point(raw: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public key of 65 bytes; KeyWrong if they are no uncompressed point of P-256."""
    try:
        if len(raw) == 65 and raw[0] == 4:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError as error:
        raise KeyWrong from error
    raise KeyWrong


def encrypt(plain: bytes, *, public_key: bytes, secret: bytes) -> bytes:
    """Return the body of a push message for the browser of this key (65 bytes) and secret (16 bytes)."""
    padded = plain + LAST + bytes(max(0, LENGTH - len(plain)))
    return seal(padded, public_key, secret, own=ec.generate_private_key(ec.SECP256R1()), salt=os.urandom(16))


def seal(padded: bytes, public_key: bytes, secret: bytes, *, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return the one record of a padded text under a key and a salt that are used once."""
    shared = own.exchange(ec.ECDH(), read_point(public_key))
    ours = public_bytes(own)
    keying = _derived(shared, salt=secret, info=b"WebPush: info\0" + public_key + ours, length=32)
    key = _derived(keying, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(keying, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    header = salt + struct.pack(">IB", RECORD, len(ours)) + ours
    return header + AESGCM(key).encrypt(nonce, padded, None)


def _derived(material: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)
