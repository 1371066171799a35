"""The ledger: RFC 9162 hashes, leaves without gaps, and a database that refuses to change history."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from threading import Barrier

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import IntegrityError, transaction

from accounts.models import Person
from consent import keys, ledger
from consent.ledger import Entry
from consent.models import Decision, Grant, LedgerHead, LedgerLeaf
from tests import factories
from tests.consent.conftest import Elsewhere

MOST = 70


def mth(leaves: Sequence[bytes]) -> bytes:
    """The Merkle Tree Hash as RFC 9162 §2.1.1 defines it, over the bodies of the leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def bodies() -> list[bytes]:
    """The bodies of all leaves, in their order."""
    return [bytes(body) for body in LedgerLeaf.objects.order_by("index").values_list("body", flat=True)]


def entries(count: int) -> list[Entry]:
    """So many different entries."""
    return [Entry("test", {"number": number}) for number in range(count)]


@pytest.mark.parametrize("size", range(MOST + 1))
def test_the_root_is_the_merkle_tree_hash(size: int) -> None:
    leaves = [f"leaf {number}".encode() for number in range(size)]
    frontier: list[bytes] = []
    for number, leaf in enumerate(leaves):
        frontier = ledger.grown(frontier, number, ledger.leaf_hash(leaf))
    assert ledger.root_of(frontier) == mth(leaves)
    assert len(frontier) == size.bit_count()


def test_growing_leaves_the_old_frontier_as_it_was() -> None:
    old = [b"a" * 32]
    ledger.grown(old, 1, b"b" * 32)
    assert old == [b"a" * 32]


def test_the_first_published_roots_are_those_of_the_standard() -> None:
    """The empty tree, and the one leaf of no bytes, of the test vectors of RFC 6962 implementations."""
    assert ledger.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert ledger.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_leaves_are_numbered_from_zero_without_gaps(db: None) -> None:
    for count in (1, 3, 2):
        ledger.append(entries(count))
    assert list(LedgerLeaf.objects.order_by("index").values_list("index", flat=True)) == [0, 1, 2, 3, 4, 5]


def test_an_append_returns_its_leaves_and_the_tree_after_it(db: None) -> None:
    ledger.append(entries(5))
    appended = ledger.append(entries(2))
    assert [leaf.index for leaf in appended.leaves] == [5, 6]
    assert (appended.size, appended.root) == (7, mth(bodies()))
    assert LedgerHead.objects.get().size == 7


def test_a_leaf_is_the_hash_of_its_canonical_body(db: None) -> None:
    ledger.append([Entry("test", {"b": 1, "a": "é"})])
    leaf = LedgerLeaf.objects.get()
    assert bytes(leaf.body) == '{"a":"é","b":1,"kind":"test"}'.encode()
    assert bytes(leaf.leaf_hash) == hashlib.sha256(b"\x00" + bytes(leaf.body)).digest()


def test_an_append_that_is_undone_leaves_no_gap(db: None) -> None:
    ledger.append(entries(1))
    with pytest.raises(RuntimeError), transaction.atomic():
        ledger.append(entries(3))
        raise RuntimeError
    assert ledger.append(entries(1)).leaves[0].index == 1
    assert ledger.root_of([bytes(peak) for peak in LedgerHead.objects.get().frontier]) == mth(bodies())


@pytest.mark.django_db(transaction=True)
def test_transactions_that_append_at_once_leave_no_gap(elsewhere: Elsewhere) -> None:
    together = Barrier(3)

    def appending() -> None:
        together.wait(5)
        for _ in range(8):
            with transaction.atomic():
                ledger.append(entries(2))

    for running in [elsewhere(appending) for _ in range(3)]:
        running.result(20)
    assert list(LedgerLeaf.objects.order_by("index").values_list("index", flat=True)) == list(range(48))
    head = LedgerHead.objects.get()
    assert (head.size, ledger.root_of([bytes(peak) for peak in head.frontier])) == (48, mth(bodies()))


def test_the_checkpoint_is_signed_by_the_published_key(db: None) -> None:
    ledger.append(entries(3))
    checkpoint = json.loads(json.dumps(ledger.checkpoint()))
    signature = checkpoint.pop("signature")
    public = load_pem_public_key(keys.public_pem().encode())
    assert isinstance(public, Ed25519PublicKey)
    said = json.dumps(checkpoint, sort_keys=True, separators=(",", ":")).encode()
    public.verify(base64.b64decode(signature["value"]), said)
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(signature["value"]), said.replace(b'"tree_size":3', b'"tree_size":4'))


def test_the_checkpoint_says_size_root_and_time(db: None) -> None:
    ledger.append(entries(3))
    checkpoint = ledger.checkpoint()
    assert (checkpoint["tree_size"], checkpoint["root_hash"]) == (3, mth(bodies()).hex())
    assert datetime.fromisoformat(str(checkpoint["timestamp"])).tzinfo


def test_the_database_refuses_to_change_or_drop_a_leaf(db: None) -> None:
    ledger.append(entries(1))
    for change in (
        lambda: LedgerLeaf.objects.update(kind="other"),
        lambda: LedgerLeaf.objects.update(body=b"other"),
        lambda: LedgerLeaf.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="history is append-only"), transaction.atomic():
            change()
    assert bodies() == [b'{"kind":"test","number":0}']


def test_the_database_refuses_a_second_head(db: None) -> None:
    with pytest.raises(IntegrityError, match="ledger_one_head"), transaction.atomic():
        LedgerHead.objects.create(id=2)


def test_the_whole_ledger_of_a_story_has_the_root_of_its_leaves(grant: Grant, requester: Person) -> None:
    factories.video(requester, grant.subject)
    root = ledger.root_of([bytes(peak) for peak in LedgerHead.objects.get().frontier])
    assert root == mth(bodies())
    assert Decision.objects.filter(verdict="allowed").count() == 3
