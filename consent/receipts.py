"""Receipts: the readable, signed copies that a subject keeps and anybody can check offline."""

from consent import keys, ledger
from consent.models import Grant
from socialvideo.lib.clock import rfc3339


def terms(grant: Grant) -> dict[str, object]:
    """Return what a receipt and the ledger say of a grant."""
    return {
        "grant": str(grant.id),
        "subject": str(grant.subject_id),
        "grantee": str(grant.grantee_id),
        "purposes": sorted(grant.purposes),
        "audience": str(grant.audience),
        "modalities": sorted(grant.modalities),
        "may_remix": grant.may_remix,
        "may_stitch": grant.may_stitch,
        "may_download": grant.may_download,
        "denied_categories": sorted(grant.denied_categories),
        "text_rules": list(grant.text_rules),
        "review": grant.review,
        "not_before": rfc3339(grant.not_before),
        "expires_at": rfc3339(grant.expires_at),
        "max_uses": grant.max_uses,
        "state": str(grant.state),
        "epoch": grant.epoch,
    }


def receipt(kind: str, content: dict[str, object], appended: ledger.Appended) -> dict[str, object]:
    """Return ``content`` with its place in the ledger, signed."""
    leaf = appended.leaves[0]
    place = {
        "leaf_index": leaf.index,
        "leaf_hash": bytes(leaf.leaf_hash).hex(),
        "tree_size": appended.size,
        "root_hash": appended.root.hex(),
    }
    return keys.signed({"type": kind, **content, "ledger": place})
