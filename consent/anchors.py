"""Anchors: the ledger's newest signed checkpoint, kept outside the database, so that an older database is noticed.

One copy lies beside the database (``LEDGER_ANCHOR_FILE``), one in object storage (``anchors/``). An anchor is written
after the commit of everything but uses, and before the reply: a reply to a withdrawal is only sent once a restore of an
older backup can no longer undo it unnoticed. Uses move it every 64 leaves. It never goes back.
"""

import fcntl
import json
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from consent import keys, nodes
from consent.models import LedgerHead
from socialvideo.lib.clock import rfc3339, wall_now
from socialvideo.lib.errors import Problem

log = logging.getLogger(__name__)

FOLDER = "anchors"
Known = set[tuple[int, bytes]]
"""Trees, by size and root, that were found in this database."""
Unwritable = (OSError, BotoCoreError, ClientError)


class Refused(Exception):
    """This database must not be served. The text says why, and what to do."""


@dataclass(frozen=True)
class Anchor:
    """A checkpoint as it was kept, and where."""

    size: int
    root: bytes
    key_id: str
    at: str
    place: str
    said: Mapping[str, object]


def keep(*, size: int, root: bytes) -> None:
    """Keep the checkpoint of this tree in both places, unless a newer one of the same tree is there.

    Raises the 503 problem when it could be written to neither place, or when what is there is of another ledger.
    """
    said = keys.signed({"tree_size": size, "root_hash": root.hex(), "timestamp": rfc3339(wall_now())})
    failures, known = 0, Known()
    for write in (_write_file, _write_storage):
        try:
            write(size, said, known)
        except Unwritable as error:
            failures += 1
            log.error("the ledger's anchor of size %d could not be kept (%s): %s", size, write.__name__, error)
        except Refused as refused:
            log.critical("%s", refused)
            raise _unanchored() from refused
    if failures == 2:
        raise _unanchored()


def newest() -> Anchor | None:
    """Return the newest anchor of both places; Refused when one is there that we did not sign."""
    with _alone():
        kept = [one for one in (_read_file(), _read_storage()) if one]
    return max(kept, key=lambda one: one.size, default=None)


def check() -> None:
    """Raise Refused unless the database's ledger goes on from the newest anchor, under the key that signs it."""
    head = LedgerHead.objects.get(id=1)
    if head.key_id and not settings.LEDGER_KEY_FILE.exists():
        raise Refused(f"The key that signs the ledger is not at {settings.LEDGER_KEY_FILE}. {keys.MEND_KEY}")
    try:
        keys.signer(head.key_id)
    except keys.KeyChanged as changed:
        raise Refused(str(changed)) from changed
    anchor = newest()
    if anchor:
        _require_same(anchor, head.size)
    elif head.size:
        log.warning("no anchor of the ledger was kept; the next change of a grant makes one")


def guard() -> None:
    """End this process with a sentence that says what to do, unless ``check`` finds the database fit to be served."""
    try:
        check()
    except Refused as refused:
        raise SystemExit(f"Refusing to start. {refused}") from None


def renew() -> int:
    """Check, then anchor what is there now; return its size. Raises Refused."""
    check()
    head = LedgerHead.objects.get(id=1)
    keep(size=head.size, root=nodes.root_at(head.size))
    return head.size


def reset(*, size: int, root: bytes) -> None:
    """Put the anchors aside and keep this one, though it may be older. Only for ``recovery``."""
    file = settings.LEDGER_ANCHOR_FILE
    aside = f"{wall_now():%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    with _alone():
        if file.exists():
            file.rename(file.with_name(f"{file.stem}-aside-{aside}{file.suffix}"))
    for name in _stored():
        default_storage.save(f"{FOLDER}/aside-{aside}-{name}", ContentFile(_stored_bytes(name)))
        default_storage.delete(f"{FOLDER}/{name}")
    keep(size=size, root=root)


