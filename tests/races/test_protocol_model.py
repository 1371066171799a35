"""The protocol, proved on its model: no reachable state breaks a promise, and every weaker design is refuted.

`pytest -s tests/races/test_protocol_model.py` prints the shortest way in which each weaker design fails.
"""

import os
import sys
import time
from collections.abc import Iterator

import pytest

from tests.races.protocol import Bounds, Design, Grant, Job, State, Step, Use, explore

AFTER = "an effect commits after the withdrawal"
REVIVED = "a new grant revives what rested on the old one"
CHUNK = "a chunk begins after the cut"
VISIBLE = "a video is visible without consent"
TWICE = "one permit makes two videos"
STALE = "a stale fence seals"
UNENDED = "an end is left"
ORPHAN = "a remix lacks whom its ancestors depict"
ENDS = ("completed", "cancelled", "failed", "spent", "void")


def faults(design: Design, before: State, step: Step) -> Iterator[str]:
    """Yield the promises that a step breaks, by what is true and not by what the design remembers."""
    if step.use:
        yield from of_chunk(before, step.use) if step.use.point == "chunk" else of_effect(before, step.state, step.use)
    if step.state.jobs is not before.jobs or step.state.grants is not before.grants:
        yield from of_ends(before, step.state)
        yield from of_lists(design, step.state)


def of_chunk(before: State, use: Use) -> Iterator[str]:
    """A chunk may leave while a grant's end is still on its way to the stream server, and not once it was heard."""
    for subject, claim in enumerate(depicted(before.jobs, use.job)):
        if claim and claim != before.grants[subject] and (subject, claim.row) not in before.notices:
            yield CHUNK


def of_effect(before: State, after: State, use: Use) -> Iterator[str]:
    """What commits rests on grants that stand; a seal comes from the newest run and once; a remix carries all."""
    old, job = before.jobs[use.job], after.jobs[use.job]
    sealed = job.videos > old.videos
    started = use.point == "start" and job.runs[use.who - 1] == "started"
    opened = use.point == "open" and after.viewers[use.who - 1].stage != "away"
    if sealed or started or opened or use.point in ("request", "publish"):
        yield from of_grants(after, depicted(after.jobs, use.job), AFTER)
    if sealed and use.who < len(old.runs):
        yield STALE
    if job.videos > 1:
        yield TWICE
    if use.point == "request" and job.claims != depicted(after.jobs, use.job):
        yield ORPHAN


def of_lists(design: Design, after: State) -> Iterator[str]:
    """What a list shows rests on grants that stand."""
    for n, job in enumerate(after.jobs):
        if job.posted and ("list" not in design.checked or after.stands(job.claims, design.remembers)):
            yield from of_grants(after, depicted(after.jobs, n), VISIBLE)


def of_ends(before: State, after: State) -> Iterator[str]:
    """No grant, job or permit leaves its end."""
    for old, new in zip(before.grants, after.grants, strict=True):
        if new.given and not old.given and new.row == old.row:
            yield UNENDED
    for was, job in zip(before.jobs, after.jobs, strict=True):
        if (was.status in ENDS and job.status != was.status) or (was.permit in ENDS and job.permit != was.permit):
            yield UNENDED


def of_grants(state: State, claims: tuple[Grant | None, ...], fault: str) -> Iterator[str]:
    """The fault if a claim has ended; another if a newer grant stands in its place."""
    for claim, grant in zip(claims, state.grants, strict=True):
        if claim and claim != grant:
            yield REVIVED if grant.given and grant.row > claim.row else fault


def depicted(jobs: tuple[Job, ...], n: int) -> tuple[Grant | None, ...]:
    """Return what the video of job n rests on in truth: its own claims and its ancestors', the oldest first."""
    truth = jobs[n].claims
    for job in reversed(jobs[:n]):
        truth = tuple(theirs or ours for theirs, ours in zip(job.claims, truth, strict=True))
    return truth


def milestones(_: Design, before: State, step: Step) -> Iterator[str]:
    """Yield what a search must have met, or it proves little."""
    after, use = step.state, step.use
    yield from (job.status for job in after.jobs)
    if use and use.point == "publish" and use.job > 0:
        yield "a remix is published"
    if use and use.point == "chunk":
        yield "a chunk leaves while the end is on its way" if before.notices else "a chunk leaves"
    if any(viewer.cut and viewer.stage == "in flight" for viewer in after.viewers):
        yield "a chunk is in flight at the cut"
    if use and use.point == "start" and use.who < len(before.jobs[use.job].runs):
        yield "a paused worker goes on"
    if use and use.point == "seal" and before.jobs[use.job].permit == "spent":
        yield "a run wants to seal what another has sealed"
    if any(grant.row > 1 for grant in after.grants):
        yield "a subject grants again"


