"""Jobs: submit, claim under a lease, report, end. Every move is one conditional UPDATE, so that two never both win."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts import notices
from accounts.models import Person
from accounts.notices import Told
from consent import permits
from consent.models import Permit
from consent.rules import NOBODY, Claim, Right
from socialvideo.lib import queue
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from socialvideo.lib.prepared import Statement
from worker.compositions import Kind
from worker.leases import LeaseLost
from worker.models import Depiction, Job, Video
from worker.rules import Status
from worker.specs import Spec

RUN = "worker.tasks.run_job"
PURGE = "worker.tasks.purge"
# Held in one order, and one statement: who uses these grants waits meanwhile.
CANCEL = Statement("""
UPDATE worker_job j SET status = 'cancelled_consent', ended_at = statement_timestamp() FROM (
    SELECT id FROM worker_job WHERE status IN ('queued', 'in_progress') AND permit_id IN (
        SELECT permit_id FROM consent_permitsubject WHERE grant_id = ANY(%(grants)s)) ORDER BY id FOR UPDATE) held
WHERE j.id = held.id RETURNING j.permit_id
""")
REFUSE = Statement("""
UPDATE worker_job j SET status = 'refused' FROM (
    SELECT w.id FROM worker_job w WHERE w.status = 'awaiting_review' AND (
        w.permit_id IN (SELECT permit_id FROM consent_permitsubject WHERE grant_id = ANY(%(grants)s))
        OR (SELECT count(*) > 0 FROM worker_video v JOIN consent_veto o ON o.video_id = ANY(v.lineage)
            WHERE v.id = w.video_id)) ORDER BY w.id FOR UPDATE) held
WHERE j.id = held.id
RETURNING j.id
""")


@dataclass(frozen=True)
class Claimed:
    """A job that this run owns as long as its fence is the newest."""

    job_id: UUID
    fence: int
    permit_id: UUID
    spec: Spec


def submit(*, requester: Person, spec: Spec, barred: bool = False) -> Job:
    """Queue one job if every subject's grant covers the spec; else the 403 problem, and nothing but that is stored.

    ``barred``: the author of a film that it is made from lets nobody do so. That is refused by the gate, too, in the
    same words and with a row and a leaf, as if the film showed somebody more, who granted nothing.
    """
    job_id = new_id()

    def write(permit: Permit) -> Job:
        job = Job.objects.create(id=job_id, requester=requester, permit=permit, spec=spec.stored())
        send(job_id)
        return job

    return permits.issue(
        requester=requester,
        subjects=spec.subjects,
        digest=spec.digest,
        wish=spec.wish(),
        job_id=job_id,
        effect=write,
        origin=_origin(requester, spec, barred),
    )


def _origin(requester: Person, spec: Spec, barred: bool) -> permits.Origin:
    """Return what is inherited: every depiction of every film that it is made from, and the films those came through.

    What is put together needs the right to stitch of everybody but who asks; a part of one's own film needs none.
    """
    if not spec.sources:
        return permits.NO_ORIGIN
    known = Video.objects.prefetch_related("depictions").in_bulk([video_id for video_id, _ in spec.sources])
    films = [known[video_id] for video_id, _ in spec.sources]
    claims = [claim for film in films for claim in film.claims()] + [Claim(NOBODY)] * barred
    inherited: dict[str, Any] = {
        "claims": tuple(dict.fromkeys(claims)),
        "lineage": _union(film.lineage for film in films),
    }
    if spec.composition is None:
        return permits.Origin(**inherited)
    is_own = spec.composition.kind is Kind.TRIM and {film.owner_id for film in films} == {requester.id}
    right = None if is_own else Right.STITCH
    return permits.Origin(**inherited, right=right, spares_requester=True, uses_photos=False)


def _union(lineages: Iterable[Sequence[UUID]]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(video_id for lineage in lineages for video_id in lineage))


def send(job_id: UUID) -> None:
    """Wake a worker at commit."""
    queue.wake(RUN, job_id=str(job_id))


def claim(job_id: UUID) -> Claimed | None:
    """Take the job if it is queued or its lease ran out; None when somebody else has it or it ended."""
    taken = Job.objects.filter(
        Q(status=Status.QUEUED) | _orphaned(), id=job_id, attempts__lt=settings.JOB_ATTEMPTS
    ).update(
        status=Status.IN_PROGRESS,
        progress=0,
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
        lease_until=_lease_end(),
    )
    if not taken:
        return None
    job = Job.objects.get(id=job_id)
    return Claimed(job.id, job.fence, job.permit_id, Spec.read(job.spec))


def renew(claimed: Claimed) -> None:
    """Hold the lease a while longer; raises LeaseLost."""
    if not _own(claimed).update(lease_until=_lease_end()):
        raise LeaseLost


def report(claimed: Claimed, progress: int) -> None:
    """Write the progress (0 to 99); raises LeaseLost."""
    if not _own(claimed).update(progress=progress, lease_until=_lease_end()):
        raise LeaseLost


def complete(claimed: Claimed, video_id: UUID, *, review: bool = False) -> None:
    """End the job with the video of its permit, in the caller's transaction.

    Raises LeaseLost, which must undo that video; also for one that another permit made. ``review``: somebody depicted
    wishes to see it before it can be published.
    """
    status = Status.AWAITING_REVIEW if review else Status.COMPLETED
    done = {"status": status, "progress": 100, "video_id": video_id, "ended_at": Now()}
    if not _own(claimed).filter(permit__video=video_id).update(**done):
        raise LeaseLost
    if review:
        _tell_reviewers(claimed, video_id)
    else:
        tell_made(video_id)


def tell_made(video_id: UUID) -> None:
    """Tell who asked for a video that it is ready, in the transaction in which its job is completed."""
    for requester_id in Job.objects.filter(video=video_id).values_list("requester", flat=True):
        notices.tell(kind=notices.Kind.JOB_COMPLETED, recipient_id=requester_id, thing_id=video_id)


def _tell_reviewers(claimed: Claimed, video_id: UUID) -> None:
    asked = Depiction.objects.filter(video=video_id, grant__review=True)
    requester_id = Job.objects.values_list("requester", flat=True).get(id=claimed.job_id)
    events = [Told(subject_id, requester_id, video_id) for subject_id in asked.values_list("subject", flat=True)]
    notices.tell_all(kind=notices.Kind.DRAFT_TO_REVIEW, events=events)


def fail(claimed: Claimed, code: str, detail: str) -> None:
    """End the job without a video and give the grants' uses back; nothing if it is no longer ours."""
    with permits.ending(claimed.permit_id):
        failed = {"status": Status.FAILED, "failure_code": code, "failure_detail": detail[:300], "ended_at": Now()}
        if _own(claimed).update(**failed):
            permits.void([claimed.permit_id])
            requester_id = Job.objects.values_list("requester", flat=True).get(id=claimed.job_id)
            notices.tell(kind=notices.Kind.JOB_FAILED, recipient_id=requester_id, thing_id=claimed.job_id)


