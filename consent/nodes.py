"""The stored nodes of the ledger's tree: the root of any span of leaves, from one query of O(log size) rows."""

from collections.abc import Sequence

from django.db import connection

from consent import proofs

NODES = """
SELECT 0, index, leaf_hash FROM consent_ledgerleaf WHERE index = ANY(%s)
UNION ALL
SELECT n.level, n.index, n.hash FROM unnest(%s::smallint[], %s::bigint[]) AS wanted (level, index)
JOIN consent_ledgernode n ON n.level = wanted.level AND n.index = wanted.index
"""


def roots(spans: Sequence[proofs.Span]) -> list[bytes]:
    """Return the root of each span; KeyError when the ledger has not that many leaves."""
    places = {place for span in spans for place in proofs.nodes_of(span)}
    above = [place for place in places if place[0]]
    with connection.cursor() as cursor:
        leaves = [index for level, index in places if not level]
        cursor.execute(NODES, [leaves, [level for level, _ in above], [index for _, index in above]])
        known = {(level, index): bytes(hashed) for level, index, hashed in cursor.fetchall()}
    return proofs.roots(spans, known)


def root_at(size: int) -> bytes:
    """Return the root of the first ``size`` leaves; KeyError when there are fewer."""
    return roots([(0, size)])[0]
