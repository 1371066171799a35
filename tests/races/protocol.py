"""The consent protocol as a small model, and a breadth-first checker that visits every state it can reach.

Subjects give, withdraw and give again; jobs form a chain of remixes, each run by workers that may pause, lose their
lease and wake up after another took over; viewers stream what is published. A use of a likeness is two steps, `begin`
(lock, read, decide) and `commit`, with anything in between; a withdrawal, which excludes all uses of its subject, is
one. A crash needs no step of its own: it is a pause that never ends. Times, expiry and the ledger are not modelled.

`Design` names the guards; with all of them it is the shipped design (consent/gate.py, permits.py, withdrawal.py,
worker/jobs.py, feed/stream.py). `explore` returns the number of states and, for each property that breaks, the
shortest way there.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

T = TypeVar("T")
NAMES = ("Ada", "Ben", "Cleo")
POINTS = frozenset({"request", "start", "seal", "publish", "list", "open"})
ENDS = ("completed", "cancelled", "failed")

AFTER = "an effect commits after the withdrawal"
REVIVED = "a new grant revives what rested on the old one"
CHUNK = "a chunk begins after the cut"
VISIBLE = "a video is visible without consent"
TWICE = "one permit makes two videos"
STALE = "a stale fence seals"
UNENDED = "an end state is left"
ORPHAN = "a remix lacks whom its ancestors show"
PROPERTIES = frozenset({AFTER, REVIVED, CHUNK, VISIBLE, TWICE, STALE, UNENDED, ORPHAN})


@dataclass(frozen=True)
class Design:
    """The guards of the protocol; a weaker design goes without some of them."""

    checked: frozenset[str] = POINTS  # where the gate (or, in lists, the fence) is asked
    locked: bool = True  # a use holds its subjects' locks from the read to its commit
    remembers: str = "epoch"  # what a claim is compared by: the grant's row and epoch, its row, or its subject alone
    sweeps: str = "jobs"  # what a withdrawal tidies up: jobs, posts
    cuts: bool = True  # streams hear withdrawals and look before each chunk
    watches_first: bool = True  # a stream listens before it asks the gate
    inherits: bool = True  # a remix carries the depictions of all its ancestors
    fenced: bool = True  # only the newest run of a job may seal
    spends: bool = True  # the seal spends the permit
    ends_with_seal: bool = True  # the seal ends the job in the same commit
    new_row: bool = True  # a re-grant is a new row


@dataclass(frozen=True)
class Bounds:
    """How much of the world is looked at."""

    subjects: int = 2
    jobs: int = 2
    runs: int = 2
    viewers: int = 1
    regrants: int = 1
    raises: int = 0
    uses_at_once: int = 1


class Grant(NamedTuple):
    """The newest grant of a subject. A claim is a copy of it as it was read."""

    row: int = 1
    epoch: int = 1
    given: bool = True


Claims = tuple[Grant | None, ...]


class Job(NamedTuple):
    """A job with its permit, its runs (the n-th has fence n + 1), its videos and the post of its video."""

    status: str = "absent"
    permit: str = "none"
    claims: Claims = ()
    fence: int = 0
    leased: bool = False
    runs: tuple[str, ...] = ()
    videos: int = 0
    posted: bool = False


class Viewer(NamedTuple):
    """A viewer: away, watching (listening for cuts), opened (not listening), playing, or with a chunk in flight."""

    stage: str = "away"
    job: int = -1
    cut: bool = False


class Use(NamedTuple):
    """An open transaction of the gate: the point, the job, the run or viewer, and the claims that were read."""

    point: str
    job: int
    who: int
    claims: Claims


class State(NamedTuple):
    """Everything the database, the bus, the workers and the stream server know."""

    grants: tuple[Grant, ...]
    jobs: tuple[Job, ...]
    viewers: tuple[Viewer, ...]
    uses: tuple[Use, ...] = ()
    notices: tuple[tuple[int, int], ...] = ()  # (subject, row) announced and not yet heard


class Step(NamedTuple):
    """One step of somebody, in words, and where it leads; `use` if it commits an effect, or begins a chunk."""

    label: str
    state: State
    use: Use | None = None


@dataclass
class Found:
    """What a search came to: the states it visited and the shortest trace to each broken property."""

    states: int = 0
    steps: int = 0
    traces: dict[str, list[str]] = field(default_factory=dict)


def explore(design: Design, bounds: Bounds) -> Found:
    """Visit every reachable state, nearest first."""
    start = State((Grant(),) * bounds.subjects, (Job(),) * bounds.jobs, (Viewer(),) * bounds.viewers)
    came: dict[State, tuple[State, str] | None] = {start: None}
    queue, found = deque([start]), Found()
    while queue:
        before = queue.popleft()
        for step in _steps(design, bounds, before):
            found.steps += 1
            for fault in _faults(design, before, step, step.state not in came):
                if fault not in found.traces:
                    found.traces[fault] = [*_trace(came, before), step.label]
            if step.state not in came:
                came[step.state] = (before, step.label)
                queue.append(step.state)
    found.states = len(came)
    return found


def told(trace: list[str]) -> str:
    """Return a trace as a numbered list."""
    return "\n".join(f"{number:4}. {label}" for number, label in enumerate(trace, 1))


def _trace(came: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    labels = []
    while origin := came[state]:
        state, label = origin
        labels.append(label)
    return labels[::-1]


# What may happen next.


def _steps(design: Design, bounds: Bounds, s: State) -> Iterator[Step]:
    for subject, grant in enumerate(s.grants):
        yield from _subject(design, bounds, s, subject, grant)
    for n, job in enumerate(s.jobs):
        yield from _job(design, bounds, s, n, job) if job.status != "absent" else _request(design, bounds, s, n)
    for v, viewer in enumerate(s.viewers):
        yield from _viewer(design, bounds, s, v, viewer)
    for notice in s.notices:
        yield _hear(design, s, notice)
    for use in s.uses:
        closed = s._replace(uses=tuple(other for other in s.uses if other is not use))
        yield Step(f"{_who(use)} commits", _effect(design, closed, use), use)


def _subject(design: Design, bounds: Bounds, s: State, subject: int, grant: Grant) -> Iterator[Step]:
    """The subject withdraws, or gives again; or somebody else's act raises the epoch of a grant that goes on."""
    row, epoch, given = grant
    if not given:
        if row <= bounds.regrants:
            again = Grant(row + 1) if design.new_row else Grant(row, epoch)
            yield Step(f"{NAMES[subject]} grants again", s._replace(grants=_put(s.grants, subject, again)))
        return
    if design.locked and any(use.claims[subject] for use in s.uses):
        return
    notices = tuple(sorted({*s.notices, (subject, row)}))
    if epoch <= bounds.raises:
        raised = s._replace(grants=_put(s.grants, subject, Grant(row, epoch + 1)), notices=notices)
        yield Step(f"{NAMES[subject]}'s grant gets a new epoch", raised)
    ended = s._replace(grants=_put(s.grants, subject, Grant(row, epoch + 1, False)), notices=notices)
    yield Step(f"{NAMES[subject]} withdraws", ended._replace(jobs=tuple(_swept(design, j, subject) for j in s.jobs)))


