"""The consent protocol as a small model, and a breadth-first checker that visits every state it can reach.

Subjects give, withdraw and give again; jobs form a chain of remixes, run by workers that pause, lose their lease and
wake up after another took over; viewers stream what is published. A use of a likeness is two steps, the gate's decision
(lock, read, decide) and its commit, with anything in between; any other transaction is one. A crash is a pause without
end. Expiry, use counts and the ledger are left out. With all guards of `Design` it is the shipped design, with remixes.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

NAMES = ("Ada", "Ben", "Cleo")
POINTS = frozenset({"request", "start", "seal", "publish", "list", "open"})
ENDING = {"denied": "cancelled", "unusable": "failed", "sealed": "completed"}
WORDS = {
    "request": "the request for job {}",
    "start": "the start of job {} by fence {}",
    "seal": "the seal of job {} by fence {}",
    "publish": "the publication of video {}",
    "open": "the opening of video {} by viewer {}",
}


class Design(NamedTuple):
    """The guards of the protocol; a weaker design goes without some of them."""

    checked: frozenset[str] = POINTS  # where the gate (or, in lists, the fence) is asked
    locked: bool = True  # a use holds its subjects' locks from before the read to the commit
    remembers: str = "epoch"  # a claim names a grant's row and epoch; else its "row", or its "subject" alone
    sweeps: frozenset[str] = frozenset({"jobs"})  # what a withdrawal tidies up: jobs, posts
    cuts: bool = True  # a stream that hears of an end sends no further chunk
    watches_first: bool = True  # a stream listens before it asks the gate
    inherits: bool = True  # a remix carries the depictions of all its ancestors
    fenced: bool = True  # only the newest run of a job may seal
    spends: bool = True  # the seal spends the permit
    ends_with_seal: bool = True  # the seal ends the job in the same commit
    new_row: bool = True  # a re-grant is a new row


class Bounds(NamedTuple):
    """How much of the world is looked at. Takeovers, re-grants and raised epochs are counted over all of it."""

    subjects: int = 2
    jobs: int = 2
    takeovers: int = 1
    regrants: int = 1
    raises: int = 0
    viewers: int = 1
    uses_at_once: int = 1


class Grant(NamedTuple):
    """The newest grant of a subject. A claim is a copy of it as it was read."""

    row: int = 1
    epoch: int = 1
    given: bool = True


def put(items: tuple[Any, ...], place: int, item: object) -> tuple[Any, ...]:
    """Return the items with one replaced."""
    return (*items[:place], item, *items[place + 1 :])


class Job(NamedTuple):
    """A job with its permit, what each run (fence 1, 2, …) has come to, its videos and the post of its video."""

    status: str = "absent"
    permit: str = "none"
    claims: tuple[Grant | None, ...] = ()
    leased: bool = False
    runs: tuple[str, ...] = ()
    videos: int = 0
    posted: bool = False

    def ended(self, status: str) -> "Job":
        """Return the job at an end; without a video its permit is void."""
        permit = "void" if self.permit in ("issued", "redeemed") and status != "completed" else self.permit
        return self._replace(status=status, leased=False, permit=permit)

    def ran(self, fence: int, stage: str) -> "Job":
        """Return the job with one of its runs at another stage."""
        return self._replace(runs=put(self.runs, fence - 1, stage))


class Viewer(NamedTuple):
    """A stream: away, watching (listens, asks the gate), opened (does not listen yet), playing, chunk in flight."""

    stage: str = "away"
    job: int = -1
    cut: bool = False


class Use(NamedTuple):
    """An open transaction of the gate: the point, the job, the run or viewer (from 1), and the claims it rests on."""

    point: str
    job: int
    who: int
    claims: tuple[Grant | None, ...]


class State(NamedTuple):
    """Everything that the database, the bus, the workers and the stream server know."""

    grants: tuple[Grant, ...]
    jobs: tuple[Job, ...]
    viewers: tuple[Viewer, ...]
    uses: tuple[Use, ...] = ()
    notices: tuple[tuple[int, int], ...] = ()  # (subject, row of the grant): announced and not yet heard

    def moved(self, n: int, job: Job, words: str, *values: object) -> "Step":
        """Return the step that changes job n."""
        jobs = put(self.jobs, n, job)
        return Step(State(self.grants, jobs, self.viewers, self.uses, self.notices), (words, n + 1, *values))

    def seen(self, v: int, viewer: Viewer, words: str, *values: object) -> "Step":
        """Return the step that changes viewer v."""
        viewers = put(self.viewers, v - 1, viewer)
        return Step(State(self.grants, self.jobs, viewers, self.uses, self.notices), (words, v, *values))

    def stands(self, claims: tuple[Grant | None, ...], by: str = "epoch") -> bool:
        """Whether every claim stands, as far as it is remembered."""
        for claim, grant in zip(claims, self.grants, strict=True):
            same = claim == grant if by == "epoch" else by == "subject" or (claim and claim.row == grant.row)
            if claim and not (same and grant.given):
                return False
        return True


class Step(NamedTuple):
    """Where one step leads, its words, and the use that it commits or the chunk that it begins."""

    state: State
    words: tuple[object, ...]
    use: Use | None = None


def explore(design: Design, bounds: Bounds, faults: Callable[..., Iterator[str]]) -> tuple[int, dict[str, list[str]]]:
    """Visit every reachable state, nearest first; return their number and the shortest trace to each fault."""
    start = State((Grant(),) * bounds.subjects, (Job(),) * bounds.jobs, (Viewer(),) * bounds.viewers)
    came: dict[State, tuple[State, Step] | None] = {start: None}
    model, queue = Model(design, bounds), deque([start])
    traces: dict[str, list[str]] = {}
    while queue:
        before = queue.popleft()
        for step in model.steps(before):
            for fault in faults(design, before, step):
                traces[fault] = traces.get(fault) or _trace(came, before, step)
            if step.state not in came:
                came[step.state] = (before, step)
                queue.append(step.state)
    return len(came), traces


def _trace(came: dict[State, tuple[State, Step] | None], state: State, step: Step) -> list[str]:
    words = [step.words]
    while origin := came[state]:
        state, step = origin
        words.append(step.words)
    return [str(template).format(*values) for template, *values in reversed(words)]


class Model(NamedTuple):
    """What may happen next under one design, within bounds."""

    design: Design
    bounds: Bounds

    def steps(self, s: State) -> Iterator[Step]:
        """Yield every step that somebody can take in this state."""
        for subject, grant in enumerate(s.grants):
            yield from self._end(s, subject, grant) if grant.given else self._give_again(s, subject, grant)
        for n, job in enumerate(s.jobs):
            yield from self._job(s, n, job) if job.runs or job.status != "absent" else self._request(s, n)
        for v, viewer in enumerate(s.viewers, 1):
            yield from self._view(s, v, viewer)
        for notice in s.notices:
            yield self._hear(s, notice)
        for use in s.uses:
            closed = s._replace(uses=tuple(other for other in s.uses if other is not use))
            yield Step(self._effect(closed, use), (WORDS[use.point] + " commits", use.job + 1, use.who), use)

    def _end(self, s: State, subject: int, grant: Grant) -> Iterator[Step]:
        """The subject withdraws; or something that the grant rested on ends, and its epoch alone is raised."""
        if s.uses and self.design.locked and any(use.claims[subject] for use in s.uses):
            return
        s = s._replace(notices=tuple(sorted({*s.notices, (subject, grant.row)})))
        raised = grant._replace(epoch=grant.epoch + 1)
        if self.bounds.raises and sum(g.epoch - 2 + g.given for g in s.grants) < self.bounds.raises:
            yield Step(s._replace(grants=put(s.grants, subject, raised)), ("{}'s epoch is raised", NAMES[subject]))
        jobs = tuple(self._swept(job) if job.claims and job.claims[subject] else job for job in s.jobs)
        grants = put(s.grants, subject, raised._replace(given=False))
        yield Step(s._replace(grants=grants, jobs=jobs), ("{} withdraws", NAMES[subject]))

    def _give_again(self, s: State, subject: int, grant: Grant) -> Iterator[Step]:
        if sum(other.row - 1 for other in s.grants) < self.bounds.regrants:
            again = Grant(grant.row + 1 if self.design.new_row else grant.row)
            yield Step(s._replace(grants=put(s.grants, subject, again)), ("{} grants again", NAMES[subject]))

    def _swept(self, job: Job) -> Job:
        """Tidy up a job whose subject withdraws, in the withdrawal's transaction."""
        job = job._replace(posted=job.posted and "posts" not in self.design.sweeps)
        return job.ended("cancelled") if job.status in ("queued", "running") and "jobs" in self.design.sweeps else job

    def _request(self, s: State, n: int) -> Iterator[Step]:
        """Somebody asks for job n: a subject of its own, and whom the video that it remixes depicts."""
        own = n % self.bounds.subjects
        if s.grants[own].given and (n == 0 or s.jobs[n - 1].videos):
            claims = s.jobs[n - 1].claims if n and self.design.inherits else (None,) * self.bounds.subjects
            yield from self._ask(s, Use("request", n, 0, put(claims, own, claims[own] or s.grants[own])))

    def _job(self, s: State, n: int, job: Job) -> Iterator[Step]:
        """A job is claimed, loses its lease, is taken over or given up; its runs go on; its video is published."""
        if job.leased:
            yield s.moved(n, job._replace(leased=False), "job {}: its lease ends, the worker pauses")
        elif job.status == "running" and sum(len(j.runs[1:]) for j in s.jobs) >= self.bounds.takeovers:
            yield s.moved(n, job.ended("failed"), "job {}: the sweeper gives it up")
        elif job.status in ("queued", "running"):
            taken = job._replace(status="running", leased=True, runs=(*job.runs, "claimed"))
            yield s.moved(n, taken, "job {}: a worker claims it with fence {}", len(taken.runs))
        for fence, stage in enumerate(job.runs, 1):
            if stage in ("claimed", "started"):
                yield from self._ask(s, Use("start" if stage == "claimed" else "seal", n, fence, job.claims))
            elif stage != "gone":
                ended = job.ended(ENDING[stage]) if self._own(job, fence) else job
                yield s.moved(n, ended.ran(fence, "gone"), "job {}: the run with fence {} ends, {}", fence, stage)
        if job.videos and not job.posted:
            yield from self._ask(s, Use("publish", n, 0, job.claims))

    def _view(self, s: State, v: int, viewer: Viewer) -> Iterator[Step]:
        """A stream is asked for, opens, sends chunk after chunk, and ends when it is cut."""
        stage, n, cut = viewer
        if stage == "away":
            for n in (n for n, job in enumerate(s.jobs) if job.posted):
                yield s.seen(v, Viewer("watching", n), "viewer {} asks for video {}", n + 1)
        elif stage == "watching":
            yield from self._ask(s, Use("open", n, v, s.jobs[n].claims))
        elif stage == "opened":
            yield s.seen(v, Viewer("playing", n), "viewer {}: only now does the server listen")
        elif stage == "in flight":
            yield s.seen(v, Viewer() if cut else Viewer("playing", n), "viewer {}: the chunk arrives")
        elif cut:
            yield s.seen(v, Viewer(), "viewer {}: the stream is cut")
        else:
            chunk = Use("chunk", n, v, s.jobs[n].claims)
            yield s.seen(v, Viewer("in flight", n), "viewer {}: a chunk is on its way")._replace(use=chunk)

    def _hear(self, s: State, notice: tuple[int, int]) -> Step:
        """The stream server hears that a grant ended, and marks every stream that rests on it."""
        viewers = s.viewers
        for v, viewer in enumerate(viewers):
            claim = s.jobs[viewer.job].claims[notice[0]] if viewer.stage not in ("away", "opened") else None
            if claim and claim.row == notice[1] and self.design.cuts:
                viewers = put(viewers, v, viewer._replace(cut=True))
        rest = tuple(other for other in s.notices if other != notice)
        return Step(s._replace(viewers=viewers, notices=rest), ("the stream server hears of {}", NAMES[notice[0]]))

    def _ask(self, s: State, use: Use) -> Iterator[Step]:
        """Lock, read and decide; an effect that nobody checks commits at once."""
        who, values = WORDS[use.point], (use.job + 1, use.who)
        if use.point not in self.design.checked:
            yield Step(self._effect(s, use), (who + " commits, unasked", *values), use)
        elif len(s.uses) >= self.bounds.uses_at_once or any(other[:3] == use[:3] for other in s.uses):
            return
        elif s.stands(use.claims, self.design.remembers):
            yield Step(s._replace(uses=tuple(sorted((*s.uses, use)))), (who + " asks: every grant stands", *values))
        elif use.point in ("start", "seal"):
            yield s.moved(use.job, s.jobs[use.job].ran(use.who, "denied"), who + " is denied", use.who)
        elif use.point == "open":
            yield s.seen(use.who, Viewer(), "viewer {} is denied")

    def _effect(self, s: State, use: Use) -> State:
        """What the commit of a use writes."""
        job = s.jobs[use.job]
        if use.point == "open":
            opened = Viewer("playing" if self.design.watches_first else "opened", use.job)
            return s.seen(use.who, Viewer() if s.viewers[use.who - 1].cut else opened, "").state
        if use.point == "request":
            job = Job("queued", "issued", use.claims)
        elif use.point == "publish":
            job = job._replace(posted=True)
        elif use.point == "seal":
            job = self._sealed(job, use.who)
        elif job.permit not in ("issued", "redeemed"):
            job = job.ran(use.who, "unusable")
        else:
            job = job._replace(permit="redeemed").ran(use.who, "started")
        return s._replace(jobs=put(s.jobs, use.job, job))

    def _sealed(self, job: Job, fence: int) -> Job:
        """Spend the permit, store the video and end the job; or nothing of it."""
        if not self._own(job, fence) or (self.design.spends and job.permit != "redeemed"):
            return job.ran(fence, "gone")
        job = job._replace(videos=job.videos + 1, permit="spent" if self.design.spends else job.permit)
        return job.ended("completed").ran(fence, "gone") if self.design.ends_with_seal else job.ran(fence, "sealed")

    def _own(self, job: Job, fence: int) -> bool:
        return job.status == "running" and (fence == len(job.runs) or not self.design.fenced)
