"""Receipts: what they say of a grant, and that they are signed with their place in the ledger."""

from consent import ledger, receipts
from consent.ledger import Entry
from consent.models import Grant
from consent.rules import DENIED_BY_DEFAULT, Audience, Purpose
from socialvideo.lib.clock import rfc3339
from tests import factories


def test_the_terms_say_all_that_a_grant_covers(grant: Grant) -> None:
    grant.text_rules = ["in rome"]
    assert receipts.terms(grant) == {
        "grant": str(grant.id),
        "subject": str(grant.subject_id),
        "grantee": str(grant.grantee_id),
        "purposes": ["entertainment"],
        "audience": "public",
        "modalities": ["face"],
        "may_remix": False,
        "may_stitch": False,
        "may_download": False,
        "denied_categories": sorted(DENIED_BY_DEFAULT),
        "text_rules": ["in rome"],
        "review": False,
        "not_before": rfc3339(grant.not_before),
        "expires_at": rfc3339(grant.expires_at),
        "max_uses": 5,
        "state": "given",
        "epoch": 1,
    }


def test_the_terms_name_the_purposes_in_one_order(db: None) -> None:
    grant = factories.grant(
        factories.enrolled(),
        factories.person(),
        purposes=frozenset({Purpose.PERSONAL, Purpose.ADVERTISING, Purpose.EDUCATION}),
        audience=Audience.FOLLOWERS,
    )
    assert receipts.terms(grant)["purposes"] == ["advertising", "education", "personal"]


def test_a_receipt_carries_its_place_in_the_ledger_and_a_signature(db: None) -> None:
    ledger.append([Entry("test", {})] * 2)
    appended = ledger.append([Entry("test", {"a": 1})])
    receipt = receipts.receipt("test", {"a": 1}, appended)
    signature = receipt.pop("signature")
    assert isinstance(signature, dict)
    assert receipt == {
        "type": "test",
        "a": 1,
        "ledger": {
            "leaf_index": 2,
            "leaf_hash": ledger.leaf_hash(b'{"a":1,"kind":"test"}').hex(),
            "tree_size": 3,
            "root_hash": appended.root.hex(),
        },
    }
