"""Running races: two or three sides on connections of their own start at once and are held up where it would hurt."""

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.db import connections

from consent import ends, gate, ledger, locks, withdrawal
from socialvideo.lib.errors import Problem
from tests.races import oracle
from tests.races.ends import ENDS
from tests.races.stage import Scenery, Stage, cast, set_up
from tests.races.theatre import Theatre
from tests.races.uses import USES, Refused

Pair = tuple[str, str]
REFUSALS = {"consent_unavailable", "gone_consent", "taken_down"}
BATCH = 20
WAIT_S = 60
# Where a side may be held up, and for how long at most.
HELD = ("asked", "locked", "read", "tidied", "ended", "written")
HELD_S = 0.005
# How far one result moves the start of the later side, at first and in the end, so that each side wins about as often.
FIRST_STEP_S, STEP_S, SHRINKING = 0.008, 0.001, 0.8
SPREAD_S, FARTHEST_S = 0.004, 0.2

_side = threading.local()


@dataclass
class Tally:
    """What the races of one pair came to."""

    races: int = 0
    let: int = 0
    refused: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add the races of another series."""
        self.races += other.races
        self.let += other.let
        self.refused += other.refused
        self.faults += Counter(other.faults)


def hold(function: Callable[..., Any], before: str = "", after: str = "") -> Callable[..., Any]:
    """Return ``function`` with places to be held up before and after it."""

    def held(*args: Any, **kwargs: Any) -> Any:
        _pause(before)
        result = function(*args, **kwargs)
        _pause(after)
        return result

    return held


def _pause(place: str) -> None:
    seconds = getattr(_side, "pauses", {}).get(place, 0.0)
    if seconds:
        time.sleep(seconds)


def noting(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return the gate's reading, which notes for the stage what was read."""

    def noted(*args: Any, **kwargs: Any) -> Any:
        result = read(*args, **kwargs)
        stage = getattr(_side, "stage", None)
        if stage:
            stage.reads.append(result)
        return result

    return noted


