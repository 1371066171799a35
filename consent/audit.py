"""The ledger as a whole: exported for auditors, and recomputed from the database."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

from django.db import connection, transaction

from consent import anchors, journal, ledger, proofs
from consent.keys import canonical
from consent.models import Decision, LedgerHead, LedgerLeaf, LedgerNode
from socialvideo.lib.clock import rfc3339

AT_ONCE = 1000


@contextmanager
def frozen() -> Iterator[None]:
    """Read one state of the database, and write nothing, while others go on writing."""
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@dataclass(frozen=True)
class Exported:
    """How much an export holds."""

    leaves: int
    checkpoints: int


def export(out: TextIO) -> Exported:
    """Write every leaf's body in order, the anchored checkpoint if there is one, and the present one, as JSON.

    ``verify_receipt.py --log`` audits it. It names ids of people: it is for an auditor, not for the public.
    """
    with frozen():
        anchor = anchors.newest()
        points = [*([anchor.said] if anchor else []), ledger.checkpoint()]
        count = 0
        out.write('{"leaves":[')
        for leaf in LedgerLeaf.objects.order_by("index").iterator(AT_ONCE):
            out.write(",\n" * bool(count) + json.dumps(bytes(leaf.body).decode(), ensure_ascii=False))
            count += 1
        out.write(f'],\n"checkpoints":{canonical(points).decode()}}}\n')
    return Exported(count, len(points))


def faults() -> Iterator[str]:
    """Recompute the tree and the journal from the database's rows; yield what does not agree, nothing if all does."""
    with frozen():
        head, size, frontier = LedgerHead.objects.get(id=1), 0, list[bytes]()
        nodes = {(node.level, node.index): bytes(node.hash) for node in LedgerNode.objects.iterator(AT_ONCE)}
        for leaf in LedgerLeaf.objects.order_by("index").iterator(AT_ONCE):
            hashed = hashlib.sha256(proofs.LEAF + bytes(leaf.body)).digest()
            if (leaf.index, bytes(leaf.leaf_hash)) != (size, hashed):
                yield f"leaf {leaf.index} is not what its hash says, or does not stand at its place ({size})"
            frontier, completed = proofs.grown(frontier, size, hashed)
            yield from (f"node {place} is wrong" for place in completed if nodes.pop(place, None) != completed[place])
            size += 1
        if (head.size, [bytes(peak) for peak in head.frontier]) != (size, frontier):
            yield f"the head says {head.size} leaves, and the leaves make another tree, of {size}"
        yield from (f"node {place} stands above no leaves" for place in nodes)
        yield from _journal_faults()


def _journal_faults() -> Iterator[str]:
    """Each row of the journal says what its leaf says, and each leaf of a use has its row."""
    rows = Decision.objects.select_related("leaf").order_by("leaf_id").iterator(AT_ONCE)
    seen = 0
    for row in rows:
        said = {"kind": ledger.USE, "at": rfc3339(row.at), **journal.content(row)}
        if canonical(said) != bytes(row.leaf.body):
            yield f"the journal's row {row.id} does not say what leaf {row.leaf_id} says"
        seen += 1
    uses = LedgerLeaf.objects.filter(kind=ledger.USE).count()
    if uses != seen:
        yield f"the ledger holds {uses} uses, the journal {seen}"


def first(count: int = 20) -> list[str]:
    """Return up to so many faults."""
    return list(islice(faults(), count))
