"""Searching everything that a running house wrote for traces of telephone numbers, in whatever shape."""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

from accounts.discovery import sealing, voprf
from accounts.discovery.prefixes import prefix
from accounts.discovery.signer import USES

DIGITS = re.compile(rb"[0-9]{9,20}")
SPACED = re.compile(rb"[+0(]?[0-9(][0-9 ().\-/]{7,24}[0-9]")
# The shortest needle in hexadecimal: a number's twelve digits as bytes. Longer ones are looked at where they begin so.
START = 24
HEX = re.compile(rb"[0-9a-fA-F]{24,}")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


class Needles:
    """What numbers look like: written, hashed, keyed, tagged; in hexadecimal, base64 and plain digits."""

    def __init__(self, numbers: Iterable[str], keys: Iterable[bytes] = (), tags: Iterable[bytes] = ()) -> None:
        self.digits: dict[bytes, str] = {}
        self.hex: dict[bytes, str] = {}
        self.starts: dict[bytes, list[bytes]] = {}
        self.base64: dict[bytes, str] = {}
        keys = list(keys)
        for number in numbers:
            self._spell(number)
            for spelling in (number.encode(), number[1:].encode()):
                self._bytes(spelling, f"{number} as bytes")
                for kind in ("md5", "sha1", "sha256"):
                    self._bytes(hashlib.new(kind, spelling).digest(), f"{kind} of {number}")
                for key in keys:
                    self._bytes(hmac.digest(key, spelling, "sha256"), f"keyed hash of {number}")
        for tag in tags:
            self._bytes(tag, "a tag")
            self._bytes(tag[:16], "half a tag")
            self.digits[b"%d" % prefix(tag)] = "the prefix of a tag"

    def written(self, content: bytes) -> set[str]:
        """What of it stands in ``content`` in digits."""
        runs = {run.translate(None, b" ().-/+") for run in SPACED.findall(content)} | set(DIGITS.findall(content))
        return {self.digits[run] for run in runs & self.digits.keys()}

    def found(self, content: bytes) -> set[str]:
        """What of it stands in ``content``, in whatever shape."""
        found = self.written(content)
        found |= {self.base64[token] for token in set(BASE64.findall(content)) & self.base64.keys()}
        for run in {run.lower() for run in HEX.findall(content)}:
            starts = {run[place : place + START] for place in range(len(run) - START + 1)} & self.starts.keys()
            found |= {self.hex[needle] for start in starts for needle in self.starts[start] if needle in run}
        return found

    def _spell(self, number: str) -> None:
        """British numbers: country, then ten digits."""
        national = number[3:]
        for spelling in (number[1:], f"00{number[1:]}", f"0{national}", national):
            self.digits[spelling.encode()] = number

    def _bytes(self, content: bytes, what: str) -> None:
        needle = content.hex().encode()
        self.hex[needle] = what
        self.starts.setdefault(needle[:START], []).append(needle)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            self.base64[encode(content).rstrip(b"=")] = what


def dump(url: str) -> Iterator[tuple[str, bytes]]:
    """Every table of every schema, the broker's too, as PostgreSQL writes it out."""
    with psycopg.connect(url) as connection:
        tables = [row[0] for row in connection.execute(TABLES)]
        for table in tables:
            with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:  # type: ignore[call-overload]
                yield table, b"".join(bytes(part) for part in copy)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that the house wrote beside the database's own files."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and folder / "pg" not in file.parents and "keys" not in file.parent.name:
            yield str(file.relative_to(folder)), written(file)


def written(file: Path) -> bytes:
    """What stands in a file, without its holes: the streams' journeys stretch films to a gigabyte of nothing."""
    parts, hole = [], 0
    with file.open("rb") as source, suppress(OSError):  # after the last byte that was written there is no more data
        while True:
            place = os.lseek(source.fileno(), hole, os.SEEK_DATA)
            hole = os.lseek(source.fileno(), place, os.SEEK_HOLE)
            parts.append(os.pread(source.fileno(), hole - place, place))
    return b"\0".join(parts)


def raw(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The database's own files with its log of changes, where what was deleted may still stand."""
    for name in ("base", "pg_wal"):
        for file in sorted((folder / name).rglob("*")):
            if file.is_file():
                yield str(file.relative_to(folder)), file.read_bytes()


def secrets_of(folder: Path) -> list[bytes]:
    """Every key that the house has, as it lies on disk, and those that are derived from them."""
    files = [file for name in ("keys", "discovery-keys") for file in sorted((folder / name).iterdir())]
    keys = [file.read_bytes() for file in files]
    numbers = (folder / "keys" / "discovery_numbers").read_bytes()
    derived = [hmac.digest(numbers, use, "sha256") for use in (sealing.SEALS, sealing.DIGESTS)]
    seeds = [key for file, key in zip(files, keys, strict=True) if file.suffix == ".seed"]
    scalars = [voprf.derive_key(seed, use.encode()).to_bytes(32, "little") for seed in seeds for use in USES]
    return [*keys, *derived, *scalars]
