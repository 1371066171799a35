"""The ledger: RFC 9162 hashes, leaves without gaps, and a database that refuses to change history."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Person
from consent import keys, ledger, proofs
from consent.ledger import Entry
from consent.models import Decision, Grant, LedgerHead, LedgerLeaf, LedgerNode
from tests import factories
from tests.consent.conftest import Elsewhere


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
    at = json.loads(bytes(leaf.body))["at"]
    assert bytes(leaf.body) == f'{{"a":"é","at":"{at}","b":1,"kind":"test"}}'.encode()
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
    assert [json.loads(body)["kind"] for body in bodies()] == ["test"]


def test_the_database_refuses_a_second_head(db: None) -> None:
    with pytest.raises(IntegrityError, match="ledger_one_head"), transaction.atomic():
        LedgerHead.objects.create(id=2)


def test_the_whole_ledger_of_a_story_has_the_root_of_its_leaves(grant: Grant, requester: Person) -> None:
    factories.video(requester, grant.subject)
    root = ledger.root_of([bytes(peak) for peak in LedgerHead.objects.get().frontier])
    assert root == mth(bodies())
    assert Decision.objects.filter(verdict="allowed").count() == 3


# Proofs, from the stored nodes and over the API.


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21])
def test_every_leaf_is_proved_in_every_tree_it_stands_in(db: None, size: int) -> None:
    ledger.append(entries(size))
    for index in range(size):
        for tree_size in range(index + 1, size + 1):
            proof = ledger.inclusion(index, tree_size)
            hashed, root = bytes(proof.leaf.leaf_hash), mth(bodies()[:tree_size])
            assert proof.root == root
            assert proofs.includes(leaf=hashed, index=index, size=tree_size, path=proof.path, root=root)


def test_every_older_tree_is_proved_to_begin_every_newer_one(db: None) -> None:
    ledger.append(entries(13))
    for second in range(1, 14):
        for first in range(1, second + 1):
            said: Any = ledger.consistency(first, second)
            old, new = bytes.fromhex(said["first_root_hash"]), bytes.fromhex(said["second_root_hash"])
            assert (old, new) == (mth(bodies()[:first]), mth(bodies()[:second]))
            path = [bytes.fromhex(step) for step in said["consistency_path"]]
            assert proofs.extends(first=first, second=second, path=path, old=old, new=new)


def test_an_append_returns_the_path_of_its_last_leaf(db: None) -> None:
    for count in (1, 1, 2, 3, 1, 4):
        appended = ledger.append(entries(count))
        assert appended.path == ledger.inclusion(appended.size - 1).path


def test_an_append_takes_two_statements_however_many_leaves_and_nodes(db: None) -> None:
    for count in (1, 1, 1, 5, 40):
        with CaptureQueriesContext(connection) as queries:
            ledger.append(entries(count))
        assert len(queries) == 2


def test_a_proof_reads_few_rows_in_one_query_for_them(db: None) -> None:
    ledger.append(entries(300))
    with CaptureQueriesContext(connection) as queries:
        ledger.inclusion(123)
    assert len(queries) == 3
    assert len({place for span in [(0, 300), *proofs.inclusion(123, 300)] for place in proofs.nodes_of(span)}) <= 18


def test_the_database_refuses_to_change_or_drop_a_node(db: None) -> None:
    ledger.append(entries(2))
    for change in (lambda: LedgerNode.objects.update(hash=b"x" * 32), lambda: LedgerNode.objects.all().delete()):
        with pytest.raises(IntegrityError, match="history is append-only"), transaction.atomic():
            change()
    assert [bytes(node.hash) for node in LedgerNode.objects.all()] == [mth(bodies())]


@pytest.mark.parametrize(("level", "index"), [(0, 0), (63, 0), (1, -1)])
def test_the_database_refuses_a_node_that_cannot_be(db: None, level: int, index: int) -> None:
    with pytest.raises(IntegrityError, match="node_"), transaction.atomic():
        LedgerNode.objects.create(level=level, index=index, hash=bytes(32))


def test_another_key_appends_nothing(grant: Grant, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_KEY_FILE = tmp_path / "another"
    keys.private_key.cache_clear()
    with pytest.raises(keys.KeyChanged, match="holds another"):
        ledger.append(entries(1))
    keys.private_key.cache_clear()
    assert LedgerLeaf.objects.count() == 1


def test_anybody_checks_a_proof_of_inclusion_over_the_api(db: None) -> None:
    ledger.append(entries(11))
    said = APIClient().get("/api/v1/ledger/leaves/4/proof?tree_size=9").json()
    assert (said["leaf_index"], said["tree_size"], said["root_hash"]) == (4, 9, mth(bodies()[:9]).hex())
    path = [bytes.fromhex(step) for step in said["inclusion_path"]]
    leaf, root = bytes.fromhex(said["leaf_hash"]), bytes.fromhex(said["root_hash"])
    assert leaf == ledger.leaf_hash(bodies()[4])
    assert proofs.includes(leaf=leaf, index=4, size=9, path=path, root=root)
    assert APIClient().get("/api/v1/ledger/leaves/4/proof").json()["tree_size"] == 11


def test_anybody_checks_over_the_api_that_the_ledger_only_grew(db: None) -> None:
    ledger.append(entries(11))
    said = APIClient().get("/api/v1/ledger/consistency?first=6").json()
    assert (said["first"], said["second"]) == (6, 11)
    old, new = mth(bodies()[:6]), mth(bodies())
    assert (said["first_root_hash"], said["second_root_hash"]) == (old.hex(), new.hex())
    path = [bytes.fromhex(step) for step in said["consistency_path"]]
    assert proofs.extends(first=6, second=11, path=path, old=old, new=new)


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("leaves/3/proof", 404, "leaf_unknown"),
        ("leaves/0/proof?tree_size=4", 404, "leaf_unknown"),
        ("leaves/1/proof?tree_size=1", 404, "leaf_unknown"),
        ("leaves/0/proof?tree_size=x", 400, "invalid_number"),
        ("consistency?first=0", 404, "tree_unknown"),
        ("consistency?first=3&second=2", 404, "tree_unknown"),
        ("consistency?first=1&second=4", 404, "tree_unknown"),
        ("consistency?first=-1", 400, "invalid_number"),
        ("leaves?from=1e3", 400, "invalid_number"),
    ],
)
def test_what_the_ledger_cannot_prove_is_a_problem(db: None, address: str, status: int, code: str) -> None:
    ledger.append(entries(3))
    response = APIClient().get(f"/api/v1/ledger/{address}")
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_anybody_recomputes_the_root_from_the_leaves_page_by_page(db: None) -> None:
    ledger.append(entries(7))
    frontier: list[bytes] = []
    start: int | None = 0
    pages = 0
    while start is not None:
        page = APIClient().get(f"/api/v1/ledger/leaves?from={start}&limit=3").json()
        for leaf in page["leaves"]:
            frontier, _ = proofs.grown(frontier, leaf["index"], bytes.fromhex(leaf["leaf_hash"]))
        start, pages = page["next_from"], pages + 1
    assert (proofs.root_of(frontier), pages) == (mth(bodies()), 3)


def test_the_body_of_a_leaf_is_read_by_the_person_it_concerns_alone(grant: Grant, stranger: Person) -> None:
    address = "/api/v1/ledger/leaves"
    own = factories.client(grant.subject).get(address).json()["leaves"]
    assert [leaf["body"].encode() for leaf in own] == bodies()
    for api in (APIClient(), factories.client(grant.grantee), factories.client(stranger)):
        leaves = api.get(address).json()["leaves"]
        assert [leaf["body"] for leaf in leaves] == [None]
        assert [leaf["leaf_hash"] for leaf in leaves] == [leaf["leaf_hash"] for leaf in own]


@pytest.mark.parametrize("size", [0, 1, 2, 13])
def test_the_migration_completes_the_nodes_of_a_ledger_from_before(db: None, size: int) -> None:
    ledger.append(entries(size))
    known = set(LedgerNode.objects.values_list("level", "index", "hash"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica; DELETE FROM consent_ledgernode")
        cursor.execute(import_module("consent.migrations.0003_ledger_proofs").FILL)
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert {(*place, bytes(hashed)) for *place, hashed in LedgerNode.objects.values_list("level", "index", "hash")} == {
        (*place, bytes(hashed)) for *place, hashed in known
    }


def test_many_proofs_are_the_proofs_of_each_in_two_queries(
    subject: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        ledger.append([Entry("use", {"subject": str(subject.id), "n": n}) for n in range(5)])
    leaves = list(LedgerLeaf.objects.order_by("-index"))
    with django_assert_num_queries(2):
        found = ledger.inclusions(leaves)
    assert found == [ledger.inclusion(leaf.index) for leaf in leaves]
    assert ledger.inclusions([]) == []
