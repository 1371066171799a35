"""The ledger: an append-only Merkle tree (RFC 9162 §2.1) whose leaves are written in the commit of their effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from consent import anchors, keys, nodes, proofs
from consent.keys import canonical
from consent.models import LedgerHead, LedgerLeaf
from consent.proofs import grown, leaf_hash, root_of
from socialvideo.lib.clock import rfc3339, wall_now
from socialvideo.lib.errors import Problem
from socialvideo.lib.prepared import Statement

USE = "use"
# Uses move the anchor only this often: a restored database can lack as many of them unnoticed, never a withdrawal.
ANCHOR_EVERY = 64

# Two statements for every append, however many leaves: all appends of the house queue between the two and their commit.
HEAD = Statement("""
SELECT size, frontier, key_id, statement_timestamp() FROM consent_ledgerhead WHERE id = 1 FOR UPDATE
""")
ADVANCE = Statement("""
WITH head AS (UPDATE consent_ledgerhead SET size = %(size)s, frontier = %(frontier)s, key_id = %(signer)s WHERE id = 1),
leaves AS (INSERT INTO consent_ledgerleaf (index, kind, body, leaf_hash, grant_id)
    SELECT * FROM unnest(%(index)s::bigint[], %(kind)s::text[], %(body)s::bytea[], %(leaf_hash)s::bytea[],
        %(grant_id)s::uuid[])),
nodes AS (INSERT INTO consent_ledgernode (level, index, hash)
    SELECT * FROM unnest(%(levels)s::smallint[], %(places)s::bigint[], %(hashes)s::bytea[]))
SELECT true
""")


@dataclass(frozen=True)
class Entry:
    """What a leaf says: ids and words, never names or pictures. The ledger adds when (``at``)."""

    kind: str
    content: Mapping[str, object]


@dataclass(frozen=True)
class Appended:
    """The leaves of one append, when, and the tree after it; ``path`` is the inclusion path of the last leaf."""

    leaves: tuple[LedgerLeaf, ...]
    size: int
    root: bytes
    path: tuple[bytes, ...]
    at: datetime


@dataclass(frozen=True)
class Inclusion:
    """That a leaf stands in the tree of ``size`` leaves."""

    leaf: LedgerLeaf
    size: int
    root: bytes
    path: tuple[bytes, ...]

    @property
    def said(self) -> dict[str, object]:
        """The proof as it stands in a receipt and on the wire."""
        return {
            "leaf_index": self.leaf.index,
            "leaf_hash": bytes(self.leaf.leaf_hash).hex(),
            "tree_size": self.size,
            "root_hash": self.root.hex(),
            "inclusion_path": [step.hex() for step in self.path],
        }


def append(entries: Sequence[Entry], *, anchored: bool = True) -> Appended:
    """Append inside the caller's transaction, in two statements. Takes the head row's lock, so call it last.

    All appends queue at that lock, to their commit. Raises KeyChanged unless our key is the one that signs the ledger.
    After the commit the tree is anchored outside the database, unless the caller does that (``anchored``).
    """
    ((begun, peaks, known, now),) = HEAD.rows()
    signer, frontier = keys.signer(known), [bytes(peak) for peak in peaks]
    leaves, before = [], frontier
    made: dict[proofs.Place, bytes] = {}
    for index, entry in enumerate(entries, begun):
        leaf, before = _leaf(index, entry, now), frontier
        frontier, completed = grown(before, index, bytes(leaf.leaf_hash))
        leaves.append(leaf)
        made |= completed
    size, root = begun + len(leaves), root_of(frontier)
    _advance(size, frontier, signer, leaves, made)
    due = any(entry.kind != USE for entry in entries) or size // ANCHOR_EVERY > begun // ANCHOR_EVERY
    if anchored and due:
        transaction.on_commit(partial(anchors.keep, size=size, root=root))
    # Everything to the left of the last leaf is its path: the peaks before it, smallest first.
    return Appended(tuple(leaves), size, root, tuple(reversed(before)), now)


def size() -> int:
    """Return how many leaves there are."""
    return LedgerHead.objects.get(id=1).size


def inclusion(index: int, tree_size: int | None = None) -> Inclusion:
    """Return the proof that a leaf stands in the tree of ``tree_size`` leaves, or in the present one; 404 if not."""
    present = size()
    tree_size = present if tree_size is None else tree_size
    if not 0 <= index < tree_size <= present:
        raise Problem(404, "leaf_unknown", f"The ledger has {present} leaves. Choose an index below a size up to that.")
    root, *path = nodes.roots([(0, tree_size), *proofs.inclusion(index, tree_size)])
    return Inclusion(LedgerLeaf.objects.get(index=index), tree_size, root, tuple(path))


def inclusions(leaves: Sequence[LedgerLeaf]) -> list[Inclusion]:
    """Return the proof for each of these leaves in the present tree. Two queries, however many there are."""
    present = size()
    spans = [proofs.inclusion(leaf.index, present) for leaf in leaves]
    if not spans:
        return []
    root, *steps = nodes.roots([(0, present), *(span for path in spans for span in path)])
    found = iter(steps)
    return [
        Inclusion(leaf, present, root, tuple(islice(found, len(path))))
        for leaf, path in zip(leaves, spans, strict=True)
    ]


def consistency(first: int, second: int | None = None) -> dict[str, object]:
    """Return the proof that the tree of ``first`` leaves begins that of ``second``, or the present one; 404 if not."""
    present = size()
    second = present if second is None else second
    if not 1 <= first <= second <= present:
        raise Problem(404, "tree_unknown", f"Choose two sizes from 1 to {present}, the smaller one first.")
    old, new, *path = nodes.roots([(0, first), (0, second), *proofs.consistency(first, second)])
    sizes = {"first": first, "second": second, "first_root_hash": old.hex(), "second_root_hash": new.hex()}
    return {**sizes, "consistency_path": [step.hex() for step in path]}


def leaves_from(start: int, limit: int, *, reader: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Return up to ``limit`` leaves from number ``start`` on, and whether there are more.

    Everybody reads the hashes; only who a leaf is about (its ``subject`` is the id ``reader``) reads its body.
    """
    rows = list(LedgerLeaf.objects.filter(index__gte=start).order_by("index")[: limit + 1])
    return [_shown(row, reader) for row in rows[:limit]], len(rows) > limit