def _require_same(anchor: Anchor, size: int) -> None:
    """Raise Refused unless the database's first ``anchor.size`` leaves are those of the anchor."""
    if size >= anchor.size and nodes.root_at(anchor.size) == anchor.root:
        return
    found = f"has {size} leaves" if size < anchor.size else f"differs within its first {anchor.size} leaves"
    raise Refused(
        f"The ledger in this database {found}, but {anchor.size} were anchored at {anchor.at} ({anchor.place}): an"
        " older backup was restored, and withdrawals that people were promised may be missing in it. Restore a newer"
        " backup, or replay the write-ahead log up to that time. If there is none:"
        f" manage.py ledger accept-loss --size {size} ends every standing grant and erases every likeness, for"
        " nobody can tell which were withdrawn, and then starts can go on. If this is another database on purpose,"
        " give it a VAR (and a storage) of its own."
    )


def _write_file(size: int, said: Mapping[str, object], known: Known) -> None:
    file = settings.LEDGER_ANCHOR_FILE
    with _alone():
        if not _goes_on(_read_file(), size, known):
            return
        draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        with draft.open("wb") as stream:
            stream.write(keys.canonical(said))
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _write_storage(size: int, said: Mapping[str, object], known: Known) -> None:
    """Write under a name that carries the size, then drop the smaller ones: no moment is without an anchor."""
    # A folder as storage shows a file while it is being written; S3 does not.
    with _alone():
        if not _goes_on(_read_storage(), size, known):
            return
        default_storage.save(f"{FOLDER}/{_name(size)}", ContentFile(keys.canonical(said)))
        for name in _stored():
            if name < _name(size):
                default_storage.delete(f"{FOLDER}/{name}")


def _goes_on(kept: Anchor | None, size: int, known: Known) -> bool:
    """Tell whether a tree of ``size`` should replace what is kept; Refused when that is of another ledger.

    Without this a database that was restored under running processes would soon overwrite the proof of it. Both places
    mostly hold the same tree, which is proved once.
    """
    if kept and (kept.size, kept.root) not in known:
        _require_same(kept, LedgerHead.objects.get(id=1).size)
        known.add((kept.size, kept.root))
    return kept is None or kept.size < size


def _read_file() -> Anchor | None:
    file = settings.LEDGER_ANCHOR_FILE
    return _read(file.read_bytes(), str(file)) if file.exists() else None


def _read_storage() -> Anchor | None:
    for name in reversed(_stored()):
        # Another machine may just have put a newer one in its place.
        with suppress(FileNotFoundError):
            return _read(_stored_bytes(name), f"{FOLDER}/{name} in storage")
    return None


def _read(said: bytes, place: str) -> Anchor:
    try:
        content = json.loads(said)
        root = bytes.fromhex(content["root_hash"])
        key_id, at = content["signature"]["key_id"], content["timestamp"]
        anchor = Anchor(content["tree_size"], root, key_id, at, place, content)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{place} is no anchor of the ledger ({error!r}). Bring back its own content.") from error
    if not keys.holds(content):
        raise Refused(f"{place} was not signed by our key {keys.key_id()} (but {anchor.key_id}). {keys.MEND_KEY}")
    return anchor


def _stored() -> list[str]:
    """The names of the anchors in storage, smallest tree first."""
    try:
        names = default_storage.listdir(FOLDER)[1]
    except FileNotFoundError:
        return []
    return sorted(name for name in names if name.startswith("ledger-"))


def _stored_bytes(name: str) -> bytes:
    with default_storage.open(f"{FOLDER}/{name}") as file:
        content: bytes = file.read()
    return content


def _name(size: int) -> str:
    return f"ledger-{size:015d}.json"


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the anchor file against the other processes of this machine."""
    lock = settings.LEDGER_ANCHOR_FILE.with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _unanchored() -> Problem:
    detail = "It is done and holds, but could not be anchored outside the database. Read it again in a minute."
    return Problem(503, "anchor_unavailable", detail)