def _swept(design: Design, job: Job, subject: int) -> Job:
    """Tidy up one job after its subject withdrew."""
    if not job.claims or not job.claims[subject]:
        return job
    if "jobs" in design.sweeps and job.status in ("queued", "running"):
        job = job._replace(status="cancelled", leased=False, permit=_void(job))
    return job._replace(posted=False) if "posts" in design.sweeps and job.posted else job


def _request(design: Design, bounds: Bounds, s: State, n: int) -> Iterator[Step]:
    """Ask for job n: its own subject, and whom the video that it remixes shows."""
    own = n % bounds.subjects
    if s.grants[own].given and (n == 0 or s.jobs[n - 1].videos):
        inherited = s.jobs[n - 1].claims if n and design.inherits else (None,) * bounds.subjects
        yield from _begin(
            design, bounds, s, Use("request", n, 0, _put(inherited, own, inherited[own] or s.grants[own]))
        )


def _job(design: Design, bounds: Bounds, s: State, n: int, job: Job) -> Iterator[Step]:
    """What workers, the sweeper and the owner may do with a job that exists."""
    running = job.status == "running"
    if running and job.leased:
        yield _moved(s, n, job._replace(leased=False), f"the lease of job {n + 1} ends, its worker pauses")
    elif job.status == "queued" or running:
        if job.fence < bounds.runs:
            runs = (*job.runs, "claimed")
            taken = job._replace(status="running", fence=job.fence + 1, leased=True, runs=runs)
            yield _moved(s, n, taken, f"a worker claims job {n + 1} with fence {job.fence + 1}")
        else:
            failed = job._replace(status="failed", permit=_void(job))
            yield _moved(s, n, failed, f"the sweeper fails job {n + 1}")
    for fence, stage in enumerate(job.runs, 1):
        if stage in ("claimed", "started"):
            point = "start" if stage == "claimed" else "seal"
            yield from _begin(design, bounds, s, Use(point, n, fence, job.claims))
        elif stage == "sealed":
            own = job.status == "running" and job.fence == fence
            ended = job._replace(status="completed", leased=False) if own else job
            yield _moved(s, n, _run(ended, fence, "gone"), f"the run with fence {fence} ends job {n + 1}")
    if job.videos and not job.posted:
        yield from _begin(design, bounds, s, Use("publish", n, 0, job.claims))