def checkpoint() -> dict[str, object]:
    """Return the signed head of the tree: size, root and time."""
    head = LedgerHead.objects.get(id=1)
    root = root_of([bytes(peak) for peak in head.frontier])
    return keys.signed({"tree_size": head.size, "root_hash": root.hex(), "timestamp": rfc3339(wall_now())})


def _advance(
    size: int, frontier: list[bytes], signer: str, leaves: Sequence[LedgerLeaf], made: Mapping[proofs.Place, bytes]
) -> None:
    names = ("index", "kind", "body", "leaf_hash", "grant_id")
    columns = {name: [getattr(leaf, name) for leaf in leaves] for name in names}
    places: dict[str, list[Any]] = {"levels": [level for level, _ in made], "places": [index for _, index in made]}
    ADVANCE.rows(size=size, frontier=frontier, signer=signer, hashes=list(made.values()), **columns, **places)


def _shown(row: LedgerLeaf, reader: str | None) -> dict[str, Any]:
    body = bytes(row.body)
    own = reader is not None and orjson.loads(body).get("subject") == reader
    return {
        "index": row.index,
        "leaf_hash": bytes(row.leaf_hash).hex(),
        "body": body.decode() if own else None,
    }


def _leaf(index: int, entry: Entry, at: datetime) -> LedgerLeaf:
    body = canonical({"kind": entry.kind, "at": rfc3339(at), **entry.content})
    grant = entry.content.get("grant") if entry.kind != USE else None
    grant_id = UUID(str(grant)) if grant else None
    return LedgerLeaf(index=index, kind=entry.kind, body=body, leaf_hash=leaf_hash(body), grant_id=grant_id)
