"""Receipts: consent records of ISO/IEC TS 27560 in W3C DPV, signed, with the proof that they stand in the ledger."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from rest_framework.test import APIClient

import verify_receipt
from accounts.models import Person
from consent import grants, keys, ledger, likenesses, proofs, receipts, withdrawal
from consent.ledger import Entry
from consent.models import Grant, LedgerLeaf
from consent.rules import DENIED_BY_DEFAULT, Audience, Purpose
from consent.withdrawal import Mode, Scope
from socialvideo.lib.clock import rfc3339
from tests import factories

# Each field of ISO/IEC TS 27560 that must be there, and where W3C DPV's guide puts it.
ISO_27560 = {
    "schema version": ("dct:conformsTo",),
    "record identifier": ("dct:identifier",),
    "PII principal identifier": ("dpv:hasDataSubject",),
    "notice": ("dpv:hasNotice", "@id"),
    "language": ("dpv:hasNotice", "dct:language"),
    "purpose": ("dpv:hasProcess", "dpv:hasPurpose"),
    "PII": ("dpv:hasProcess", "dpv:hasPersonalData"),
    "lawful basis and event type": ("dpv:hasProcess", "dpv:hasLegalBasis"),
    "controller's name": ("dpv:hasProcess", "dpv:hasDataController", "dpv:hasName"),
    "controller's address": ("dpv:hasProcess", "dpv:hasDataController", "dpv:hasAddress"),
    "controller's contact": ("dpv:hasProcess", "dpv:hasDataController", "dpv:hasContact"),
    "storage location": ("dpv:hasProcess", "dpv:hasStorageCondition", "dpv:hasLocation"),
    "retention": ("dpv:hasProcess", "dpv:hasStorageCondition", "dpv:hasDuration"),
    "jurisdiction": ("dpv:hasProcess", "dpv:hasJurisdiction"),
    "recipients": ("dpv:hasProcess", "dpv:hasRecipient"),
    "withdrawal method": ("dpv:hasProcess", "dpv:hasConsentControl", "dpv:isExercisedAt"),
    "event time": ("dpv:hasConsentStatus", "dpv:isIndicatedAtTime"),
    "event state": ("dpv:hasConsentStatus", "@type"),
    "event duration": ("dpv:hasConsentStatus", "dpv:hasDuration"),
    "event entity": ("dpv:hasConsentStatus", "dpv:isIndicatedBy"),
}


def withdrawn(grant: Grant) -> dict[str, Any]:
    """The receipt of withdrawing the grant."""
    receipt: dict[str, Any] = withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id)).receipt
    return receipt


def given(grant: Grant) -> dict[str, Any]:
    """The receipt of the grant, as it is on the wire."""
    receipt: dict[str, Any] = json.loads(json.dumps(receipts.of_grant(grant)))
    return receipt


def proved(receipt: dict[str, Any]) -> bool:
    """Whether the receipt's own proof leads from its terms to its root."""
    place = receipt["ledger"]
    leaf = proofs.leaf_hash(keys.canonical(receipt["terms"]))
    joined, root = base64.b64decode(place["inclusion_path"]), bytes.fromhex(place["root_hash"])
    path = [joined[start : start + 32] for start in range(0, len(joined), 32)]
    return leaf.hex() == place["leaf_hash"] and proofs.includes(
        leaf=leaf, index=place["leaf_index"], size=place["tree_size"], path=path, root=root
    )


def test_the_terms_say_all_that_a_grant_covers(grant: Grant) -> None:
    grant.text_rules = ["in rome"]
    said = receipts.terms(grant)
    assert (
        said
        | {
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
            "text_rules": [hashlib.sha256(bytes(grant.words_salt or b"") + b"in rome").hexdigest()],
            "review": False,
            "not_before": rfc3339(grant.not_before),
            "expires_at": rfc3339(grant.expires_at),
            "max_uses": 5,
            "state": "given",
            "epoch": 1,
        }
        == said
    )


def test_the_terms_name_the_purposes_in_one_order(db: None) -> None:
    grant = factories.grant(
        factories.enrolled(),
        factories.person(),
        purposes=frozenset({Purpose.PERSONAL, Purpose.ADVERTISING, Purpose.EDUCATION}),
        audience=Audience.FOLLOWERS,
    )
    assert receipts.terms(grant)["purposes"] == ["advertising", "education", "personal"]


@pytest.mark.parametrize("make", [given, withdrawn])
@pytest.mark.parametrize("field", ISO_27560)
def test_a_receipt_has_every_field_that_the_standard_demands(grant: Grant, make: Any, field: str) -> None:
    value: Any = make(grant)
    for member in ISO_27560[field]:
        value = value[member]
    assert value


@pytest.mark.parametrize("make", [given, withdrawn])
def test_every_word_of_a_vocabulary_is_in_the_context_that_stands_inside(grant: Grant, make: Any) -> None:
    receipt = make(grant)
    words = {word for word in json.dumps(receipt).replace('"', " ").replace(",", " ").split() if ":" in word}
    prefixes = {word.split(":")[0] for word in words if word.split(":")[0] in ("dpv", "dpv-pd", "dct", "sv")}
    assert prefixes == set(receipt["@context"])
    assert all(value.endswith(("#", "/", ":")) for value in receipt["@context"].values())


