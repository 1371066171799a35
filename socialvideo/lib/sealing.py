"""Sealing (AES-256-GCM): what is short as one, a long file a piece at a time, so that it is read without being whole.

A long file has a key of its own, and the nonce is the number of the piece, which no key meets twice. The last piece
says that it is the last, so that a file which was cut off does not pass for whole.
"""

import secrets
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 2**20
TAG = 16
NONCE = 12


def new_key() -> bytes:
    """Return a fresh key."""
    return AESGCM.generate_key(256)


def seal(plain: bytes, key: bytes, *, bound_to: bytes) -> bytes:
    """Return a random nonce and the ciphertext, which opens only where ``bound_to`` is said again."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def unseal(content: bytes, key: bytes, *, bound_to: bytes) -> bytes:
    """Return what was sealed as one; InvalidTag if another's or altered, ValueError if none."""
    return AESGCM(key).decrypt(content[:NONCE], content[NONCE:], bound_to)


def sealed(chunks: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """Yield the sealed pieces of what the chunks hold together."""
    cipher, held, number = AESGCM(key), bytearray(), 0
    for chunk in chunks:
        held += chunk
        while len(held) > PIECE:
            yield cipher.encrypt(_nonce(number), bytes(held[:PIECE]), b"more")
            del held[:PIECE]
            number += 1
    yield cipher.encrypt(_nonce(number), bytes(held), b"last")


def opened(file: IO[bytes], key: bytes) -> Iterator[bytes]:
    """Yield what was sealed; raises InvalidTag where it was changed or cut off. Closes the file."""
    cipher, number = AESGCM(key), 0
    with file:
        piece = file.read(PIECE + TAG)
        while piece:
            following = file.read(PIECE + TAG)
            yield cipher.decrypt(_nonce(number), piece, b"more" if following else b"last")
            piece, number = following, number + 1


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE, "big")
