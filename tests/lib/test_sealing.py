"""Sealed files: read piece by piece, and nothing of them if they were changed, cut off or opened by another key."""

import io
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidTag

from socialvideo.lib import sealing
from socialvideo.lib.sealing import PIECE, TAG


def kept(content: bytes, key: bytes, chunk: int = 70_000) -> bytes:
    """What is stored of content that comes in chunks."""
    return b"".join(sealing.sealed((content[at : at + chunk] for at in range(0, len(content), chunk)), key))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 5])
def test_what_was_sealed_comes_out_as_it_was(size: int) -> None:
    key, content = sealing.new_key(), bytes(range(256)) * (size // 256) + bytes(size % 256)
    stored = kept(content, key)
    assert len(stored) == size + TAG * max(1, -(-size // PIECE))
    assert b"".join(sealing.opened(io.BytesIO(stored), key)) == content


def test_the_file_is_noise() -> None:
    assert b"a secret" not in kept(b"a secret" * 1000, sealing.new_key())


@pytest.mark.parametrize(
    "harm",
    [
        lambda stored: stored[: PIECE + TAG],
        lambda stored: stored[:-1],
        lambda stored: stored[PIECE + TAG :],
        lambda stored: stored[PIECE + TAG :] + stored[: PIECE + TAG],
        lambda stored: bytes([stored[0] ^ 1]) + stored[1:],
        lambda stored: stored + b"x",
    ],
)
def test_a_file_that_was_changed_or_cut_off_is_refused(harm: Callable[[bytes], bytes]) -> None:
    key = sealing.new_key()
    stored = kept(bytes(PIECE + 99), key)
    with pytest.raises(InvalidTag):
        b"".join(sealing.opened(io.BytesIO(harm(stored)), key))


def test_another_key_opens_nothing() -> None:
    with pytest.raises(InvalidTag):
        b"".join(sealing.opened(io.BytesIO(kept(b"x", sealing.new_key())), sealing.new_key()))