def cancel(claimed: Claimed) -> None:
    """End the job because a grant no longer stands."""
    with permits.ending(claimed.permit_id):
        if _own(claimed).update(status=Status.CANCELLED_CONSENT, ended_at=Now()):
            permits.void([claimed.permit_id])


def let_go(claimed: Claimed) -> None:
    """Put the job back in the queue (a worker that shuts down); that was no failed attempt."""
    _own(claimed).update(status=Status.QUEUED, progress=0, lease_until=None, sent_at=Now(), attempts=F("attempts") - 1)


def cancel_for(*, grant_ids: list[UUID]) -> None:
    """Withdrawal handler: cancel what is queued or running under these grants, and have their videos' bytes purged.

    What awaits a review under them, or was vetoed, is refused: it can never be published.
    """
    permits.void([permit_id for (permit_id,) in CANCEL.rows(grants=grant_ids)])
    REFUSE.rows(grants=grant_ids)
    queue.wake(PURGE)


def sweep() -> int:
    """End what was tried too often, send again what waits too long; return how many were sent."""
    for job in Job.objects.filter(_orphaned(), attempts__gte=settings.JOB_ATTEMPTS):
        claimed = Claimed(job.id, job.fence, job.permit_id, Spec.read(job.spec))
        fail(claimed, "too_many_attempts", "The worker stopped several times. Ask again; the use is given back.")
    forgotten = Q(status=Status.QUEUED, sent_at__lt=Now() - timedelta(seconds=settings.JOB_LEASE_SECONDS))
    ids = list(Job.objects.filter(forgotten | _orphaned()).values_list("id", flat=True)[:500])
    Job.objects.filter(id__in=ids).update(sent_at=Now())
    for job_id in ids:
        send(job_id)
    return len(ids)


def of_person(person: Person) -> QuerySet[Job]:
    """Return the jobs that ``person`` asked for."""
    return Job.objects.filter(requester=person)


def find(person: Person, job_id: UUID) -> Job:
    """Return one of the person's jobs, else the 404 problem."""
    job = of_person(person).filter(id=job_id).first()
    if job is None:
        raise Problem(404, "not_found", "None of your jobs has this id.")
    return job


def _own(claimed: Claimed) -> QuerySet[Job]:
    return Job.objects.filter(id=claimed.job_id, fence=claimed.fence, status=Status.IN_PROGRESS)


def _orphaned() -> Q:
    return Q(status=Status.IN_PROGRESS, lease_until__lt=Now())


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)