def _viewer(design: Design, bounds: Bounds, s: State, v: int, viewer: Viewer) -> Iterator[Step]:
    """What a viewer's stream does next."""
    name = f"viewer {v + 1}"
    if viewer.stage == "away":
        for n, job in enumerate(s.jobs):
            if job.posted and design.watches_first:
                yield _seen(s, v, Viewer("watching", n), f"{name} asks for video {n + 1}, the server listens")
            elif job.posted:
                yield from _begin(design, bounds, s, Use("open", n, v, job.claims))
    elif viewer.stage == "watching":
        yield from _begin(design, bounds, s, Use("open", viewer.job, v, s.jobs[viewer.job].claims))
    elif viewer.stage == "opened":
        yield _seen(s, v, Viewer("playing", viewer.job), f"the server begins to listen for {name}")
    elif viewer.stage == "in flight":
        left = Viewer() if viewer.cut else viewer._replace(stage="playing")
        yield _seen(s, v, left, f"{name} gets the chunk")
    else:
        flying = _seen(s, v, viewer._replace(stage="in flight"), f"a chunk is on its way to {name}")
        use = Use("chunk", viewer.job, v, s.jobs[viewer.job].claims)
        yield flying._replace(use=use) if not viewer.cut else _seen(s, v, Viewer(), f"{name} is cut")


def _hear(design: Design, s: State, notice: tuple[int, int]) -> Step:
    """The stream server hears that a grant ended and marks every stream that rests on it."""
    subject, row = notice
    viewers = []
    for viewer in s.viewers:
        claim = s.jobs[viewer.job].claims[subject] if viewer.stage not in ("away", "opened") else None
        viewers.append(viewer._replace(cut=True) if design.cuts and claim and claim.row == row else viewer)
    rest = tuple(other for other in s.notices if other != notice)
    return Step(f"the stream server is told of {NAMES[subject]}", s._replace(viewers=tuple(viewers), notices=rest))


# The gate.


def _begin(design: Design, bounds: Bounds, s: State, use: Use) -> Iterator[Step]:
    """Lock, read and decide; what the design does not check happens at once."""
    if use.point not in design.checked:
        yield Step(f"{_who(use)} goes on unasked", _effect(design, s, use), use)
    elif any(other[:3] == use[:3] for other in s.uses):
        return
    elif not _stand(s.grants, use.claims, design.remembers):
        yield from _denied(s, use)
    elif len(s.uses) < bounds.uses_at_once:
        yield Step(f"{_who(use)} asks: every grant stands", s._replace(uses=tuple(sorted((*s.uses, use)))))


def _denied(s: State, use: Use) -> Iterator[Step]:
    """A denied run cancels its job, if the job is still its own; a denied viewer goes."""
    label = f"{_who(use)} asks and is denied"
    if use.point in ("start", "seal"):
        job = s.jobs[use.job]
        if job.status == "running" and job.fence == use.who:
            job = job._replace(status="cancelled", leased=False, permit=_void(job))
        yield _moved(s, use.job, _run(job, use.who, "gone"), label)
    elif use.point == "open" and s.viewers[use.who].stage != "away":
        yield _seen(s, use.who, Viewer(), label)


def _effect(design: Design, s: State, use: Use) -> State:
    """What the commit of a use writes."""
    job = s.jobs[use.job]
    if use.point == "open":
        listening = Viewer("playing", use.job) if not s.viewers[use.who].cut else Viewer()
        return _seen(s, use.who, listening if design.watches_first else Viewer("opened", use.job), "").state
    if use.point == "request":
        job = Job("queued", "issued", use.claims)
    elif use.point == "publish":
        job = job._replace(posted=True)
    elif use.point == "start":
        job = _started(job, use.who)
    else:
        job = _sealed(design, job, use.who)
    return _moved(s, use.job, job, "").state


def _started(job: Job, fence: int) -> Job:
    """Redeem the permit; a run that cannot fails its job, if the job is still its own."""
    if job.permit in ("issued", "redeemed"):
        return _run(job._replace(permit="redeemed"), fence, "started")
    own = job.status == "running" and job.fence == fence
    return _run(job._replace(status="failed", leased=False) if own else job, fence, "gone")


