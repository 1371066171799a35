"""Roots and proofs: what is published holds every member, proves who is none, and forgets who left."""

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from accounts.discovery import absence, codes, enrolments, epochs, pacing, sorted_tree, statements, transparency, voprf
from accounts.discovery.remote import split
from accounts.discovery.sorted_tree import Place
from accounts.models import DiscoveryEpoch, Person, TransparencyRoot
from socialvideo.lib.errors import Problem
from tests.accounts import discovering
from tests.contract import stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signer")]
A, B, NOBODYS = "+447400111111", "+447400222222", "+447400999999"


def stated(number: str) -> dict[str, Any]:
    """The statement on a number, asked for by whoever has it."""
    pacing._sent.clear()
    challenge = codes.send(number=number, purpose=codes.Purpose.ABSENCE).challenge
    return absence.state(challenge=challenge, code=discovering.code())


def check(content: dict[str, Any]) -> dict[str, Any]:
    """Fail unless our key signed this; return the rest."""
    rest = {name: value for name, value in content.items() if name != "signature"}
    assert statements.signed(rest) == content
    return rest


def read(spot: dict[str, Any]) -> Place:
    """A place as it stands on the wire."""
    return Place(bytes.fromhex(spot["leaf"]), spot["index"], tuple(bytes.fromhex(step) for step in spot["path"]))


def remade_leaf(epoch: dict[str, Any], number: str) -> bytes:
    """The leaf that the evidence in a statement leads to, which takes the number and the public key."""
    public = bytes.fromhex(check(epoch["root"])["leaf_key"])
    blinded = voprf.blind(number.encode(), int.from_bytes(bytes.fromhex(epoch["blind"]), "little"))
    evaluation = split(bytes.fromhex(epoch["evaluated"] + epoch["proof"]))
    return voprf.finalise(public, [blinded], evaluation)[0][: enrolments.TAG]


def excluded(epoch: dict[str, Any], number: str) -> bool:
    """Whether a statement proves that the number is not under its root."""
    root, key = epoch["root"], remade_leaf(epoch, number)
    near = [read(spot) for spot in epoch["beside"]]
    return sorted_tree.excludes(key, near, size=root["tree_size"], root_hash=bytes.fromhex(root["root_hash"]))


def test_a_root_is_signed_and_holds_every_member() -> None:
    person = discovering.enrolled(A)
    discovering.enrolled(B)
    (proof,) = transparency.inclusion(enrolments.find(person))
    root = check(proof["root"])
    assert root["tree_size"] == 2
    assert read(proof["place"]).key == remade_leaf(proof, A) == enrolments.marks_of(A)[root["epoch"]].leaf
    assert sorted_tree.holds(read(proof["place"]), size=2, root_hash=bytes.fromhex(root["root_hash"]))


def test_the_signature_is_ed25519_by_the_published_key() -> None:
    content = statements.signed({"b": 1, "a": "\u00e9"})
    key = Ed25519PublicKey.from_public_bytes(statements.public_key())
    key.verify(statements.signature({"a": "\u00e9", "b": 1}), '{"a":"\u00e9","b":1}'.encode())
    assert content["signature"]["key_id"] == statements.key_id()


@pytest.mark.parametrize("members", [0, 1, 2, 5])
def test_a_statement_proves_itself_from_the_number_alone(members: int) -> None:
    for _ in range(members):
        discovering.enrolled()
    statement = check(stated(NOBODYS))
    assert (statement["kind"], len(statement["epochs"])) == ("absence", 1)
    assert excluded(statement["epochs"][0], NOBODYS)
    with pytest.raises(voprf.ProofWrong):
        remade_leaf(statement["epochs"][0], A)


def test_a_neighbour_in_a_proof_cannot_be_tested_by_whoever_has_its_tag_made() -> None:
    """With one tree of tags, two thousand evaluations would tell whether one of them stands beside me."""
    discovering.enrolled(A)
    (epoch,) = check(stated(NOBODYS))["epochs"]
    (neighbour,) = epoch["beside"]
    tag, leaf = enrolments.marks_of(A)[epoch["epoch"]]
    assert neighbour["leaf"] == leaf.hex()
    known = {derived.hex() for derived in (tag, hashlib.sha256(tag).digest(), sorted_tree.root([tag]))}
    assert not known & {neighbour["leaf"], epoch["root"]["root_hash"]}
    assert epoch["root"]["leaf_key"] != epoch["root"]["public_key"]


def test_a_number_that_cannot_be_opened_has_to_be_proved_again_for_a_proof(stranger: Person) -> None:
    enrolment = discovering.known(stranger)
    with pytest.raises(Problem) as refusal:
        transparency.inclusion(enrolment)
    assert refusal.value.code == "number_unreadable"


def test_a_statement_speaks_of_every_epoch_in_use() -> None:
    epochs._begin(epochs.usable()[-1], epochs.database_now())
    discovering.enrolled(A)
    assert [excluded(epoch, NOBODYS) for epoch in check(stated(NOBODYS))["epochs"]] == [True, True]


def test_asking_for_a_statement_stores_nothing_of_the_number() -> None:
    discovering.enrolled(A)
    stated("+447400999998")
    with stored.unchanged():
        stated(NOBODYS)


def test_no_statement_says_that_a_member_is_absent() -> None:
    discovering.enrolled(A)
    with pytest.raises(Problem) as refusal:
        stated(A)
    assert (refusal.value.status_code, refusal.value.code) == (409, "number_enrolled")


def test_who_enrolled_after_the_root_is_not_stated_to_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    discovering.enrolled(A)
    transparency.publish(epochs.usable()[-1])
    # As if the look-up had come before the enrolment.
    monkeypatch.setattr(absence, "_is_members", lambda *_: False)
    with pytest.raises(Problem) as refusal:
        stated(A)
    assert refusal.value.code == "number_enrolled"


def test_a_wrong_code_gets_no_statement() -> None:
    challenge = codes.send(number=NOBODYS, purpose=codes.Purpose.ABSENCE).challenge
    with pytest.raises(Problem) as refusal:
        absence.state(challenge=challenge, code=discovering.wrong(discovering.code()))
    assert refusal.value.code == "code_wrong"
    assert TransparencyRoot.objects.count() == 0


def test_when_a_member_left_the_next_proof_has_a_new_root_without_them() -> None:
    person = discovering.enrolled(A)
    discovering.enrolled(B)
    first = stated(NOBODYS)["epochs"][0]["root"]
    enrolments.opt_out(person=person)
    second = stated(A)["epochs"][0]
    assert (first["tree_size"], second["root"]["tree_size"]) == (2, 1)
    assert excluded(second, A)
    assert TransparencyRoot.objects.count() == 2


def test_as_long_as_nobody_left_no_new_root_is_needed() -> None:
    discovering.enrolled(A)
    stated(NOBODYS)
    discovering.enrolled(B)
    assert stated(NOBODYS)["epochs"][0]["root"]["tree_size"] == 1
    assert TransparencyRoot.objects.count() == 1


def test_a_new_member_is_proved_by_a_new_root(stranger: Person) -> None:
    transparency.publish(epochs.usable()[-1])
    discovering.enrolled(A, person=stranger)
    (proof,) = transparency.inclusion(enrolments.find(stranger))
    assert proof["root"]["tree_size"] == 1
    assert DiscoveryEpoch.objects.count() == 1
