"""A zip archive that is written member by member in bounded memory, and the SHA-256 of each member."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

IN_MEMORY = 4 * 2**20
"""Bytes of an archive that are held in memory; what is beyond lies in a file without a name."""
READ = 64 * 1024


class Archive:
    """Members are added one after another; once it is sealed, its bytes are read by iterating over it."""

    def __init__(self) -> None:
        self.members: list[dict[str, object]] = []
        self.size = 0
        # What is secret lies in no file, for a file may outlive the photo's key.
        self._secret = io.BytesIO()
        self._rest: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed by ``close``)
        self._sink = _Sink(self._secret)
        self._zip = ZipFile(self._sink, "w", ZIP_DEFLATED)

    def add(self, name: str, chunks: Iterable[bytes], *, secret: bool = False) -> None:
        """Add one member. A ``secret`` one is kept in memory alone and must come before all that is not."""
        if secret and self._sink.to is self._rest:
            raise ValueError("what is secret comes first")
        self._sink.to = self._secret if secret else self._rest
        digest, size = hashlib.sha256(), 0
        with self._zip.open(ZipInfo(name), "w") as member:
            for chunk in chunks:
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.members.append({"name": name, "size": size, "sha256": digest.hexdigest()})

    def seal(self) -> None:
        """Write the directory of the archive: it is whole now, of ``size`` bytes."""
        self._sink.to = self._rest
        self._zip.close()
        self.size = self._secret.tell() + self._rest.tell()

    def __iter__(self) -> Iterator[bytes]:
        for part in (self._secret, self._rest):
            part.seek(0)
            while chunk := part.read(READ):
                yield chunk

    def close(self) -> None:
        """Forget it all, sealed or not."""
        self._zip.close()
        self._secret.close()
        self._rest.close()


class _Sink(io.RawIOBase):
    """Where the archive's bytes go; it cannot be sought in, so that members are written in one pass."""

    def __init__(self, to: IO[bytes]) -> None:
        self.to = to

    def writable(self) -> bool:
        """Bytes can be written."""
        return True

    def write(self, chunk: Any) -> int:
        """Pass the bytes on."""
        return self.to.write(chunk)


def document(members: Mapping[str, object]) -> Iterator[bytes]:
    """Yield a JSON object; a member that is an iterator becomes a list that is never whole in memory, a row a line."""
    begin = b"{\n"
    for name, value in members.items():
        yield begin + orjson.dumps(name) + b": "
        yield from _rows(value) if isinstance(value, Iterator) else [_json(value)]
        begin = b",\n"
    yield b"\n}\n"


def _rows(rows: Iterator[object]) -> Iterator[bytes]:
    begin = b"[\n"
    for row in rows:
        yield begin + _json(row)
        begin = b",\n"
    yield b"[]" if begin == b"[\n" else b"\n]"


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z, default=str)
