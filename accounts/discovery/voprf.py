"""RFC 9497 in its verifiable mode, VOPRF(ristretto255, SHA-512): pure, no Django, the RFC's steps.

The client blinds an input, the signer evaluates without seeing it and proves which key it used, the client takes the
blind off: both learn nothing else. Elements and scalars are 32 bytes, outputs 64, a proof is 64 (c, then s).
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import rbcl

# The wheel unpacks its libsodium into the temporary folder at each import and leaves it there; it is loaded by now.
Path(rbcl._sodium._name).unlink(missing_ok=True)

ORDER = 2**252 + 27742317777372353535851937790883648493
ELEMENT = SCALAR = 32
PROOF = 64
IDENTITY = bytes(ELEMENT)
CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"


class ElementWrong(ValueError):
    """Bytes that encode no element of the group, or its identity (RFC 9497 §2.1)."""


class ProofWrong(ValueError):
    """The evaluation was not made with the key that was expected. Nothing of it may be used."""


@dataclass(frozen=True)
class Blinded:
    """An input on its way: ``element`` is sent, ``blind`` stays with whoever asked."""

    input: bytes
    blind: int
    element: bytes


@dataclass(frozen=True)
class Evaluation:
    """What the signer answers: one element for each that was sent, and one proof for all of them."""

    elements: tuple[bytes, ...]
    proof: bytes


def random_scalar() -> int:
    """Return a scalar from 1 to ORDER - 1."""
    return secrets.randbelow(ORDER - 1) + 1


def derive_key(seed: bytes, info: bytes) -> int:
    """Return the secret key of a 32-byte seed (§3.2.1, DeriveKeyPair)."""
    for counter in range(256):
        key = _hash_to_scalar(seed + _sized(info) + bytes([counter]), b"DeriveKeyPair" + CONTEXT)
        if key:
            return key
    raise ElementWrong("no key from this seed")


def public_key(secret: int) -> bytes:
    """Return the element that anybody checks evaluations against."""
    return bytes(rbcl.crypto_scalarmult_ristretto255_base(_scalar(secret)))


def checked(element: bytes) -> bytes:
    """Return ``element``; ElementWrong unless it is one other than the identity."""
    if len(element) != ELEMENT or element == IDENTITY or not rbcl.crypto_core_ristretto255_is_valid_point(element):
        raise ElementWrong("an element of ristretto255 has 32 bytes, is encoded canonically and is not the identity")
    return element


def pieces(content: bytes) -> list[bytes]:
    """Return the elements that stand one after the other in ``content``."""
    return [content[place : place + ELEMENT] for place in range(0, len(content), ELEMENT)]


def blind(content: bytes, scalar: int | None = None) -> Blinded:
    """Hide ``content`` behind a random scalar (§3.3.2, Blind)."""
    scalar = scalar or random_scalar()
    return Blinded(content, scalar, _times(scalar, _hash_to_group(content)))


def evaluate(secret: int, elements: Sequence[bytes], *, nonce: int | None = None) -> Evaluation:
    """Evaluate a batch and prove it with one proof (§3.3.2, BlindEvaluate); ElementWrong if one of them is none."""
    evaluated = tuple(_times(secret, checked(element)) for element in elements)
    public, nonce = public_key(secret), nonce or random_scalar()
    composite = _composite(public, elements, evaluated)
    combined = _sum(composite, elements)
    commitments = public_key(nonce), _times(nonce, combined)
    challenge = _challenge(public, combined, _times(secret, combined), *commitments)
    return Evaluation(evaluated, _scalar(challenge) + _scalar((nonce - challenge * secret) % ORDER))


def finalise(public: bytes, blinded: Sequence[Blinded], evaluation: Evaluation) -> list[bytes]:
    """Check the proof, take the blinds off and return the 64-byte outputs (§3.3.2, Finalize); ProofWrong otherwise."""
    verify(public, [each.element for each in blinded], evaluation)
    return [_output(each, element) for each, element in zip(blinded, evaluation.elements, strict=True)]


def verify(public: bytes, elements: Sequence[bytes], evaluation: Evaluation) -> None:
    """Raise ProofWrong unless the key behind ``public`` made every element of the evaluation (§2.2.2)."""
    proof, evaluated = evaluation.proof, evaluation.elements
    if len(proof) != PROOF or len(elements) != len(evaluated) or not elements:
        raise ProofWrong("the evaluation has another size than what was sent")
    try:
        for element in (public, *evaluated):
            checked(element)
        composite = _composite(public, elements, evaluated)
        combined, answer = _sum(composite, elements), _sum(composite, evaluated)
        challenge, response = (int.from_bytes(part, "little") for part in (proof[:SCALAR], proof[SCALAR:]))
        first = _plus(_base(response), _times(challenge, public))
        second = _plus(_times(response, combined), _times(challenge, answer))
    except ElementWrong as error:
        raise ProofWrong(str(error)) from error
    if challenge != _challenge(public, combined, answer, first, second):
        raise ProofWrong("the evaluation was made with another key")


def _composite(public: bytes, elements: Sequence[bytes], evaluated: Sequence[bytes]) -> list[int]:
    """The weights that fold a batch into one pair (§2.2.1, ComputeComposites)."""
    seed = hashlib.sha512(_sized(public) + _sized(b"Seed-" + CONTEXT)).digest()
    dst = b"HashToScalar-" + CONTEXT
    return [
        _hash_to_scalar(_sized(seed) + place.to_bytes(2, "big") + _sized(one) + _sized(other) + b"Composite", dst)
        for place, (one, other) in enumerate(zip(elements, evaluated, strict=True))
    ]


def _challenge(*elements: bytes) -> int:
    transcript = b"".join(map(_sized, elements)) + b"Challenge"
    return _hash_to_scalar(transcript, b"HashToScalar-" + CONTEXT)


def _output(blinded: Blinded, evaluated: bytes) -> bytes:
    unblinded = _times(pow(blinded.blind, -1, ORDER), evaluated)
    return hashlib.sha512(_sized(blinded.input) + _sized(unblinded) + b"Finalize").digest()


def _hash_to_group(content: bytes) -> bytes:
    return bytes(rbcl.crypto_core_ristretto255_from_hash(_expand(content, b"HashToGroup-" + CONTEXT)))


def _hash_to_scalar(content: bytes, dst: bytes) -> int:
    return int.from_bytes(_expand(content, dst), "little") % ORDER


def _expand(content: bytes, dst: bytes) -> bytes:
    """RFC 9380 §5.3.1, expand_message_xmd with SHA-512, for the 64 bytes that both uses here need."""
    suffix = dst + bytes([len(dst)])
    first = hashlib.sha512(bytes(128) + content + (64).to_bytes(2, "big") + b"\x00" + suffix).digest()
    return hashlib.sha512(first + b"\x01" + suffix).digest()


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(2, "big") + part


def _scalar(value: int) -> bytes:
    return value.to_bytes(SCALAR, "little")


def _times(scalar: int, element: bytes) -> bytes:
    """Multiply; ElementWrong when the scalar is out of range or the result is the identity."""
    if not 0 < scalar < ORDER:
        raise ElementWrong("a scalar is from 1 to the order of the group")
    product = bytes(rbcl.crypto_scalarmult_ristretto255(_scalar(scalar), element))
    if product == IDENTITY:
        raise ElementWrong("the result is the identity")
    return product


def _base(scalar: int) -> bytes:
    if not 0 < scalar < ORDER:
        raise ElementWrong("a scalar is from 1 to the order of the group")
    return public_key(scalar)


def _plus(one: bytes, other: bytes) -> bytes:
    return bytes(rbcl.crypto_core_ristretto255_add(one, other))


def _sum(weights: Sequence[int], elements: Sequence[bytes]) -> bytes:
    total = IDENTITY
    for weight, element in zip(weights, elements, strict=True):
        total = _plus(total, _times(weight, element))
    return total