MILESTONES = {
    *("absent", "queued", "running", "completed", "cancelled", "failed"),
    *("a remix is published", "a chunk leaves", "a chunk leaves while the end is on its way"),
    *("a chunk is in flight at the cut", "a paused worker goes on", "a run wants to seal what another has sealed"),
    "a subject grants again",
}
WORLDS = {
    Bounds(subjects=2, jobs=3, regrants=0): 45_950,
    Bounds(subjects=2, jobs=3, takeovers=0): 29_266,
    Bounds(subjects=1, jobs=2): 13_782,
    Bounds(subjects=1, jobs=1, raises=1, viewers=2, uses_at_once=2): 16_138,
}
LARGE_WORLDS = {
    Bounds(subjects=2, jobs=3): 393_238,
    Bounds(subjects=2, jobs=2, raises=1): 578_010,
    Bounds(subjects=1, jobs=2, takeovers=2, regrants=2): 317_004,
}
FULL = os.environ.get("PROOFS") == "full"
ONE = Bounds(subjects=1, jobs=1)
REQUEST_ONLY = Design(checked=frozenset({"request"}), sweeps=frozenset(), cuts=False)
Weaker = tuple[Design, Bounds, dict[str, int]]
WEAKER: dict[str, Weaker] = {
    "check at the request only": (REQUEST_ONLY, ONE, {AFTER: 5, REVIVED: 6, VISIBLE: 7, CHUNK: 11}),
    "check at the request, and sweep at the withdrawal": (
        REQUEST_ONLY._replace(sweeps=frozenset({"jobs", "posts"})),
        ONE,
        {AFTER: 7, VISIBLE: 7, REVIVED: 8, CHUNK: 11},
    ),
    "check everywhere, without the lock between check and act": (Design(locked=False), ONE, {AFTER: 3, REVIVED: 4}),
    "remember the subject, without grant and epoch": (Design(remembers="subject"), ONE, {REVIVED: 11, CHUNK: 16}),
    "remember the grant, without its epoch": (
        Design(remembers="row"),
        Bounds(subjects=1, jobs=1, takeovers=0, regrants=0, raises=1),
        {AFTER: 6, VISIBLE: 10, CHUNK: 15},
    ),
    "check the view only when it opens": (Design(cuts=False), ONE, {CHUNK: 15}),
    "listen only after the gate was asked": (Design(watches_first=False), ONE, {CHUNK: 16}),
    "a remix carries its own depictions only": (
        Design(inherits=False),
        Bounds(takeovers=0, regrants=0),
        {ORPHAN: 9, AFTER: 10, VISIBLE: 17, CHUNK: 22},
    ),
    "no fence when a job is run again": (Design(fenced=False), ONE, {STALE: 9}),
    "the seal neither spends the permit nor ends the job": (
        Design(spends=False, ends_with_seal=False),
        ONE,
        {TWICE: 13},
    ),
    "a re-grant reopens the old row": (Design(new_row=False), ONE, {UNENDED: 2}),
}
BACKED = {
    "no sweep at the withdrawal": Design(sweeps=frozenset()),
    "the permit is not spent, the job ends with the seal": Design(spends=False),
    "the job ends after the seal, the permit is spent": Design(ends_with_seal=False),
    "no epoch, while epochs are raised by withdrawals alone": Design(remembers="row"),
}


def say(*lines: str) -> None:
    """Print lines, for whoever runs pytest with -s."""
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


def proved(worlds: dict[Bounds, int]) -> int:
    """Search each world under the shipped design; return how many states were visited."""
    for bounds, size in worlds.items():
        start = time.process_time()
        states, broken = explore(Design(), bounds, faults)
        say(f"{states} states in {time.process_time() - start:.1f} s of CPU time: {bounds}")
        assert (states, broken) == (size, {})
    return sum(worlds.values())


@pytest.mark.proof
def test_the_shipped_design_breaks_no_promise_in_any_reachable_state() -> None:
    start = time.process_time()
    assert proved(WORLDS) >= 100_000
    assert time.process_time() - start < 15
    proved(LARGE_WORLDS if FULL else {})


def test_the_search_meets_everything_that_could_go_wrong() -> None:
    _, met = explore(Design(), Bounds(subjects=1, jobs=2), milestones)
    assert set(met) == MILESTONES


@pytest.mark.parametrize("weaker", WEAKER)
def test_a_weaker_design_is_refuted(weaker: str) -> None:
    design, bounds, expected = WEAKER[weaker]
    states, broken = explore(design, bounds, faults)
    for fault, trace in sorted(broken.items(), key=lambda item: len(item[1])):
        say(f"{weaker}: {fault} ({states} states)", *(f"{number:4}. {line}" for number, line in enumerate(trace, 1)))
    assert {fault: len(trace) for fault, trace in broken.items()} == expected


def test_every_promise_is_broken_by_some_weaker_design() -> None:
    broken = {fault for _, _, expected in WEAKER.values() for fault in expected}
    assert broken == {AFTER, REVIVED, CHUNK, VISIBLE, TWICE, STALE, UNENDED, ORPHAN}


@pytest.mark.proof
@pytest.mark.parametrize("backed", BACKED)
def test_a_guard_that_another_backs_may_fail(backed: str) -> None:
    _, broken = explore(BACKED[backed], Bounds(subjects=1, jobs=2) if FULL else ONE, faults)
    assert broken == {}


def test_the_shortest_counterexample_reads_as_a_story() -> None:
    _, broken = explore(Design(locked=False), ONE, faults)
    assert broken[AFTER] == [
        "the request for job 1 asks: every grant stands",
        "Ada withdraws",
        "the request for job 1 commits",
    ]
