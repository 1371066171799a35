"""The vectors for other languages: ``python -m tests.accounts.vectors`` writes clients/vectors/discovery.json.

Everything in it is made by the product's own functions from fixed keys and blinds; a test holds the file to them.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.discovery import prefixes, sorted_tree, voprf
from accounts.discovery.signer import USES
from accounts.discovery.telephone import normalise

FILE = Path(__file__).resolve().parents[2] / "clients" / "vectors" / "discovery.json"
WRITTEN = (
    ("+49 151 23456789", ""),
    ("+49 (0) 151 / 234-567-89", ""),
    ("0151 23456789", "DE"),
    ("0049 151 23456789", "DE"),
    ("011 49 151 23456789", "US"),
    ("(415) 555-2671", "US"),
    ("+1 415.555.2671", "DE"),
    ("07400 123456", "GB"),
    ("06 12 34 56 78", "FR"),
    ("06 6982", "IT"),
    ("+39 06 69812345", ""),
    ("090-1234-5678", "JP"),
    ("8 (912) 345-67-89", "RU"),
    ("+91 98765 43210", ""),
    ("+55 11 91234-5678", ""),
    ("\u00a0+44 7400 123456 ", ""),
    ("1-800-FLOWERS", "US"),
    ("+1 415 555 2671 ext. 5", ""),
    ("0151 23456789", ""),
    ("110", "DE"),
    ("+683 4000", ""),
    ("0170 1234567", "de"),
    ("+49 30 123456", ""),
    ("+44\u202f7400\u2011123456", ""),
    ("\uff0b44 \uff17400 123456", ""),
    ("+49 1", ""),
    ("+999 123456789", ""),
    ("+", ""),
    ("", "DE"),
    ("nobody", "DE"),
    ("9" * 41, "DE"),
)
SETS = ((), (0,), (2**50 - 1,), (0, 1, 2, 3), (7, 2**40, 2**49, 2**50 - 2, 2**50 - 1))
MEMBERS = tuple(f"+4474000000{place:02}" for place in range(11))
ABSENT = "+447400999999"


def made() -> dict[str, Any]:
    """Return the whole file."""
    seed = hashlib.sha256(b"socialvideo discovery vectors").digest()
    tags, leaves = (voprf.derive_key(seed, use.encode()) for use in USES)
    return {
        "about": "VOPRF input: the number in E.164, ASCII. Tag: the first 32 bytes of the output. Prefix: its first 50"
        " bits. All bytes in hexadecimal, scalars little-endian.",
        "numbers": [{"text": text, "region": region, "e164": normalise(text, region)} for text, region in WRITTEN],
        "tags": _tags(tags),
        "sets": [{"prefixes": list(members), "bytes": prefixes.encode(members).hex()} for members in SETS],
        "absence": _absence(tags, leaves),
    }


def text() -> str:
    """Return the file as it is committed."""
    return json.dumps(made(), indent=1, ensure_ascii=True) + "\n"


def _scalar(label: str) -> int:
    return int.from_bytes(hashlib.sha512(label.encode()).digest(), "little") % voprf.ORDER


def _tags(secret: int) -> dict[str, Any]:
    numbers = ["+4915123456789", "+14155552671", "+447400123456"]
    blinded = [voprf.blind(number.encode(), _scalar(f"blind {number}")) for number in numbers]
    nonce = _scalar("nonce")
    evaluation = voprf.evaluate(secret, [each.element for each in blinded], nonce=nonce)
    outputs = voprf.finalise(voprf.public_key(secret), blinded, evaluation)
    cases = [
        {
            "number": number,
            "blind": each.blind.to_bytes(32, "little").hex(),
            "blinded": each.element.hex(),
            "evaluated": element.hex(),
            "output": output.hex(),
            "tag": output[:32].hex(),
            "prefix": prefixes.prefix(output),
        }
        for number, each, element, output in zip(numbers, blinded, evaluation.elements, outputs, strict=True)
    ]
    public = voprf.public_key(secret).hex()
    keys = {"secret_key": secret.to_bytes(32, "little").hex(), "public_key": public}
    return {**keys, "proof_nonce": nonce.to_bytes(32, "little").hex(), "proof": evaluation.proof.hex(), "cases": cases}


def _leaf(secret: int, number: str) -> tuple[bytes, dict[str, str]]:
    blinded = voprf.blind(number.encode(), _scalar(f"own {number}"))
    evaluation = voprf.evaluate(secret, [blinded.element], nonce=_scalar(f"nonce {number}"))
    (output,) = voprf.finalise(voprf.public_key(secret), [blinded], evaluation)
    blind = blinded.blind.to_bytes(32, "little").hex()
    return output[:32], {"blind": blind, "evaluated": evaluation.elements[0].hex(), "proof": evaluation.proof.hex()}


def _absence(tags: int, leaves: int) -> dict[str, Any]:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"statement key").digest())
    keys = sorted(_leaf(leaves, number)[0] for number in MEMBERS)
    leaf, evidence = _leaf(leaves, ABSENT)
    root = {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "epoch": 1,
        "public_key": voprf.public_key(tags).hex(),
        "leaf_key": voprf.public_key(leaves).hex(),
        "tree_size": len(keys),
        "root_hash": sorted_tree.root(keys).hex(),
        "published_at": "2026-11-23T00:00:00.000000Z",
    }
    near = [
        {"leaf": spot.key.hex(), "index": spot.index, "path": [step.hex() for step in spot.path]}
        for spot in sorted_tree.beside(keys, leaf)
    ]
    epoch = {"epoch": 1, **evidence, "root": _signed(key, root), "beside": near}
    statement = {"kind": "absence", "stated_at": "2026-11-23T00:00:01.000000Z", "epochs": [epoch]}
    public = key.public_key().public_bytes_raw().hex()
    return {"number": ABSENT, "statement_key": public, "statement": _signed(key, statement)}


def _signed(key: Ed25519PrivateKey, content: dict[str, Any]) -> dict[str, Any]:
    said = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    key_id = hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]
    value = base64.b64encode(key.sign(said)).decode()
    return {**content, "signature": {"algorithm": "Ed25519", "key_id": key_id, "value": value}}


if __name__ == "__main__":
    FILE.write_text(text())