def test_a_receipt_of_a_grant_says_who_what_for_whom_and_how_long(grant: Grant) -> None:
    receipt = given(grant)
    assert receipt["@type"] == "dpv:ConsentRecord"
    assert receipt["dct:identifier"] == str(grant.id)
    assert receipt["dpv:hasDataSubject"] == f"urn:uuid:{grant.subject_id}"
    assert receipt["dpv:hasProcess"]["dpv:hasPurpose"] == ["sv:entertainment"]
    assert receipt["dpv:hasProcess"]["dpv:hasRecipient"] == [f"urn:uuid:{grant.grantee_id}"]
    assert receipt["dpv:hasConsentStatus"] == {
        "@type": "dpv:ConsentGiven",
        "dpv:isIndicatedAtTime": receipt["terms"]["at"],
        "dpv:isIndicatedBy": f"urn:uuid:{grant.subject_id}",
        "dpv:hasDuration": f"{rfc3339(grant.not_before)}/{rfc3339(grant.expires_at)}",
    }


def test_a_receipt_of_a_withdrawal_says_what_ended(grant: Grant) -> None:
    receipt = withdrawn(grant)
    assert receipt["dpv:hasConsentStatus"]["@type"] == "dpv:ConsentWithdrawn"
    assert receipt["terms"]["grants"] == [{"grant": str(grant.id), "ended_epoch": 1}]
    assert receipt["dpv:hasProcess"]["dpv:hasRecipient"] == [f"urn:uuid:{grant.grantee_id}"]


@pytest.mark.parametrize("make", [given, withdrawn])
@pytest.mark.parametrize("before", [0, 1, 2, 6, 7])
def test_a_receipt_proves_its_terms_in_the_ledger_and_is_signed(db: None, make: Any, before: int) -> None:
    ledger.append([Entry("test", {"n": n}) for n in range(before)])
    grant = factories.grant(factories.enrolled(), factories.person())
    receipt = make(grant)
    assert receipt["ledger"]["tree_size"] == ledger.size()
    assert proved(receipt)
    signature = receipt.pop("signature")
    public = load_pem_public_key(keys.public_pem().encode())
    assert isinstance(public, Ed25519PublicKey)
    public.verify(base64.b64decode(signature["value"]), keys.canonical(receipt))
    receipt["terms"]["grant"] = "another"
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(signature["value"]), keys.canonical(receipt))


def test_a_narrowed_grant_has_the_receipt_of_its_narrower_terms(grant: Grant) -> None:
    grants.narrow(grant=grant, expires_at=None, max_uses=2)
    receipt = given(Grant.objects.get())
    assert (receipt["terms"]["kind"], receipt["terms"]["max_uses"]) == ("narrowing", 2)
    assert proved(receipt)


def test_a_receipt_stays_small_in_a_ledger_of_a_million_leaves(grant: Grant) -> None:
    receipt = given(grant)
    receipt["ledger"] |= {"leaf_index": 10**6 - 1, "tree_size": 10**6}
    receipt["ledger"]["inclusion_path"] = base64.b64encode(bytes(32 * 20)).decode()
    assert len(keys.canonical(receipt)) <= 3584
    assert len(keys.canonical(withdrawn(grant))) < 2300


def test_the_subject_reads_the_receipt_of_a_grant_and_nobody_else(
    grant: Grant, as_subject: APIClient, as_requester: APIClient, as_stranger: APIClient
) -> None:
    address = f"/api/v1/grants/{grant.id}/receipt"
    assert as_subject.get(address).json() == given(grant)
    for api in (as_requester, as_stranger):
        response = api.get(address)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert APIClient().get(address).status_code == 401


def test_a_grant_without_a_leaf_has_no_receipt(grant: Grant, as_subject: APIClient) -> None:
    other = Grant.objects.create(
        subject=grant.subject,
        grantee=factories.person(),
        purposes=["personal"],
        audience="private",
        not_before=grant.not_before,
        expires_at=grant.expires_at,
        max_uses=1,
    )
    assert as_subject.get(f"/api/v1/grants/{other.id}/receipt").json()["code"] == "receipt_unknown"
    assert LedgerLeaf.objects.count() == 1


def test_withdrawals_and_receipts_outlive_the_likeness_and_whatever_comes_after(
    grant: Grant, as_subject: APIClient
) -> None:
    kept = [withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=mode) for mode in Mode]
    likenesses.erase(subject=grant.subject)
    factories.likeness(grant.subject)
    factories.grant(grant.subject, grant.grantee)
    listed = as_subject.get("/api/v1/withdrawals").json()["data"]
    assert [(row["mode"], row["receipt"]) for row in reversed(listed)] == [(row.mode, row.receipt) for row in kept]
    told = [*(row["receipt"] for row in listed), as_subject.get(f"/api/v1/grants/{grant.id}/receipt").json()]
    pem = keys.public_pem().encode()
    assert all(verify_receipt.check_receipt(keys.canonical(receipt).decode(), pem) for receipt in told)


def test_a_subjects_own_words_are_digests_in_the_ledger_and_readable_in_the_receipt(
    subject: Person, requester: Person
) -> None:
    grant = factories.grant(subject, requester, text_rules=("never with Bob",))
    assert not [leaf for leaf in LedgerLeaf.objects.all() if b"Bob" in bytes(leaf.body)]
    receipt = receipts.of_grant(grant)
    assert receipt["text_rules"] == {"salt": bytes(grant.words_salt or b"").hex(), "words": ["never with Bob"]}
    pem = keys.public_pem().encode()
    assert "holds" in verify_receipt.check_receipt(keys.canonical(receipt).decode(), pem)
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    other = keys.signed(
        {**unsigned, "text_rules": {"salt": bytes(grant.words_salt or b"").hex(), "words": ["always with Bob"]}}
    )
    with pytest.raises(verify_receipt.Wrong, match="text rules"):
        verify_receipt.check_receipt(keys.canonical(other).decode(), pem)
