"""Receiving one part. The row is the truth of how much is stored; each step is on the disk before the row says so.

A request that writes takes the upload's fence, reads a step from the network while it holds nothing, and stores it
under the row's lock if the fence is still its own. So a request that hangs in a dead connection is passed by the next
one, and no two ever write at once. What a killed server wrote behind the row's offset is written over.
"""

import errno
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from socialvideo.lib.errors import Problem
from worker import incoming
from worker.models import Upload
from worker.rules import UploadStatus
from worker.uploads import arriving, dialects, rules, sessions
from worker.uploads.arriving import Readable
from worker.uploads.dialects import Dialect, Part

# As much as a killed server can lose, and as a request holds in memory.
STEP = 1024 * 1024
SLOTS = threading.BoundedSemaphore(settings.UPLOAD_PARTS_AT_ONCE)


class Passed(Exception):
    """Another request writes this upload now, or it has ended."""


@dataclass
class Writing:
    """A request that may write: its upload, its fence, where the file begins to be its own, and how much is stored."""

    upload_id: UUID
    file: str
    size: int
    fence: int
    start: int
    stored: int


def receive(upload: Upload, part: Part, body: Readable, *, dialect: Dialect, host: str) -> int:
    """Store a part and return how many bytes are stored; what came before a connection was cut is kept.

    Raises the 409 problem, with the right offset, for a part that does not begin where the stored bytes end. Ours may
    be sent again: what is stored of it is passed over. 460 for a wrong checksum. ``host``: whom the bytes come from.
    """
    if part.offset + part.length > upload.size_bytes:
        raise Problem(413, "part_too_long", f"The file was declared to have {upload.size_bytes} bytes.")
    if part.is_last and part.offset + part.length != upload.size_bytes:
        raise dialects.inconsistent(dialect)
    with _slot():
        writing = _taken(sessions.heal(upload), part, dialect)
        if writing is None:
            return upload.size_bytes
        try:
            _pour(writing, part, arriving.pieces(body, part.length, host))
        except Passed as passed:
            raise _mismatch(upload.id, part, dialect) from passed
        return writing.stored


def _taken(upload: Upload, part: Part, dialect: Dialect) -> Writing | None:
    """Take the fence and return what may be written; None for a part that is wholly stored."""
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(id=upload.id)
        sessions.require_going_on(row)
        if row.multipart:
            raise Problem(409, "upload_direct", "The bytes of this upload go to storage. See its parts.")
        if part.offset > row.received or (dialect.is_strict and part.offset != row.received):
            raise dialects.mismatch(dialect, expected=row.received, provided=part.offset)
        if part.offset + part.length <= row.received and row.status != UploadStatus.RECEIVING:
            return None
        Upload.objects.filter(id=row.id).update(fence=F("fence") + 1, touched_at=Now())
    return Writing(row.id, row.file, row.size_bytes, row.fence + 1, row.received, row.received)


def _pour(writing: Writing, part: Part, pieces: Iterator[bytes]) -> None:
    """Store the pieces step by step, from where the stored bytes end."""
    _give_back()
    digest = hashlib.new(part.checksum[0], usedforsecurity=False) if part.checksum else None
    place, waiting = part.offset, bytearray()
    for piece in pieces:
        if digest:
            digest.update(piece)
        waiting += piece[max(0, writing.stored + len(waiting) - place) :]
        place += len(piece)
        # The last step waits for the checksum, so that a file is never whole before its parts are right.
        if len(waiting) > STEP:
            _store(writing, bytes(waiting[:STEP]))
            del waiting[:STEP]
    if digest and part.checksum and place == part.offset + part.length and digest.digest() != part.checksum[1]:
        _take_back(writing)
    _store(writing, bytes(waiting))


def _store(writing: Writing, content: bytes) -> None:
    """Put a step on the disk, then say so; with the last one the upload is whole. Raises Passed."""
    with transaction.atomic():
        _own(writing)
        if content:
            _write(writing, content)
        end = writing.stored + len(content)
        told: dict[str, Any] = {"received": end, "progress": rules.received(end, writing.size), "touched_at": Now()}
        Upload.objects.filter(id=writing.upload_id).update(**told)
        if end == writing.size:
            sessions.whole(writing.upload_id, fence=writing.fence)
    writing.stored = end
    _give_back()


def _give_back() -> None:
    """Keep no connection to the database from others while the network is waited for."""
    if not connection.in_atomic_block:
        connection.close()


def _write(writing: Writing, content: bytes) -> None:
    try:
        incoming.write(writing.file, writing.stored, content)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        headers = {"Retry-After": "60"}
        raise Problem(507, "storage_full", "There is no room for it now. Try again later.", headers=headers) from error


def _take_back(writing: Writing) -> None:
    """Forget what this request stored, for its checksum is wrong."""
    with transaction.atomic():
        _own(writing)
        Upload.objects.filter(id=writing.upload_id).update(received=writing.start)
    offset = {"Upload-Offset": str(writing.start)}
    raise Problem(460, "checksum_mismatch", "The part is not as its checksum says. Send it again.", headers=offset)


def _own(writing: Writing) -> None:
    """Hold the row if this request may still write it; raises Passed."""
    mine = Upload.objects.select_for_update().filter(
        id=writing.upload_id, fence=writing.fence, status=UploadStatus.RECEIVING, received=writing.stored
    )
    if not list(mine.values_list("id")):
        raise Passed


def _mismatch(upload_id: UUID, part: Part, dialect: Dialect) -> Problem:
    stored = Upload.objects.values_list("received", flat=True).get(id=upload_id)
    return dialects.mismatch(dialect, expected=stored, provided=part.offset)


@contextmanager
def _slot() -> Iterator[None]:
    """Keep some of the server's threads for everybody else: 503 while all that parts may have are busy."""
    if not SLOTS.acquire(blocking=False):
        raise Problem(503, "uploads_busy", "Many uploads arrive. Try again.", headers={"Retry-After": "2"})
    try:
        yield
    finally:
        SLOTS.release()
