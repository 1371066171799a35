"""Each check on the way through the gate is changed once, by machine and by hand, and a probe must notice.

The rules are tried against the reference; what touches the database against the probes of the promises and against the
tours. Whatever no probe notices must be shown below to change nothing. ``PROOFS=full`` tries all and prints the list;
the plain run takes samples.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pytest

from tests.consent import cases, mutation, promises_of_wiring
from tests.consent.mutation import Mutant, planted
from tests.consent.probing import PROBES, Probe, kept
from tests.consent.test_gate_mutants import MUTANTS
from tests.consent.test_groups import MUTANTS as GROUP_MUTANTS
from tests.consent.test_proof_mutants import MUTANTS as PROOF_MUTANTS
from tests.consent.tours import TOURS, toured

FULL = os.environ.get("PROOFS") == "full"
STORED = ["permits", "fences", "gate", "groups", "ends", "reviews", "withdrawal", "locks", "journal", "expiry"]
# One in so many, in the plain run.
RULES_TRIED, STORED_TRIED = (1, 1) if FULL else (4, 60)

# Mutants that change nothing anybody could see, and why.
EQUIVALENT = {
    "rules: 2 → 3": "only the order of audiences counts",
    "rules: 3 → 4": "only the order of groups counts",
    "rules: int=0 → int=1": "any number serves that is no person's",
    "rules: text.isascii() → False": "the quick way for plain text",
    "rules: _words(wish.prompt) → pass": "only the time of a refusal, which test_refusals measures",
}


def agreeing(cases_tried: int) -> bool:
    """Whether the rules agree with the reference in so many cases."""
    apart = [cases.differences(3, cases_tried)[1], cases.text_differences(3, cases_tried)]
    return not any(apart) and not cases.closest_differences(3, min(cases_tried, 300))


# From quick to thorough: most mutants are noticed by the first.
PURE: list[Probe] = [
    partial(agreeing, 50),
    promises_of_wiring.deciding_about_nobody_is_an_error,
    promises_of_wiring.a_claim_says_what_it_holds,
    promises_of_wiring.a_refusal_is_false,
    promises_of_wiring.all_but_medical_is_denied_unless_said_otherwise,
    partial(agreeing, 300),
    partial(agreeing, 5_000),
]


def holds(probe: Probe) -> bool:
    """Whether a probe of pure functions is True; what raises is not."""
    try:
        return probe() is True
    except Exception:
        return False


def noticers(
    mutants: list[Mutant], probes: list[Probe], holds: Callable[[Probe], bool]
) -> Iterator[tuple[Mutant, Probe | None]]:
    """Plant each mutant, and yield it with the probe that notices it, or None. The last noticer is asked first."""
    order = list(probes)
    for mutant in mutants:
        with planted(mutant):
            noticer = next((probe for probe in order if not holds(probe)), None)
        if noticer:
            order.insert(0, order.pop(order.index(noticer)))
        yield mutant, noticer


def say(*lines: str) -> None:
    """Print lines, for whoever runs pytest with -s."""
    sys.stdout.write("\n".join(lines) + "\n")


def called(probe: Probe) -> str:
    """The name of a probe, with what it is given."""
    if isinstance(probe, partial):
        given = [name for name, tour in TOURS.items() if tour == probe.args] or probe.args
        return " ".join(map(str, [probe.func.__name__, *given]))
    return probe.__name__


def judged(module: str, found: Iterable[tuple[Mutant, Probe | None]]) -> None:
    """Print each mutant and who noticed it; every survivor must be known to change nothing, and nothing else be."""
    names, survivors = set(), set()
    for mutant, noticer in found:
        name = str(mutant)
        names.add(name)
        survivors |= set() if noticer else {name}
        outcome = f"noticed by {called(noticer)}" if noticer else f"changes nothing: {EQUIVALENT.get(name, '???')}"
        say(f"{name}  [{outcome}]")
    say(f"{module}: {len(names)} changes, {len(names) - len(survivors)} noticed")
    assert survivors == EQUIVALENT.keys() & names


@pytest.mark.proof
def test_every_change_of_the_rules_is_noticed() -> None:
    mutants = list(mutation.mutants("consent.rules"))[::RULES_TRIED]
    assert all(map(holds, PURE))
    judged("rules", noticers(mutants, PURE, holds))


@pytest.mark.proof
@pytest.mark.parametrize("module", STORED)
def test_every_change_on_the_way_through_the_gate_is_noticed(db: None, module: str) -> None:
    probes = [*PROBES, *(partial(toured, *tour) for tour in TOURS.values())]
    mutants = list(mutation.mutants(f"consent.{module}"))[::STORED_TRIED]
    mutants = [mutant for mutant in mutants if FULL or str(mutant) not in EQUIVALENT]
    judged(module, noticers(mutants, probes, kept))


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="each is a test of its own in the plain run")
def test_the_list_of_mutants_made_by_hand(db: None) -> None:
    lines, missed = [], []
    for name, (probe, plant) in [*MUTANTS.items(), *GROUP_MUTANTS.items(), *PROOF_MUTANTS.items()]:
        assert kept(probe), name
        with pytest.MonkeyPatch.context() as patch:
            plant(patch)
            caught = not kept(probe)
        lines.append(f"{'caught' if caught else 'NOT CAUGHT'}: {name} ({getattr(probe, '__qualname__', probe)})")
        missed += [] if caught else [name]
    say(*lines, f"{len(lines)} mutants made by hand, {len(lines) - len(missed)} caught")
    assert missed == []