def _sealed(design: Design, job: Job, fence: int) -> Job:
    """Spend the permit, store the video and end the job, or nothing of it."""
    own = job.status == "running" and (job.fence == fence or not design.fenced)
    if not own or (design.spends and job.permit != "redeemed"):
        return _run(job, fence, "gone")
    job = job._replace(videos=job.videos + 1, permit="spent" if design.spends else job.permit)
    if not design.ends_with_seal:
        return _run(job, fence, "sealed")
    return _run(job._replace(status="completed", leased=False), fence, "gone")


# The properties.


def _faults(design: Design, before: State, step: Step, new: bool) -> Iterator[str]:
    """The properties that this step breaks, or the state that it leads to for the first time."""
    after, use = step.state, step.use
    if use:
        yield from _of_chunk(before, use) if use.point == "chunk" else _of_effect(before, after, use)
    if _unended(before, after):
        yield UNENDED
    for n, job in enumerate(after.jobs if new else ()):
        if job.posted and ("list" not in design.checked or _stand(after.grants, job.claims, design.remembers)):
            yield from _of_ended(after.grants, _shown(after.jobs, n), VISIBLE)


def _of_chunk(before: State, use: Use) -> Iterator[str]:
    for subject, claim in enumerate(_shown(before.jobs, use.job)):
        if claim and claim != before.grants[subject] and (subject, claim.row) not in before.notices:
            yield CHUNK


def _of_effect(before: State, after: State, use: Use) -> Iterator[str]:
    old, job = before.jobs[use.job], after.jobs[use.job]
    sealed = job.videos > old.videos
    started = use.point == "start" and job.runs[use.who - 1] == "started"
    opened = use.point == "open" and after.viewers[use.who].stage != "away"
    if sealed or started or opened or use.point in ("request", "publish"):
        yield from _of_ended(after.grants, _shown(after.jobs, use.job), AFTER)
    if sealed and use.who < old.fence:
        yield STALE
    if job.videos > 1:
        yield TWICE
    if use.point == "request" and job.claims != _shown(after.jobs, use.job):
        yield ORPHAN


def _of_ended(grants: tuple[Grant, ...], claims: Claims, fault: str) -> Iterator[str]:
    """The fault if a claim has ended; another if a newer grant stands in its place."""
    for claim, grant in zip(claims, grants, strict=True):
        if claim and claim != grant:
            yield REVIVED if grant.given and grant.row > claim.row else fault


def _unended(before: State, after: State) -> bool:
    """Whether a grant, job or permit left its end."""
    for old, new in zip(before.grants, after.grants, strict=True):
        if new.given and not old.given and new.row == old.row:
            return True
    for was, job in zip(before.jobs, after.jobs, strict=True):
        if was is not job and (was.status in ENDS and job.status != was.status):
            return True
        if was is not job and was.permit in ("spent", "void") and job.permit != was.permit:
            return True
    return False


def _stand(grants: tuple[Grant, ...], claims: Claims, remembers: str) -> bool:
    """Whether every claim stands, as far as the design remembers it."""
    for claim, grant in zip(claims, grants, strict=True):
        if claim and claim != grant:
            if remembers == "epoch" or not grant.given or (remembers == "row" and grant.row != claim.row):
                return False
    return True


def _shown(jobs: tuple[Job, ...], n: int) -> Claims:
    """What the video of job n rests on in truth: its own claims and those of every ancestor, the oldest first."""
    truth = jobs[n].claims
    for job in jobs[:n][::-1]:
        truth = tuple(theirs or ours for theirs, ours in zip(job.claims, truth, strict=True))
    return truth


# Small words.


def _put(items: tuple[T, ...], place: int, item: T) -> tuple[T, ...]:
    return (*items[:place], item, *items[place + 1 :])


def _run(job: Job, fence: int, stage: str) -> Job:
    return job._replace(runs=_put(job.runs, fence - 1, stage))


def _void(job: Job) -> str:
    return "void" if job.permit in ("issued", "redeemed") else job.permit


def _moved(s: State, n: int, job: Job, label: str) -> Step:
    return Step(label, s._replace(jobs=_put(s.jobs, n, job)))


def _seen(s: State, v: int, viewer: Viewer, label: str) -> Step:
    return Step(label, s._replace(viewers=_put(s.viewers, v, viewer)))


def _who(use: Use) -> str:
    if use.point == "open":
        return f"viewer {use.who + 1} opening video {use.job + 1}"
    if use.point in ("start", "seal"):
        return f"the {use.point} of job {use.job + 1} by the run with fence {use.who}"
    return f"the request for job {use.job + 1}" if use.point == "request" else f"publishing video {use.job + 1}"
