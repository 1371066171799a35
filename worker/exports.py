"""Everything about one person's likeness in one archive, for that person: what consent holds, and the videos."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Person
from consent import audit, exports, keys
from consent.models import PermitSubject
from socialvideo.lib.archive import Archive, document
from socialvideo.lib.clock import rfc3339, wall_now
from worker import standing, storage
from worker.models import Depiction, Job, Rendition, Subtitles, Upload, Video
from worker.rules import Origin

README = """Everything that socialvideo holds about your likeness.

photo.jpg       the photo that you enrolled, if one is enrolled now
likeness.json   enrolments, grants and asks both ways, every use and what was tried, withdrawals, videos that show you
receipts/       the signed receipts of your grants and withdrawals, one a file
ledger-key.pem  the key that signed them
manifest.json   the SHA-256 of every file here, signed by that key

To check a receipt: python verify_receipt.py receipts/<file> --key ledger-key.pem
To check all files: python verify_export.py FOLDER
"""


def export(person: Person) -> Archive:
    """Return the archive, sealed, of one state of the database. The caller closes it."""
    archive = Archive()
    with ExitStack() as undone:
        undone.callback(archive.close)
        with audit.frozen():
            _fill(archive, person)
        add_manifest(person, archive)
        archive.seal()
        undone.pop_all()
    return archive


def add_likeness(person: Person, archive: Archive) -> None:
    """Add the same below ``likeness/`` to an archive of the whole account: first of all, for the photo is secret."""
    with audit.frozen():
        _fill(archive, person, below="likeness/")


def add_videos(person: Person, archive: Archive) -> None:
    """Add the person's own videos: the files of those that show nobody else.

    A copy in an archive outlives every withdrawal, so what shows others is listed and never packed.
    """
    made = Video.objects.filter(owner=person).annotate(stands=standing.standing()).select_related("owner")
    archive.add("videos/videos.json", document({"videos": map(_video, exports.oldest(made))}))
    others = Depiction.objects.filter(video=OuterRef("pk")).exclude(subject=person)
    alone = made.filter(~Exists(others), stands=True, purged_at=None).annotate(best=_largest()).order_by("pk")
    packed = []
    for video_id, best in alone.values_list("id", "best").iterator(exports.AT_ONCE):
        archive.add(f"videos/{video_id}.mp4", storage.chunks(best))
        packed.append(video_id)
    for track in Subtitles.objects.filter(video__in=packed).order_by("pk").iterator(exports.AT_ONCE):
        archive.add(f"videos/{track.video_id}.{track.language}.vtt", [track.text.encode()])
    archive.add("videos/uploads.json", document({"uploads": map(_upload, exports.oldest(_uploads(person)))}))
    archive.add("videos/jobs.json", document({"jobs": map(_job, exports.oldest(_asked(person)))}))


def _largest() -> Coalesce:
    """The file of an upload's largest MP4; what was made here is largest as it was sealed."""
    kept = Rendition.objects.filter(video=OuterRef("pk"), video__origin=Origin.UPLOADED, kind=Rendition.Kind.MP4)
    return Coalesce(Subquery(kept.order_by("-rung").values("file")[:1]), "file")


def _uploads(person: Person) -> QuerySet[Upload]:
    return Upload.objects.filter(owner=person)


def _upload(row: Upload) -> exports.Row:
    names = ("id", "name", "media_type", "size_bytes", "status", "failure_code", "created_at", "ended_at")
    return {name: getattr(row, name) for name in names} | {"sha256": bytes(row.digest).hex(), "video": row.video_id}


def add_manifest(person: Person, archive: Archive) -> None:
    """Add the SHA-256 of every file so far, signed; last of all."""
    manifest = {"person": str(person.id), "made_at": rfc3339(wall_now()), "files": archive.members}
    archive.add("manifest.json", [keys.canonical(keys.signed(manifest))])


def _fill(archive: Archive, person: Person, below: str = "") -> None:
    photo = exports.photo(person)
    if photo is not None:
        archive.add(f"{below}photo.jpg", [photo], secret=True)
    archive.add(f"{below}README.txt", [README.encode()])
    told = {
        "photo": "photo.jpg" if photo else None,
        "jobs": map(_job, _jobs(person)),
        "videos": map(_video, _videos(person)),
    }
    archive.add(f"{below}likeness.json", document(exports.sections(person) | told))
    for name, receipt in exports.files(person):
        archive.add(f"{below}{name}", [keys.canonical(receipt)])
    archive.add(f"{below}ledger-key.pem", [keys.public_pem().encode()])


def _asked(person: Person) -> QuerySet[Job]:
    """The jobs that the person asked for."""
    return Job.objects.filter(requester=person).select_related("requester")


def _jobs(person: Person) -> Iterator[Job]:
    """The jobs that were permitted to depict the person."""
    theirs = PermitSubject.objects.filter(permit=OuterRef("permit"), subject=person)
    return exports.oldest(Job.objects.filter(Exists(theirs)).select_related("requester"))


def _job(row: Job) -> exports.Row:
    wish = {name: row.spec[name] for name in ("prompt", "purpose", "audience", "engine")}
    times = {"created_at": row.created_at, "ended_at": row.ended_at}
    return {
        "id": row.id,
        "requester_handle": row.requester.handle,
        **wish,
        "status": row.status,
        "video": row.video_id,
        **times,
    }


def _videos(person: Person) -> Iterator[Video]:
    """The videos that were made of the person, those that are gone included."""
    theirs = Depiction.objects.filter(video=OuterRef("pk"), subject=person)
    rows = Video.objects.filter(Exists(theirs)).annotate(stands=standing.standing()).select_related("owner")
    return exports.oldest(rows)


def _video(row: Any) -> exports.Row:
    made = {"maker_handle": row.owner.handle, "prompt": row.prompt, "engine": row.engine, "remix_of": row.remix_of_id}
    bytes_of = {"sha256": bytes(row.content_digest).hex(), "purged_at": row.purged_at}
    gone = "taken_down" if row.taken_down_at else "withdrawn"
    return {
        "id": row.id,
        "state": "available" if row.stands else gone,
        **made,
        **bytes_of,
        "created_at": row.created_at,
    }
