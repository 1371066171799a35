"""Reading a stored film by parts: at once what the page cache holds, in a thread what has to be fetched.

In S3, one request for the range that is sent: django-storages' own file would fetch the whole object at the first read.
"""

import contextlib
import io
import os
import posixpath
from collections.abc import Iterator
from typing import IO, Any, Protocol, Self

from asgiref.sync import sync_to_async
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import default_storage

from feed.ranges import Span

# Linux; elsewhere every part is read in a thread.
NOWAIT: int = getattr(os, "RWF_NOWAIT", 0)


class Source(Protocol):
    """Stored bytes, open for one request. What blocks is called in a thread."""

    size: int

    def begin(self, span: Span) -> None:
        """Get ready to read this part. Raises FileNotFoundError."""

    def read(self, place: int, most: int) -> bytes:
        """Return at most ``most`` bytes from ``place`` on, within the part; none at the end."""

    def number(self) -> int | None:
        """Return a file's descriptor that can be read without waiting; None for what lies elsewhere."""

    def __enter__(self) -> Self:
        """Close it at the end of the block."""

    def __exit__(self, *raised: object) -> None:
        """Close it."""


class Filed:
    """A file, or whatever can be sought in."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.size = size
        self._file = file

    def begin(self, span: Span) -> None:
        """Do nothing."""

    def read(self, place: int, most: int) -> bytes:
        """Read on at ``place``."""
        self._file.seek(place)
        return self._file.read(most)

    def number(self) -> int | None:
        """Return the descriptor; the first byte is tried."""
        try:
            number = self._file.fileno()
            os.preadv(number, [bytearray(1)], 0, NOWAIT)
        except BlockingIOError:
            return number
        except (OSError, io.UnsupportedOperation, AttributeError):
            return None
        return number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()


class Remote:
    """An object in a bucket, of which one range is fetched."""

    def __init__(self, client: Any, bucket: str, key: str, size: int | None) -> None:
        # Clients may be used by several threads, boto3's objects may not.
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}
        self._body: Any = None
        self.size = self._length() if size is None else size

    def begin(self, span: Span) -> None:
        """Ask for the range; its bytes come as they are read."""
        with _missing():
            wanted = f"bytes={span.start}-{span.stop - 1}"
            self._body = self._client.get_object(**self._place, Range=wanted)["Body"]

    def read(self, place: int, most: int) -> bytes:
        """Read on; ``place`` is where the last part ended."""
        part: bytes = self._body.read(most)
        return part

    def number(self) -> int | None:
        """Return nothing: it has to be fetched."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._body is not None:
            self._body.close()

    def _length(self) -> int:
        with _missing():
            return int(self._client.head_object(**self._place)["ContentLength"])


class Unreachable(Exception):
    """The bucket does not answer, or refuses us."""


@contextlib.contextmanager
def _missing() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise FileNotFoundError from error
        raise Unreachable from error
    except BotoCoreError as error:
        raise Unreachable from error


def opened(name: str, size: int | None) -> Source:
    """Open a stored file of a known size (None: the storage is asked). Raises FileNotFoundError."""
    bucket = getattr(default_storage, "bucket", None)
    if bucket is not None:
        key = posixpath.join(default_storage.location, name)  # type: ignore[attr-defined]
        return Remote(bucket.meta.client, bucket.name, key, size)
    file = default_storage.open(name)
    return Filed(file, file.size)


class Reader:
    """Reads one part of ``source`` to its end."""

    def __init__(self, source: Source, span: Span, largest: int) -> None:
        self._source, self._span = source, span
        self._place = span.start
        self._buffer = memoryview(bytearray(largest))
        self._number = source.number() if NOWAIT else None

    async def begin(self) -> None:
        """Get ready, so that what is not there is known before anything is sent. Raises FileNotFoundError."""
        if self._number is None:
            await sync_to_async(self._source.begin, thread_sensitive=False)(self._span)

    async def read(self, most: int) -> bytes:
        """Return the next bytes, at most ``most`` and ``largest``; none at the end of the file."""
        part = self._cached(most) or await sync_to_async(self._fetched, thread_sensitive=False)(most)
        self._place += len(part)
        return part

    def _cached(self, most: int) -> bytes:
        """Return what can be had without waiting; nothing where that cannot be told."""
        if self._number is None:
            return b""
        with contextlib.suppress(BlockingIOError):
            count = os.preadv(self._number, [self._buffer[:most]], self._place, NOWAIT)
            return bytes(self._buffer[:count])
        return b""

    def _fetched(self, most: int) -> bytes:
        return self._source.read(self._place, min(most, len(self._buffer)))