@contextmanager
def held_up() -> Iterator[None]:
    """Put the places to be held up into the product's own steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locks, "share", hold(locks.share, "asked", "locked"))
        patch.setattr(locks, "exclude", hold(locks.exclude, "asked", "locked"))
        patch.setattr(gate, "_read", hold(noting(gate._read), after="read"))
        patch.setattr(ends, "tidy", hold(ends.tidy, after="tidied"))
        patch.setattr(withdrawal, "_end", hold(withdrawal._end, after="ended"))
        patch.setattr(ledger, "append", hold(ledger.append, after="written"))
        yield


def table(tallies: Mapping[Pair, Tally]) -> str:
    """Return the races by pair: how many, how many each side won, and the faults."""
    lines = [f"{'use against end':<34}{'races':>7}{'use won':>9}{'end won':>9}{'faults':>8}"]
    total = Tally()
    for (use, end), tally in sorted(tallies.items()):
        total.add(tally)
        lines.append(_line(f"{use} against {end}", tally))
    return "\n".join([*lines, _line("all", total)])


def _line(name: str, tally: Tally) -> str:
    return f"{name:<34}{tally.races:>7}{tally.let:>9}{tally.refused:>9}{tally.faults.total():>8}"


class Course:
    """The people, the threads and the stream server of a series of races."""

    def __init__(self, seed: int, *, batch: int = BATCH, streams: bool = True) -> None:
        self.dice = random.Random(seed)
        self.casts = cast(batch)
        self.theatre = Theatre() if streams else None
        # One thread each, so that a side keeps its connection and none waits for another to start.
        self._sides = [ThreadPoolExecutor(1, "side") for _ in range(3)]
        self._leads: dict[str, float] = defaultdict(float)
        self._steps: dict[str, float] = defaultdict(lambda: FIRST_STEP_S)

    def __enter__(self) -> "Course":
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads and give their connections back."""
        for side in self._sides:
            side.submit(connections.close_all).result(WAIT_S)
            side.shutdown()
        if self.theatre:
            self.theatre.close()

    def run(self, pairs: Sequence[Pair]) -> dict[Pair, Tally]:
        """Race each pair once, in batches; return what came of them, by pair."""
        tallies: dict[Pair, Tally] = defaultdict(Tally)
        batch = len(self.casts)
        for first in range(0, len(pairs), batch):
            self._run_batch(pairs[first : first + batch], tallies)
        return tallies

    def _run_batch(self, pairs: Sequence[Pair], tallies: dict[Pair, Tally]) -> None:
        stages = set_up(self.casts[: len(pairs)], [scenery(pair) for pair in pairs])
        begun = ledger.size()
        for pair, stage in zip(pairs, stages, strict=True):
            stage.theatre, stage.dice = self.theatre, self.dice
            self._race(pair, stage)
        found = oracle.aftermath(stages, begun)
        for pair, stage in zip(pairs, stages, strict=True):
            seen = Counter(set(oracle.faults(stage, USES[pair[0]], ENDS[pair[1]], found)))
            tallies[pair].add(Tally(1, int(stage.let), int(not stage.let), seen))

    def _race(self, pair: Pair, stage: Stage) -> None:
        use, end = pair
        acts = [USES[use].act, *ENDS[end].acts]
        lead = self._leads[use] + self._leads[end]
        together = threading.Barrier(len(acts))
        running = []
        late_comer = ENDS[end].late_comers and self.dice.random() < 0.5
        for number, act in enumerate(acts):
            late = max(0.0, lead if number else -lead) + self.dice.uniform(0, SPREAD_S)
            pauses = {self.dice.choice(HELD): self.dice.uniform(0, HELD_S)}
            take = _end if number else _late_use if late_comer else _use
            running.append(self._sides[number].submit(_run_side, stage, together, late, pauses, take, act))
        for side in running:
            side.result(WAIT_S)
        # Where nothing ends, or the end spares the use, there is no balance to be found.
        for name in () if late_comer or oracle.spared(USES[use], ENDS[end]) else pair:
            moved = self._leads[name] + (-self._steps[name] if stage.let else self._steps[name])
            self._leads[name] = min(FARTHEST_S, max(-FARTHEST_S, moved))
            self._steps[name] = max(STEP_S, self._steps[name] * SHRINKING)


def scenery(pair: Pair) -> Scenery:
    """Return what a race of this pair needs before it."""
    use, end = USES[pair[0]], ENDS[pair[1]]
    taken_up = bool(use.scenery.film or use.scenery.run) or not end.group or end.leaf == "invalidation"
    return replace(
        use.scenery,
        **({"run": "running"} if end.two_in_run else {}),
        two=end.two,
        two_in_run=end.two_in_run,
        spent=end.spent,
        group=end.group,
        taken_up=taken_up,
    )


def _run_side(
    stage: Stage,
    together: threading.Barrier,
    late: float,
    pauses: dict[str, float],
    take: Callable[..., None],
    act: Callable[[Stage], object],
) -> None:
    together.wait(WAIT_S)
    time.sleep(late)
    _side.pauses = pauses
    try:
        take(stage, act)
    except Exception as error:
        # Whatever is neither a yes nor a no: a deadlock, a constraint that had to help out, a programming error.
        stage.faults.append(f"broke: {type(error).__name__}: {str(error).splitlines()[0]}")
    finally:
        _side.pauses, _side.stage = {}, None


def _use(stage: Stage, act: Callable[[Stage], object]) -> None:
    _side.stage = stage
    try:
        act(stage)
    except Refused:
        return
    except Problem as problem:
        if problem.code not in REFUSALS:
            raise
        return
    stage.let = True


def _late_use(stage: Stage, act: Callable[[Stage], object]) -> None:
    stage.over.wait(WAIT_S)
    _use(stage, act)


def _end(stage: Stage, act: Callable[[Stage], object]) -> None:
    try:
        act(stage)
    finally:
        stage.over.set()
