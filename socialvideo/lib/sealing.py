"""Sealing a long file under a key of its own (AES-256-GCM), a piece at a time, so that it is read without being whole.

The nonce is the number of the piece, which no key meets twice, for each key seals one file. The last piece says that it
is the last, so that a file which was cut off does not pass for whole.
"""

from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 2**20
TAG = 16


def new_key() -> bytes:
    """Return a fresh key, for one file."""
    return AESGCM.generate_key(256)


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
    return number.to_bytes(12, "big")
