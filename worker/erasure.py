"""What this room erases of somebody who left: their films and uploads, the films of them, every wish in their words."""

from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.rights.erasers import Counts, Eraser, Kept
from worker import storage
from worker.models import Depiction, Job, Unsealed, Upload, Video
from worker.rules import OPEN, Status
from worker.uploads import sessions

UNSAID = """UPDATE worker_job SET spec = jsonb_set(spec, '{prompt}', '""'), failure_detail = ''
    WHERE requester_id = %s AND (spec ->> 'prompt' <> '' OR failure_detail <> '')"""
OTHERS = "others remixed, reviewed or reported them: their records point here; no picture, no words, ids alone"


def _count(person_id: UUID) -> Counts:
    return {
        "videos": _films(person_id).count(),
        "prompts": _prompts(person_id).count() + _wishes(person_id).count(),
        "open jobs": _open(person_id).count(),
        "unfinished files": _unsealed(person_id).count(),
        "uploaded files": _uploaded(person_id).count(),
    }


def _erase(person_id: UUID) -> None:
    _open(person_id).update(status=Status.CANCELLED_CONSENT, ended_at=Now())
    storage.purge_these(_films(person_id))
    storage.drop(_unsealed(person_id).values_list("name", flat=True))
    _unsealed(person_id).delete()
    for upload in _uploaded(person_id):
        sessions.remove_bytes(upload)
    # Their rows go with the person; what writes or works on them meanwhile finds them gone.
    Upload.objects.filter(owner=person_id).delete()
    _prompts(person_id).update(prompt="")
    with connection.cursor() as cursor:
        cursor.execute(UNSAID, [person_id])


def _films(person_id: UUID) -> QuerySet[Video]:
    """The videos that they made, and those that show them, whose bytes are still there."""
    shown = Exists(Depiction.objects.filter(video=OuterRef("pk"), subject=person_id))
    return Video.objects.filter(Q(owner=person_id) | Q(shown), purged_at=None)


def _prompts(person_id: UUID) -> QuerySet[Video]:
    return Video.objects.filter(owner=person_id).exclude(prompt="")


def _wishes(person_id: UUID) -> QuerySet[Job]:
    return Job.objects.filter(requester=person_id).exclude(spec__prompt="", failure_detail="")


def _open(person_id: UUID) -> QuerySet[Job]:
    return Job.objects.filter(requester=person_id, status__in=OPEN)


def _unsealed(person_id: UUID) -> QuerySet[Unsealed]:
    whose = Q(job__requester=person_id) | Q(upload__owner=person_id) | Q(ladder__video__owner=person_id)
    return Unsealed.objects.filter(whose)


def _uploaded(person_id: UUID) -> QuerySet[Upload]:
    """Uploads whose received bytes are still there."""
    return Upload.objects.filter(owner=person_id).exclude(file="")


FILMS = Eraser(
    count=_count,
    erase=_erase,
    kept=(
        Kept(Video, lambda one: Video.objects.filter(owner=one), OTHERS),
        Kept(Depiction, lambda one: Depiction.objects.filter(subject=one), OTHERS),
        Kept(Job, lambda one: Job.objects.filter(requester=one), OTHERS),
    ),
)
