"""Withdrawals at random instants of running jobs, under a real worker whose processes are killed -9 and started again.

Nothing is sealed afterwards, at most one further step is made, no file stays, and a new grant revives nothing. A few
jobs run without a check, and must be found out: else the others would prove nothing.
"""

import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest
from pytest_django import Settings

from consent import audit
from tests.races import withdrawing
from tests.races.watching import Step, Worker, wait_until, worker
from tests.races.withdrawing import PHASES, Case, Plan
from worker import scratch, storage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]
FULL = os.environ.get("PROOFS") == "full"
CASES = 200 if FULL else 8
Steps = Mapping[UUID, Sequence[Step]]


@pytest.fixture
def watched(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker of three processes."""
    settings.WITHDRAWAL_HANDLERS = ["tests.races.withdrawing.tidied"]
    with worker(monkeypatch, children=3) as running:
        yield running


def plans(dice: random.Random) -> tuple[list[Plan], list[Plan]]:
    """Draw the plans, and those that must be found out: their worker does without one check."""
    drawn = [replace(withdrawing.drawn(dice), phase=PHASES[number % len(PHASES)]) for number in range(CASES)]
    weak = replace(drawn[0], end="unpublish", kill="", again=False, tidy=False)
    steps = replace(weak, phase="step", steps=3, prompt="a long wave without steps")
    seal = replace(weak, phase="sealing", jitter_s=0, prompt="a long wave without seal")
    return drawn, [steps, seal]


def carried_out(some: Sequence[Plan], running: Worker) -> list[Case]:
    """Carry the plans out, several at once; return when every job has ended and the worker has stopped."""
    with ThreadPoolExecutor(5) as pool:
        cases = list(pool.map(lambda plan: withdrawing.carried_out(plan, running), some))
    wait_until(withdrawing.all_ended, 120)
    running.finish()
    return cases


def found(cases: Sequence[Case], steps: Steps) -> list[tuple[Plan, str]]:
    """Whatever became of the jobs that must not have."""
    return [(case.plan, fault) for case in cases for fault in withdrawing.faults(case, steps[case.job.id])]


def test_no_job_goes_on_after_a_withdrawal_whenever_it_comes_and_whatever_is_killed(
    watched: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    sound, weak = plans(random.Random(7))
    before = withdrawing.stray_files()
    cases = carried_out([*sound, *weak], watched)
    steps = {case.job.id: watched.steps(case.job.id) for case in cases}
    if FULL:
        with capsys.disabled():
            sys.stdout.write(table(cases[:CASES], steps))
    assert found(cases[:CASES], steps) == []
    assert [fault.split(" ", 1)[1] for _, fault in found(cases[CASES:], steps)] == ["further steps", "after the end"]
    assert watched.shared_connections() == []
    storage.purge()
    assert (withdrawing.stray_files() - before, scratch.clear(), audit.first()) == (set(), 0, [])


def table(cases: Sequence[Case], steps: Steps) -> str:
    """Tell in which phase the ends fell, and what became of those jobs."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        done = steps[case.job.id]
        one_more = {"one further step": withdrawing.further(done)}
        told = {case.job.status: 1, "killed": case.killed, "given again": case.plan.again, **one_more}
        rows[withdrawing.struck(done)].update({"ends": 1, **told, case.plan.end: 1})
    columns = sorted({name for row in rows.values() for name in row})
    lines = [f"{phase:12}" + "".join(f"{rows[phase][name]:>19}" for name in columns) for phase in PHASES]
    return "\n".join(["", " " * 12 + "".join(f"{name:>19}" for name in columns), *lines, ""])
