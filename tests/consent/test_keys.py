"""The service's key: made once, kept to itself, and what it signs can be checked by anybody."""

import base64
import hashlib
import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pytest_django import Settings

from consent import keys


@pytest.fixture
def key_file(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A place for a key of this test's own."""
    settings.LEDGER_KEY_FILE = tmp_path / "keys" / "ledger"
    keys.private_key.cache_clear()
    yield settings.LEDGER_KEY_FILE
    keys.private_key.cache_clear()


def published() -> Ed25519PublicKey:
    """The public key as anybody reads it."""
    key = load_pem_public_key(keys.public_pem().encode())
    assert isinstance(key, Ed25519PublicKey)
    return key


def test_the_key_is_made_once_and_only_its_owner_reads_it(key_file: Path) -> None:
    first = keys.private_key().private_bytes_raw()
    assert key_file.read_bytes() == first
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    keys.private_key.cache_clear()
    assert keys.private_key().private_bytes_raw() == first


def test_a_file_that_is_no_key_is_refused(key_file: Path) -> None:
    key_file.parent.mkdir()
    key_file.write_bytes(b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        keys.private_key()


def test_the_key_id_is_of_the_published_key() -> None:
    assert keys.key_id() == hashlib.sha256(published().public_bytes_raw()).hexdigest()[:16]


def test_a_signature_is_over_the_canonical_bytes_of_the_rest() -> None:
    signed = keys.signed({"b": [1, None], "a": "ö"})
    signature = signed.pop("signature")
    assert isinstance(signature, dict)
    assert (signature["algorithm"], signature["key_id"]) == ("Ed25519", keys.key_id())
    published().verify(base64.b64decode(signature["value"]), '{"a":"ö","b":[1,null]}'.encode())


def test_canonical_bytes_are_sorted_json_without_spaces_in_utf8() -> None:
    content = {"z": {"y": 1, "x": True}, "a": "“é”", "t": datetime(2026, 1, 2, tzinfo=UTC)}
    plain = {**content, "t": "2026-01-02T00:00:00Z"}
    expected = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert keys.canonical(content) == expected
