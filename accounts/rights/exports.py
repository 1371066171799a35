"""Archives of everything about an account: asked for, built by a worker, sealed, fetched by their person alone."""

import logging
import secrets
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from accounts.models import Export, Person
from socialvideo.lib import queue, sealing
from socialvideo.lib.archive import Archive
from socialvideo.lib.errors import Problem

log = logging.getLogger(__name__)
BUILD = "accounts.rights.tasks.build_export"
LEASE, ATTEMPTS = timedelta(minutes=5), 3
State = Export.State
Exporter = Callable[[Person, Archive], None]
"""What a dotted path in EXPORTERS names. The first adds what is secret, the last the manifest."""


class LeaseLost(Exception):
    """Another worker took the export over, or its person wants it no more."""


def ask(person: Person) -> Export:
    """Have an archive made; 409 while one is being made."""
    try:
        with transaction.atomic():
            made = Export.objects.create(person=person)
    except IntegrityError as error:
        raise Problem(409, "export_running", "An export is being made. Wait for it, or take it back.") from error
    queue.wake(BUILD, export_id=str(made.id))
    made.refresh_from_db()
    return made


def of_person(person: Person) -> QuerySet[Export]:
    """Return the person's exports."""
    return Export.objects.filter(person=person)


def find(person: Person, export_id: UUID) -> Export:
    """Return one of the person's exports, else the 404 problem."""
    row = of_person(person).filter(id=export_id).first()
    if row is None:
        raise Problem(404, "not_found", "You have no export of this id.")
    return row


def opened(person: Person, export_id: UUID) -> tuple[Export, Iterator[bytes]]:
    """Return an export with the bytes of its archive. 404; 409 until it is made; 410 once it is gone."""
    row = find(person, export_id)
    if row.state in (State.QUEUED, State.IN_PROGRESS):
        raise Problem(409, "export_running", "This export is being made. Ask for its progress.")
    there = of_person(person).filter(id=row.id, state=State.COMPLETED, expires_at__gt=Now()).first()
    if there is None or there.key is None:
        raise Problem(410, "export_gone", "This export is there no more. Ask for a new one.")
    try:
        return there, sealing.opened(default_storage.open(there.file), bytes(there.key))
    except FileNotFoundError as error:
        raise Problem(410, "export_gone", "This export is there no more. Ask for a new one.") from error


def drop(person: Person, export_id: UUID) -> None:
    """Take an export back, made or not; 404."""
    _void(of_person(person).filter(id=find(person, export_id).id))


def void(person_id: UUID) -> None:
    """Make every archive of a person noise, in the caller's transaction: they hold what is just ending."""
    _void(Export.objects.filter(person=person_id))


def void_all() -> None:
    """Make every archive of everybody noise, in the caller's transaction."""
    _void(Export.objects.all())


def erase(person_id: UUID) -> None:
    """Remove the person's archives from storage, and their rows."""
    rows = Export.objects.filter(person=person_id)
    _remove(rows)
    rows.delete()


def sweep() -> None:
    """Make noise of what is expired, remove its bytes, and wake workers for what waits too long."""
    _void(Export.objects.filter(state=State.COMPLETED, expires_at__lte=Now()))
    _remove(Export.objects.filter(state__in=[State.EXPIRED, State.FAILED]).exclude(file=""))
    Export.objects.filter(_orphaned(), attempts__gte=ATTEMPTS).update(state=State.FAILED, completed_at=Now())
    waiting = Q(state=State.QUEUED, created_at__lt=Now() - timedelta(seconds=30)) | _orphaned()
    for export_id in Export.objects.filter(waiting).values_list("id", flat=True)[:100]:
        queue.wake(BUILD, export_id=str(export_id))


def build(export_id: UUID) -> bool:
    """Build the archive unless somebody is at it; return whether it is made. If we are killed, another begins anew."""
    taken = Export.objects.filter(Q(state=State.QUEUED) | _orphaned(), id=export_id, attempts__lt=ATTEMPTS)
    name = f"exports/{secrets.token_hex(16)}"
    former = taken.values_list("file", flat=True).first()
    claim = {"state": State.IN_PROGRESS, "progress": 0, "attempts": F("attempts") + 1, "file": name}
    if not taken.update(**claim, lease_until=Now() + LEASE):
        return False
    if former:
        default_storage.delete(former)
    row = Export.objects.select_related("person").get(id=export_id)
    try:
        _store(row, name)
    except LeaseLost:
        default_storage.delete(name)
        return False
    return True


def _store(row: Export, name: str) -> None:
    archive, key = Archive(), sealing.new_key()
    try:
        for place, dotted in enumerate(settings.EXPORTERS):
            exporter: Exporter = import_string(dotted)
            exporter(row.person, archive)
            _report(row, 90 * (place + 1) // len(settings.EXPORTERS))
        archive.seal()
        with tempfile.TemporaryFile() as file:  # sealed before it touches the disk
            file.writelines(sealing.sealed(archive, key))
            file.seek(0)
            default_storage.save(name, File(file))
        expires_at = Now() + timedelta(days=settings.EXPORT_DAYS)
        done = {"state": State.COMPLETED, "key": key, "size_bytes": archive.size}
        _report(row, 100, **done, completed_at=Now(), expires_at=expires_at)
    finally:
        archive.close()


def _report(row: Export, progress: int, **fields: object) -> None:
    own = Export.objects.filter(id=row.id, state=State.IN_PROGRESS, file=row.file)
    if not own.update(**{"progress": progress, "lease_until": Now() + LEASE, **fields}):
        raise LeaseLost


def _void(rows: QuerySet[Export]) -> None:
    rows.exclude(state__in=[State.EXPIRED, State.FAILED]).update(state=State.EXPIRED, key=None)


def _remove(rows: QuerySet[Export]) -> None:
    names = list(rows.exclude(file="").values_list("file", flat=True))
    for name in names:
        default_storage.delete(name)
    rows.filter(file__in=names).update(file="")


def _orphaned() -> Q:
    return Q(state=State.IN_PROGRESS, lease_until__lt=Now())
