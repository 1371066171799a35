"""Every decision point races everything that can end it, on the real database, held up where it would hurt.

What counts as a violation stands in ``oracle.py``, for each use in ``uses.py`` and each end in ``ends.py``.
``PROOFS=full`` runs 20,000 races in three processes and prints the table by pair; the plain run 500 in this one.
"""

import os
import sys
import time
from collections import Counter

import pytest

from tests.races import course, oracle
from tests.races.course import Course, Pair, Tally, held_up, table
from tests.races.ends import ENDS, PAIRS
from tests.races.track import raced, raced_apart
from tests.races.uses import USES
from tests.races.weaker import BROKE, WEAKER, Weaker

FULL = os.environ.get("PROOFS") == "full"
RACES, TRACKS = 20_000, 3
FEW = 500


def by_use(tallies: dict[Pair, Tally]) -> dict[str, Tally]:
    """Sum up what came of each use, where it can be refused."""
    sums = {use: Tally() for use in USES}
    for (use, end), tally in tallies.items():
        if not oracle.spared(USES[use], ENDS[end]):
            sums[use].add(tally)
    return sums


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_no_use_survives_its_end_and_none_is_refused_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    tallies = raced_apart(RACES, TRACKS) if FULL else raced(FEW, seed=1)
    if FULL:
        with capsys.disabled():
            sys.stdout.write(f"\n{table(tallies)}\n{time.monotonic() - began:.0f} s\n")
    assert {pair: tally.faults for pair, tally in tallies.items() if tally.faults} == {}
    assert set(tallies) == set(PAIRS)
    assert sum(tally.races for tally in tallies.values()) >= (RACES if FULL else FEW)
    # Both sides must have won at times, else nothing was raced.
    least = 0.05 if FULL else 0.001
    assert [use for use, won in by_use(tallies).items() if min(won.let, won.refused) < least * won.races] == []


@pytest.mark.django_db(transaction=True)
def test_every_weaker_product_is_found_out() -> None:
    missed = [(name, pair) for name, weaker in WEAKER.items() for pair in weaker.pairs if not found_out(weaker, pair)]
    assert missed == []


def found_out(weaker: Weaker, pair: Pair) -> bool:
    """Tell whether up to 800 races find the fault that is to be expected, held up longer than the product's own."""
    found: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "HELD_S", 0.03)
        weaker.weaken(patch)
        with held_up(), Course(1, batch=2, streams="stream" in pair[0]) as races:
            for _ in range(400):
                found += races.run([pair] * 2)[pair].faults
                if any(fault.startswith(weaker.finds) for fault in found):
                    return True
    return False


def test_every_fault_is_found_in_some_weaker_product() -> None:
    assert {weaker.finds for weaker in WEAKER.values()} == {*oracle.FAULTS, BROKE}


def test_every_use_and_every_end_is_raced() -> None:
    assert {use for use, _ in PAIRS} == set(USES)
    assert {end for _, end in PAIRS} == set(ENDS)
