"""Check a receipt of socialvideo, or a whole exported ledger, without trusting socialvideo.

    python verify_receipt.py receipt.json --key key.pem
    python verify_receipt.py --log export.json --key key.pem [--earlier checkpoint.json]

The key is `public_key` of GET /api/v1/ledger/key. Needs Python 3.11 and, for the signature, the package cryptography.
A receipt holds when the key signed all of it and its terms are a leaf that leads to the root (RFC 9162 §2.1.3). A log
holds when its leaves make the root of every signed checkpoint, and no use was allowed after its grant's withdrawal.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
except ImportError:
    sys.exit("To check signatures: pip install cryptography")


class Wrong(ValueError): ...


def require(holds: bool, fault: str) -> None:
    if not holds:
        raise Wrong(fault)


def read(text: str) -> dict:  # JSON that names no member twice: else two readers could see two things
    def once(pairs: list) -> dict:
        require(len(dict(pairs)) == len(pairs), "a member stands twice")
        return dict(pairs)

    return json.loads(text, object_pairs_hook=once)


def canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def check_signature(content: dict, pem: bytes) -> None:
    """Ed25519 over the canonical JSON without `signature`, which may be written in one way only."""
    key, value = load_pem_public_key(pem), base64.b64decode(content["signature"]["value"], validate=True)
    form = {"key_id": digest(key.public_bytes_raw()).hex()[:16], "value": base64.b64encode(value).decode()}
    require(content["signature"] == {"algorithm": "Ed25519", **form}, "it is not signed by this key")
    try:
        key.verify(value, canonical({name: part for name, part in content.items() if name != "signature"}))
    except InvalidSignature:
        raise Wrong("it was changed after it was signed") from None


def climb(leaf: bytes, index: int, size: int, path: bytes) -> bytes:
    """The root to which the path leads from the leaf."""
    require(0 <= index < size and (size > 1) == bool(path), "the inclusion path has another length")
    if size == 1:
        return leaf
    split, top = 1 << (size - 1).bit_length() - 1, path[-32:]
    if index < split:
        return digest(b"\x01", climb(leaf, index, split, path[:-32]), top)
    return digest(b"\x01", top, climb(leaf, index - split, size - split, path[:-32]))


def check_receipt(text: str, pem: bytes) -> str:
    receipt = read(text)
    check_signature(receipt, pem)
    terms, place, own = receipt["terms"], receipt["ledger"], receipt.get("text_rules", {"words": []})
    said = [digest(bytes.fromhex(own["salt"]), word.encode()).hex() for word in own["words"]]
    require(said in ([], terms.get("text_rules")), "its text rules are not those that were recorded")
    leaf, index, size = digest(b"\x00", canonical(terms)), place["leaf_index"], place["tree_size"]
    root = climb(leaf, index, size, base64.b64decode(place["inclusion_path"], validate=True))
    require((leaf.hex(), root.hex()) == (place["leaf_hash"], place["root_hash"]), "its terms do not lead to the root")
    return f"The receipt holds: a {terms['kind']} of {terms['at']}, leaf {index} in the ledger of {size}."


def root_of(hashes: list) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return digest(b"\x01", root_of(hashes[:split]), root_of(hashes[split:]))


def check_log(text: str, pem: bytes, *earlier: str) -> str:
    log, ended = read(text), {}
    hashes, points = [digest(b"\x00", body.encode()) for body in log["leaves"]], log["checkpoints"]
    require(bool(points) and points[-1]["tree_size"] == len(hashes), "leaves are missing, or too many")
    for point in [*points, *map(read, earlier)]:
        check_signature(point, pem)
        made = root_of(hashes[: point["tree_size"]]).hex()
        require(made == point["root_hash"], f"the leaves do not make the root of size {point['tree_size']}")
    for index, leaf in enumerate(map(read, log["leaves"])):
        ended |= {grant["grant"]: grant["ended_epoch"] for grant in leaf.get("grants", [])}
        late = leaf.get("verdict") == "allowed" and leaf["epoch"] <= ended.get(leaf["grant"], -1)
        require(not late, f"leaf {index} is a use that was allowed after the withdrawal of its grant")
    return f"The log holds: {len(hashes)} leaves, {len(points)} checkpoints, no use after a withdrawal."


def main() -> None:
    parser = argparse.ArgumentParser(description="Check a receipt, or an exported ledger, offline.")
    parser.add_argument("file", type=Path, help="the receipt, or with --log the exported ledger (JSON)")
    parser.add_argument("--log", action="store_true", help="the file is an exported ledger")
    parser.add_argument("--earlier", type=Path, action="append", default=[], help="a checkpoint kept from before")
    parser.add_argument("--key", type=Path, required=True, help="the ledger's public key (PEM)")
    chosen = parser.parse_args()
    try:
        check, earlier = check_log if chosen.log else check_receipt, [file.read_text() for file in chosen.earlier]
        sys.stdout.write(check(chosen.file.read_text("utf-8"), chosen.key.read_bytes(), *earlier) + "\n")
    except (ValueError, LookupError, TypeError, AttributeError, OSError) as fault:
        sys.exit(f"Does NOT hold: {fault if isinstance(fault, Wrong) else f'malformed, {fault!r}'}")


if __name__ == "__main__":
    main()
