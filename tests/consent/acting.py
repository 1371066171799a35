"""The real side of the state machine: the product's own calls, by the names and numbers of the imagined world."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from accounts import auth
from accounts.models import Person, Session
from consent import permits
from consent.models import Decision, Grant, PermitSubject
from consent.permits import Redeemed
from feed.lists import chronological, following
from feed.tickets import Viewing
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories
from worker import jobs, pipeline
from worker.encoding import Encoded
from worker.jobs import Claimed
from worker.models import Job, Video

HOUR = timedelta(hours=1)

# Everything that the imagined world knows too, in one statement.
STORED = """SELECT json_build_object(
    'grants', (SELECT json_object_agg(id, json_build_array(state, epoch, closed_at IS NOT NULL, uses, max_uses,
        statement_timestamp() < expires_at, "group", rests_on_id, grantee_id)) FROM consent_grant),
    'jobs', (SELECT json_object_agg(id, json_build_array(status, attempts, fence, video_id)) FROM worker_job),
    'permits', (SELECT json_object_agg(j.id, p.state) FROM worker_job j JOIN consent_permit p ON p.id = j.permit_id),
    'videos', (SELECT json_object_agg(id, (SELECT json_agg(json_build_array(d.subject_id, d.grant_id, d.epoch))
        FROM worker_depiction d WHERE d.video_id = v.id)) FROM worker_video v),
    'posts', (SELECT json_agg(json_build_array(video_id, audience)) FROM feed_post WHERE removed_at IS NULL),
    'accepted', (SELECT json_agg(json_build_array(video_id, subject_id)) FROM consent_acceptance),
    'vetoed', (SELECT json_agg(json_build_array(video_id, subject_id)) FROM consent_veto),
    'said', (SELECT json_agg(json_build_array(subject_id, person_id, kind)) FROM consent_choice),
    'enrolled', (SELECT json_agg(subject_id) FROM consent_likeness WHERE erased_at IS NULL),
    'asks', (SELECT json_object_agg(id, state) FROM consent_ask),
    'leaves', (SELECT json_object_agg(kind, count) FROM (
        SELECT kind, count(*) FROM consent_ledgerleaf WHERE kind <> 'use' GROUP BY kind) l)
)"""
KEYED = {"grants", "jobs", "permits", "videos", "asks", "leaves"}


@dataclass
class Run:
    """One run of a job: what it claimed, and what it redeemed."""

    job: int
    claimed: Claimed
    redeemed: Redeemed | None = None


@dataclass
class Stage:
    """Real people and rows, by the names and numbers of the imagined world."""

    people: dict[str, Person]
    sessions: dict[str, Session]
    grants: dict[int, UUID] = field(default_factory=dict)
    asks: dict[int, UUID] = field(default_factory=dict)
    jobs: dict[int, UUID] = field(default_factory=dict)
    films: dict[int, UUID] = field(default_factory=dict)
    posts: dict[int, UUID] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    tickets: list[tuple[str, int, Viewing]] = field(default_factory=list)

    FILM: ClassVar = Encoded(90, 160, 6, 6, 1000, 1600, "ab" * 32)

    def copy(self) -> "Stage":
        """The same people, and what is known of their rows so far."""
        ids = (self.grants, self.asks, self.jobs, self.films, self.posts)
        return Stage(self.people, self.sessions, *map(dict, ids), list(map(replace, self.runs)), list(self.tickets))

    def grant(self, number: int) -> Grant:
        """The grant as it is now."""
        return Grant.objects.select_related("subject", "grantee").get(id=self.grants[number])

    def lapse(self, number: int) -> None:
        """Move the times of a grant, and of what rests on it, until its end is past."""
        now = database_now()
        both = Grant.objects.filter(Q(id=self.grants[number]) | Q(rests_on=self.grants[number]))
        both.update(not_before=now - 2 * HOUR, expires_at=now - HOUR)

    def lose_lease(self, number: int) -> None:
        """Let the lease of a job run out."""
        Job.objects.filter(id=self.jobs[number], status="in_progress").update(lease_until=F("created_at") - HOUR)

    def redeem(self, run: Run) -> None:
        """Redeem the permit as the pipeline does."""
        spec = run.claimed.spec
        run.redeemed = permits.redeem(
            permit_id=run.claimed.permit_id, digest=spec.digest, job_id=run.claimed.job_id, wish=spec.wish()
        )

    def seal(self, run: Run) -> UUID:
        """Seal as the pipeline does, with files that do not exist; return the video's id."""
        assert run.redeemed
        number = len(self.films) + 1
        names = [f"videos/none-{number}.mp4", f"videos/none-{number}.jpg"]
        pipeline._seal(run.claimed, run.redeemed, pipeline.engine("preview"), self.FILM, names)
        return Video.objects.get(permit=run.claimed.permit_id).id

    def held(self, number: int) -> list[tuple[UUID, int]]:
        """The grants and epochs that a job's permit remembers, in their order."""
        rows = PermitSubject.objects.filter(permit__job=self.jobs[number]).order_by("place")
        return list(rows.values_list("grant_id", "epoch"))

    def seen(self, viewer: str, author: str) -> list[UUID]:
        """The posts of an author that a viewer sees, newest first."""
        ids = self.people[viewer].id, self.people[author].id
        return [one.id for one in chronological.grid(viewer=ids[0], author=ids[1], after=None, limit=100)]

    def followed(self, viewer: str) -> set[UUID]:
        """The posts in the feed of those whom a viewer follows."""
        return {one.id for one in following.following(viewer=self.people[viewer].id, after=None, limit=100)}


def stage(names: list[str]) -> Stage:
    """Make the people and sign them in."""
    people = {name: factories.person(name) for name in names}
    log_in = {name: auth.log_in(handle=name, password=factories.PASSWORD, device="test")[1] for name in names}
    return Stage(people, log_in)


def tried(call: Callable[[], Any]) -> tuple[str, Any]:
    """Return "ok" and what the call returned, or the word with which it was refused."""
    try:
        return "ok", call()
    except Problem as problem:
        return problem.code, None
    except permits.Unusable:
        return "unusable", None
    except jobs.LeaseLost:
        return "lease_lost", None


def stored() -> dict[str, Any]:
    """Everything that the imagined world knows too, as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute(STORED)
        (found,) = cursor.fetchone()
    return {name: _sorted(rows, name in KEYED) for name, rows in found.items()}


def _sorted(rows: Any, keyed: bool) -> Any:
    if not keyed:
        return sorted(rows or [])
    return {key: sorted(row) if _of_rows(row) else row for key, row in (rows or {}).items()}


def _of_rows(row: Any) -> bool:
    return isinstance(row, list) and isinstance(row[0], list)


def journal(after: int) -> list[tuple[int, str, str, str, UUID, UUID | None, int | None]]:
    """The decisions after a leaf: leaf, point, verdict, reason, subject, grant, epoch."""
    rows = Decision.objects.filter(leaf_id__gt=after).order_by("leaf_id")
    return list(rows.values_list("leaf_id", "point", "verdict", "reason", "subject_id", "grant_id", "epoch"))
