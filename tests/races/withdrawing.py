"""One withdrawal at some instant of a running job's life: what is done, and what is then found to be wrong."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from django.core.files.storage import default_storage
from django.db import connection

from accounts.models import Person
from consent import likenesses, withdrawal
from consent.models import Decision, LedgerLeaf, Permit, Withdrawal
from consent.withdrawal import Mode, Scope
from socialvideo.lib import queue
from tests import factories
from tests.races.watching import Step, Worker, wait_until
from worker import jobs
from worker.models import Job, Rendition, Video
from worker.rules import OPEN

PHASES = ("queued", "claimed", "step", "encoded", "sealing", "in the seal", "sealed")
ENDS = ("stop", "unpublish", "erase", "likeness", "veto")
SCOPES = ("grant", "grantee", "everything")
local = threading.local()


def tidied(*, grant_ids: list[UUID]) -> None:
    """Withdrawal handler: the product's own, but where the case does without, for safety must not rest on it."""
    if local.tidy:
        jobs.cancel_for(grant_ids=grant_ids)


@dataclass(frozen=True)
class Plan:
    """When and how a job's ground ends, and what else happens to it."""

    phase: str
    steps: int
    jitter_s: float
    end: str
    scope: str
    kill: str
    twice: bool
    again: bool
    tidy: bool
    prompt: str = "a long wave"


def drawn(dice: random.Random) -> Plan:
    """Draw a plan: a third are killed, half delivered twice, a third given a new grant afterwards."""
    return Plan(
        phase=dice.choice(PHASES),
        steps=dice.randint(1, 24),
        jitter_s=dice.uniform(0, 0.04),
        end=dice.choice(ENDS),
        scope=dice.choice(SCOPES),
        kill=dice.choice(("", "", "", "", "before", "after")),
        twice=dice.random() < 0.5,
        again=dice.random() < 0.33,
        tidy=dice.random() < 0.5,
    )


@dataclass
class Case:
    """A plan that was carried out."""

    plan: Plan
    subject: Person
    requester: Person
    job: Job
    killed: bool = False

    @property
    def end_leaf(self) -> int:
        """The leaf of the end; the ledger's order is the order of commits."""
        if self.plan.end != "likeness":
            return int(Withdrawal.objects.get(subject=self.subject).leaf_id)
        bodies = {leaf.index: orjson.loads(bytes(leaf.body)) for leaf in LedgerLeaf.objects.filter(kind="erasure")}
        return next(index for index, body in bodies.items() if body["subject"] == str(self.subject.id))


def carried_out(plan: Plan, worker: Worker) -> Case:
    """Ask for a video, wait for the instant, end its ground, and do what else the plan says."""
    case = _asked(plan)
    if plan.twice:
        queue.wake(jobs.RUN, job_id=str(case.job.id))
    _wait(plan, case.job.id, worker)
    if plan.kill == "before":
        case.killed = _kill(case.job.id, worker)
    _end(case)
    if plan.kill == "after":
        case.killed = _kill(case.job.id, worker)
    if plan.again:
        _give_again(case)
    if plan.twice or plan.again:
        queue.wake(jobs.RUN, job_id=str(case.job.id))
    connection.close()
    return case


def _asked(plan: Plan) -> Case:
    subject, requester = factories.portrayed(), factories.person()
    factories.grant(subject, requester, may_remix=True)
    if plan.end != "veto":
        return Case(plan, subject, requester, factories.job(requester, subject, prompt=plan.prompt))
    original = factories.video(requester, subject)
    return Case(plan, subject, requester, factories.job(requester, remix_of=original.id, prompt=plan.prompt))


def _wait(plan: Plan, job_id: UUID, worker: Worker) -> None:
    """Wait until the job is in the phase; a job that ended before it got there is withdrawn all the same."""

    def reached() -> bool:
        phases = Counter(step.phase for step in worker.steps(job_id))
        there = phases[plan.phase] >= (plan.steps if plan.phase == "step" else 1)
        return there or bool(phases["sealed"])

    if plan.phase != "queued":
        wait_until(reached, 60)
    time.sleep(plan.jitter_s)


def _kill(job_id: UUID, worker: Worker) -> bool:
    """Kill -9 the process that has the job, if it still has it."""
    steps = worker.steps(job_id)
    return bool(steps) and steps[-1].phase != "sealed" and worker.kill_child(steps[-1].pid)


def _end(case: Case) -> None:
    plan, local.tidy = case.plan, case.plan.tidy
    if plan.end == "likeness":
        likenesses.erase(subject=case.subject)
    elif plan.end == "veto":
        withdrawal.withdraw(subject=case.subject, scope=Scope(video_id=case.job.permit.lineage[0]))
    else:
        withdrawal.withdraw(subject=case.subject, scope=_scope(case), mode=Mode(plan.end))


def _scope(case: Case) -> Scope:
    if case.plan.scope == "grant":
        return Scope(grant_id=case.job.permit.subjects.get().grant_id)
    return Scope(grantee=case.requester) if case.plan.scope == "grantee" else Scope()


def _give_again(case: Case) -> None:
    """Let the subject come back: a new photo if the old one is gone, a new grant if the old one ended."""
    if case.plan.end in ("likeness", "erase"):
        likenesses.enrol(subject=case.subject, upload=factories.PORTRAIT.read_bytes())
    if case.plan.end not in ("likeness", "veto"):
        factories.grant(case.subject, case.requester)


# What is found afterwards.


def struck(steps: Sequence[Step]) -> str:
    """The phase in which the end was committed: the last that began before it."""
    return next((step.phase for step in reversed(steps) if not step.ended), "queued")


def further(steps: Sequence[Step]) -> int:
    """How many steps began after the end."""
    return sum(step.phase == "step" and step.ended for step in steps)


def faults(case: Case, steps: Sequence[Step]) -> Iterator[str]:
    """Say what became of the job that must not have."""
    case.job.refresh_from_db()
    seals = list(Decision.objects.filter(job_id=case.job.id, point="seal", verdict="allowed").values_list("leaf"))
    late = [leaf for (leaf,) in seals if leaf > case.end_leaf]
    made = Video.objects.filter(permit=case.job.permit_id).count()
    if late:
        yield "sealed after the end"
    if further(steps) > 1:
        yield f"{further(steps)} further steps"
    if made != len(seals):
        yield f"{made} videos of {len(seals)} seals"
    ended_as = (case.job.status, Permit.objects.get(job=case.job).state)
    if ended_as != (("completed", "spent") if made else ("cancelled_consent", "void")):
        yield f"{made} videos, and the job is {ended_as}"


def stray_files() -> set[str]:
    """The files of videos that lie in the storage though no video names them that can still be watched."""
    kept = Video.objects.filter(purged_at=None)
    named = {name for row in kept.values_list("file", "poster", "preview", "sprite") for name in row}
    renditions = Rendition.objects.filter(video__in=kept).values_list("file", flat=True)
    return _below("videos") - named - set(renditions)


def _below(folder: str) -> set[str]:
    if not default_storage.exists(folder):
        return set()
    folders, files = default_storage.listdir(folder)
    return {f"{folder}/{file}" for file in files}.union(*(_below(f"{folder}/{inner}") for inner in folders))


def all_ended() -> bool:
    """Whether every job has ended."""
    return not Job.objects.filter(status__in=OPEN).exists()
