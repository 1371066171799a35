"""RFC 9497, VOPRF(ristretto255, SHA-512): the RFC's own vectors, and what a client refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.discovery import voprf
from accounts.discovery.voprf import Evaluation

VECTORS = Path(__file__).resolve().parents[2] / "clients" / "vectors"
RFC: dict[str, Any] = json.loads((VECTORS / "rfc9497.json").read_bytes())
KEY = voprf.derive_key(bytes(32), b"a key of the tests")
PUBLIC = voprf.public_key(KEY)
ORDER = voprf.ORDER.to_bytes(32, "little")


def scalar(text: str) -> int:
    """A scalar as the RFC writes it."""
    return int.from_bytes(bytes.fromhex(text), "little")


def evaluated(count: int = 3) -> tuple[list[voprf.Blinded], Evaluation]:
    """Some inputs on their way, and their evaluation."""
    blinded = [voprf.blind(f"+1555{place}".encode()) for place in range(count)]
    return blinded, voprf.evaluate(KEY, [each.element for each in blinded])


def test_the_key_pair_of_the_rfc_is_derived() -> None:
    key = voprf.derive_key(bytes.fromhex(RFC["seed"]), bytes.fromhex(RFC["key_info"]))
    assert key == scalar(RFC["secret_key"])
    assert voprf.public_key(key).hex() == RFC["public_key"]


@pytest.mark.parametrize("vector", RFC["vectors"], ids=lambda vector: vector["section"])
def test_a_vector_of_the_rfc_is_reproduced_to_the_byte(vector: dict[str, Any]) -> None:
    inputs, blinds = map(bytes.fromhex, vector["inputs"]), map(scalar, vector["blinds"])
    blinded = [voprf.blind(*pair) for pair in zip(inputs, blinds, strict=True)]
    made = voprf.evaluate(
        scalar(RFC["secret_key"]), [each.element for each in blinded], nonce=scalar(vector["proof_nonce"])
    )
    assert [each.element.hex() for each in blinded] == vector["blinded"]
    assert [element.hex() for element in made.elements] == vector["evaluated"]
    assert made.proof.hex() == vector["proof"]
    outputs = voprf.finalise(bytes.fromhex(RFC["public_key"]), blinded, made)
    assert [output.hex() for output in outputs] == vector["outputs"]


def test_the_same_input_has_the_same_output_whatever_the_blind() -> None:
    (first, second) = (voprf.finalise(PUBLIC, *evaluated()) for _ in range(2))
    assert first == second
    assert len({*first}) == 3


def test_two_blindings_of_one_input_have_nothing_in_common() -> None:
    assert len({voprf.blind(b"+15550").element for _ in range(20)}) == 20


def test_an_evaluation_with_another_key_is_refused() -> None:
    for number in range(20):
        blinded, _ = evaluated(1)
        other = voprf.evaluate(voprf.derive_key(bytes(32), bytes([number])), [blinded[0].element])
        with pytest.raises(voprf.ProofWrong):
            voprf.finalise(PUBLIC, blinded, other)


def test_one_element_of_another_key_among_many_is_refused() -> None:
    blinded, right = evaluated(5)
    wrong = voprf.evaluate(KEY + 1, [blinded[2].element]).elements[0]
    mixed = Evaluation((*right.elements[:2], wrong, *right.elements[3:]), right.proof)
    with pytest.raises(voprf.ProofWrong):
        voprf.finalise(PUBLIC, blinded, mixed)


@pytest.mark.parametrize("place", [0, 31, 32, 63])
def test_a_changed_proof_is_refused(place: int) -> None:
    blinded, right = evaluated()
    changed = bytes(byte ^ (index == place) for index, byte in enumerate(right.proof))
    with pytest.raises(voprf.ProofWrong):
        voprf.finalise(PUBLIC, blinded, Evaluation(right.elements, changed))


@pytest.mark.parametrize("proof", [b"", bytes(64), bytes(63), ORDER * 2, b"\xff" * 64], ids=len)
def test_what_is_no_proof_is_refused(proof: bytes) -> None:
    blinded, right = evaluated()
    with pytest.raises(voprf.ProofWrong):
        voprf.finalise(PUBLIC, blinded, Evaluation(right.elements, proof))


def test_elements_that_were_swapped_or_left_out_are_refused() -> None:
    blinded, right = evaluated()
    for elements in (right.elements[::-1], right.elements[:2], (), (*right.elements, right.elements[0])):
        with pytest.raises(voprf.ProofWrong):
            voprf.finalise(PUBLIC, blinded, Evaluation(elements, right.proof))


@pytest.mark.parametrize("element", [bytes(32), b"\xff" * 32, bytes(31), b"", b"\x01" + bytes(31), bytes(33)], ids=repr)
def test_the_signer_refuses_the_identity_and_what_is_no_element(element: bytes) -> None:
    with pytest.raises(voprf.ElementWrong):
        voprf.evaluate(KEY, [PUBLIC, element])
