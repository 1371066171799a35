"""The rules and the reference, which was written apart from them, say the same of every case.

``PROOFS=full`` tries a million cases and says what they were; the plain run some thousands.
"""

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from consent.rules import Group, Point, Reason
from tests.consent import cases, reference
from tests.consent.cases import Case
from tests.consent.reference import Paper, Shown

FULL = os.environ.get("PROOFS") == "full"
CASES, CHUNK, LISTS = (1_000_000, 25_000, 100_000) if FULL else (5_000, 5_000, 1_000)


def say(*lines: str) -> None:
    """Print lines, for whoever runs pytest with -s."""
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


def tried() -> tuple[Counter[str], list[Case]]:
    """Try all cases; many of them in two processes, each chunk from a seed of its own."""
    seeds, met, apart = range(CASES // CHUNK), Counter[str](), list[Case]()
    if len(seeds) == 1:
        return cases.differences(0, CHUNK)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for some_met, some_apart in pool.map(cases.differences, seeds, [CHUNK] * len(seeds)):
            met.update(some_met)
            apart += some_apart
    return met, apart


@pytest.mark.proof
def test_the_rules_agree_with_the_reference() -> None:
    start = time.perf_counter()
    met, apart = tried()
    took = time.perf_counter() - start
    say(f"{CASES:,} cases in {took:.0f} s, {len(apart)} told apart:", *cases.shares(met, CASES))
    assert apart == []
    assert sum(met[word] for word in ["allowed", *Reason]) == CASES
    assert all(met[reason] > CASES / 200 for reason in Reason), "each reason comes up often"
    asked = [*(f"point:{point}" for point in Point), *(f"group:{group}" for group in ["named", *Group])]
    asked += [f"people:{count}" for count in (1, 2, 3)]
    assert all(met[f"{word} {answer}"] > CASES / 100 for word in asked for answer in ("allowed", "refused"))


@pytest.mark.proof
def test_the_rules_and_the_reference_choose_the_same_grant() -> None:
    assert cases.closest_differences(1, LISTS) == []
    say(f"{LISTS:,} choices among up to six grants, none told apart")


def test_the_reference_names_the_gravest_fault_of_the_first_person() -> None:
    papers = (Paper(1, "ann", used=1), Paper(2, "ben", state="withdrawn", closed=True, ends=0))
    case = Case("request", (Shown("ann", 1, 1), Shown("ben", 2, 1)), papers, enrolled=frozenset({"ann", "ben"}))
    assert reference.broken(case, case.shown[1]) == {"ended", "closed", "expired"}
    assert reference.verdict(case) == ("exhausted", "ann")
    assert reference.verdict(case._replace(shown=case.shown[1:])) == ("ended", "ben")
    assert reference.verdict(case._replace(shown=case.shown[:1], point="open")) == ("allowed", (1,))


def test_the_reference_takes_the_grant_for_the_fewest_people_that_is_open_and_lasts() -> None:
    papers = [
        Paper(1, "ann", closed=True),
        Paper(2, "ann", ends=0),
        Paper(3, "ann", group="everyone"),
        Paper(5, "ann", group="chosen"),
        Paper(4, "ann", group="chosen"),
    ]
    names = []
    while papers:
        names.append(reference.closest(papers, 0).name)
        papers = [paper for paper in papers if paper.name != names[-1]]
    assert names == [4, 5, 3, 2, 1]
