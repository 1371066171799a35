"""Check an unpacked export of socialvideo, offline: every file is as the signed manifest says, and none is missing.

    python verify_export.py FOLDER [--key key.pem]

The key is in the export itself, and at GET /api/v1/ledger/key. It lies beside verify_receipt.py and needs what
that needs.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from verify_receipt import Wrong, check_signature, read, require

KEYS = ("likeness/ledger-key.pem", "ledger-key.pem")


def check_export(folder: Path, pem: bytes) -> str:
    """Return a sentence when it holds; raise Wrong when it does not."""
    manifest = read((folder / "manifest.json").read_text("utf-8"))
    check_signature(manifest, pem)
    named = {row["name"]: row["sha256"] for row in manifest["files"]}
    there = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    require(there.keys() - named.keys() == {"manifest.json"}, "there are files that the manifest does not name")
    for name, sha256 in named.items():
        require(name in there, f"{name} is missing")
        require(hashlib.sha256(there[name].read_bytes()).hexdigest() == sha256, f"{name} was changed")
    return f"The export holds: {len(named)} files, as they were on {manifest['made_at']}."


def main() -> None:
    parser = argparse.ArgumentParser(description="Check an unpacked export offline.")
    parser.add_argument("folder", type=Path, help="where the export was unpacked")
    parser.add_argument("--key", type=Path, help="the ledger's public key (PEM), if not the one in the export")
    chosen = parser.parse_args()
    try:
        key = chosen.key or next(file for name in KEYS if (file := chosen.folder / name).is_file())
        sys.stdout.write(check_export(chosen.folder, key.read_bytes()) + "\n")
    except (ValueError, LookupError, TypeError, AttributeError, OSError, StopIteration) as fault:
        sys.exit(f"Does NOT hold: {fault if isinstance(fault, Wrong) else f'malformed, {fault!r}'}")


if __name__ == "__main__":
    main()
