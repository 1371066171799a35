"""Receipts: the readable, signed copies that a subject keeps and anybody can check offline (``verify_receipt.py``).

Each is a consent record of ISO/IEC TS 27560:2023 in the words of W3C DPV, as JSON-LD whose context stands inside. The
member ``terms`` is the body of the ledger's leaf, ``ledger`` proves that it stands in the ledger, and ``signature`` is
over the canonical JSON of all the rest. A subject's own words are in the ledger as salted digests, and with the salt
in ``text_rules`` of the receipt.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping

import orjson
from django.conf import settings

from consent import keys, ledger
from consent.models import Grant, LedgerLeaf
from socialvideo.lib.clock import rfc3339
from socialvideo.lib.errors import Problem

CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "dpv-pd": "https://w3id.org/dpv/pd#",
    "dct": "http://purl.org/dc/terms/",
    "sv": "urn:socialvideo:",
}
EMPTY: Mapping[str, object] = {}
SCHEMA = "https://w3id.org/dpv/schema/dpv-27560#record"
STATES = {
    "given": "dpv:ConsentGiven",
    "renewed": "dpv:RenewedConsentGiven",
    "withdrawn": "dpv:ConsentWithdrawn",
    "revoked": "dpv:ConsentRevoked",
    "expired": "dpv:ConsentExpired",
    "exhausted": "dpv:ConsentTerminated",
    "invalidated": "dpv:ConsentInvalidated",
}


def terms(grant: Grant) -> dict[str, object]:
    """Return what a receipt and the ledger say of a grant."""
    return {
        "grant": str(grant.id),
        "subject": str(grant.subject_id),
        "grantee": str(grant.grantee_id or ""),
        "group": str(grant.group),
        "rests_on": str(grant.rests_on_id or ""),
        "purposes": sorted(grant.purposes),
        "audience": str(grant.audience),
        "modalities": sorted(grant.modalities),
        "may_remix": grant.may_remix,
        "may_stitch": grant.may_stitch,
        "may_download": grant.may_download,
        "denied_categories": sorted(grant.denied_categories),
        "text_rules": [_digest(grant, rule) for rule in grant.text_rules],
        "review": grant.review,
        "guardian": str(grant.guardian_id or ""),
        "cosigned_at": rfc3339(grant.cosigned_at) if grant.cosigned_at else None,
        "not_before": rfc3339(grant.not_before),
        "expires_at": rfc3339(grant.expires_at),
        "max_uses": grant.max_uses,
        "state": str(grant.state),
        "epoch": grant.epoch,
    }


def words(grant: Grant) -> dict[str, object]:
    """Return the subject's own words with the salt by which their digests in the terms are checked; {} without any."""
    salt = bytes(grant.words_salt or b"")
    return {"text_rules": {"salt": salt.hex(), "words": list(grant.text_rules)}} if grant.text_rules else {}


def of_grant(grant: Grant) -> dict[str, object]:
    """Return the receipt of the terms that were last recorded, with a proof of today; 404 if none ever were."""
    leaf = LedgerLeaf.objects.filter(grant_id=grant.id).order_by("-index").first()
    if leaf is None:
        raise Problem(404, "receipt_unknown", "The ledger holds no terms of this grant.")
    return of_terms(grant, ledger.inclusion(leaf.index))


def of_terms(grant: Grant, proof: ledger.Inclusion) -> dict[str, object]:
    """Return the receipt of the terms of ``grant`` in the leaf that is proved; nothing need be read."""
    said = orjson.loads(bytes(proof.leaf.body))
    status = STATES[said["state"]]
    period = f"{said['not_before']}/{said['expires_at']}"
    return _record(said["grant"], said, _process([grant]), _event(status, said, period), proof, words(grant))


def of_withdrawal(withdrawal_id: object, ended: Iterable[Grant], appended: ledger.Appended) -> dict[str, object]:
    """Return the receipt of a withdrawal whose leaf was the last of an append; nothing need be read for its proof."""
    leaf = appended.leaves[-1]
    said = orjson.loads(bytes(leaf.body))
    proof = ledger.Inclusion(leaf, appended.size, appended.root, appended.path)
    return _record(str(withdrawal_id), said, _process(ended), _event(STATES["withdrawn"], said, "for ever"), proof)


def _record(
    record_id: str,
    said: Mapping[str, object],
    process: object,
    event: object,
    proof: ledger.Inclusion,
    own_words: Mapping[str, object] = EMPTY,
) -> dict[str, object]:
    controller = settings.CONTROLLER
    return keys.signed(
        {
            "@context": CONTEXT,
            "@id": f"urn:uuid:{record_id}",
            "@type": "dpv:ConsentRecord",
            "dct:conformsTo": SCHEMA,
            "dct:identifier": record_id,
            "dct:created": said["at"],
            "dpv:hasDataSubject": f"urn:uuid:{said['subject']}",
            "dpv:hasNotice": {"@id": controller["notice"], "dct:language": settings.LANGUAGE_CODE},
            "dpv:hasProcess": process,
            "dpv:hasConsentStatus": event,
            "terms": said,
            **own_words,
            # The path as one word, so that a receipt of a ledger of a million leaves stays below 3 KiB.
            "ledger": {**proof.said, "inclusion_path": base64.b64encode(b"".join(proof.path)).decode()},
        }
    )


def _digest(grant: Grant, rule: str) -> str:
    return hashlib.sha256(bytes(grant.words_salt or b"") + rule.encode()).hexdigest()


def _process(covered: Iterable[Grant]) -> dict[str, object]:
    """What was permitted, to whom, and who answers for it."""
    controller, covered = settings.CONTROLLER, list(covered)
    return {
        "dpv:hasPurpose": [f"sv:{word}" for word in sorted({word for grant in covered for word in grant.purposes})],
        "dpv:hasPersonalData": ["dpv-pd:Picture", "dpv-pd:Biometric"],
        "dpv:hasLegalBasis": "dpv:ExplicitlyExpressedConsent",
        "dpv:hasDataController": {
            "dpv:hasName": controller["name"],
            "dpv:hasAddress": controller["address"],
            "dpv:hasContact": controller["contact"],
        },
        "dpv:hasRecipient": sorted({_recipient(grant) for grant in covered}),
        "dpv:hasStorageCondition": {
            "dpv:hasLocation": controller["storage"],
            "dpv:hasDuration": "until the subject erases the likeness",
        },
        "dpv:hasJurisdiction": controller["jurisdiction"],
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dpv:isExercisedAt": f"{settings.PUBLIC_URL}/api/v1/withdrawals",
        },
    }


def _recipient(grant: Grant) -> str:
    return f"urn:uuid:{grant.grantee_id}" if grant.grantee_id else f"sv:{grant.group}"


def _event(status: str, said: Mapping[str, object], duration: str) -> dict[str, object]:
    return {
        "@type": status,
        "dpv:isIndicatedAtTime": said["at"],
        "dpv:isIndicatedBy": f"urn:uuid:{said['subject']}",
        "dpv:hasDuration": duration,
    }
