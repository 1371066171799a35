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
from tests.consent.test_film_mutants import MUTANTS as FILM_MUTANTS
from tests.consent.test_gate_mutants import MUTANTS
from tests.consent.test_groups import MUTANTS as GROUP_MUTANTS
from tests.consent.test_permit_mutants import MUTANTS as PERMIT_MUTANTS
from tests.consent.test_proof_mutants import MUTANTS as PROOF_MUTANTS
from tests.consent.tours import TOURS, toured

# Others cover what these go through: covered, they would take a third more time and raise no figure.
pytestmark = pytest.mark.no_cover
FULL = os.environ.get("PROOFS") == "full"
STORED = ["permits", "fences", "gate", "groups", "ends"]
# One in so many, in the plain run.
RULES_TRIED, STORED_TRIED = (1, 1) if FULL else (60, 300)

MORE = "more is read than is looked at"
NO_ID = "None is the id of nothing"
# Mutants that change nothing anybody could see, and why.
EQUIVALENT = {
    "rules: 3 → 4": "only the order of audiences and of groups counts",
    "rules: int=0 → int=1": "any number serves that is no person's",
    "rules: text.isascii() → False": "the quick way for plain text",
    "rules: _words(wish.prompt) → pass": "only the time of a refusal, which test_refusals measures",
    "permits: Likeness.objects.filter(subject__in=list(subject_ids), erased_at=None) → "
    "Likeness.objects.filter(erased_at=None)": MORE,
    "gate: claim.grant_id → True": NO_ID,
    "gate: not claim.grant_id → True": MORE,
    "gate: row.rests_on_id → True": NO_ID,
    "gate: grant_ids & rows.keys() → rows.keys()": MORE,
    "gate: point not in rules.PHOTO_USES → False": "no photo is named at other points, and the rules look at none",
    "gate: point is not Point.PUBLISH or not about.video_id → "
    "point is not Point.PUBLISH and (not about.video_id)": MORE,
    "gate: point is not Point.PUBLISH or not about.video_id → not about.video_id": MORE,
    "gate: point is not Point.PUBLISH or not about.video_id → "
    "point is not Point.PUBLISH": "a post is always of a video",
    "gate: return frozenset() → return None": "the rules do not look at it at this point",
    "gate: Likeness.objects.filter(confirmed, subject__in=subjects, erased_at=None) → "
    "Likeness.objects.filter(confirmed, erased_at=None)": MORE,
    "permits: permit_ids → True": "of no permits none is voided",
    "groups: Exists(word.filter(kind=Choice.Kind.CHOSEN)) → Exists(word)": "who is excepted is taken out anyway",
    "groups: Q(subject__in=subject_ids, state=State.GIVEN) → Q(state=State.GIVEN)": MORE,
    "groups: others and Grant.objects.filter(subject=subject, state=State … xclude(group='').exists() → "
    "Grant.objects.filter(subject=subject, state=State.GIVEN).exclude(group='').exists()": "nobody is nobody to except",
    "groups: Grant.objects.filter(subject=subject, grantee=person, rests_ … False, state=State.GIVEN) → "
    "Grant.objects.filter(subject=subject, grantee=person, state=State.GIVEN)": "the group asked for is an offer's",
    "ends: not ended → False": "nothing is ended, and nothing said",
    "fences: return f\"(SELECT count(*) = 0 FROM consent_grant g WHERE g.i …  AND g.state <> 'given')\" → "
    "return None": "read once, when the lists are imported; tests/races/weaker.py takes it out of them",
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
    order, sound = list(probes), set[Probe]()
    for mutant in mutants:
        with planted(mutant):
            noticer = next((probe for probe in order if not holds(probe)), None)
        if noticer:
            assert noticer in sound or holds(noticer), f"{called(noticer)} fails without any change, too"
            sound.add(noticer)
            order.insert(0, order.pop(order.index(noticer)))
        yield mutant, noticer
    assert [called(probe) for probe in sound if not holds(probe)] == []


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


@pytest.mark.parametrize("probe", PROBES)
def test_every_promise_is_kept(db: None, probe: Probe) -> None:
    assert kept(probe)


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
    by_hand = MUTANTS | GROUP_MUTANTS | PERMIT_MUTANTS | PROOF_MUTANTS | FILM_MUTANTS
    for name, (probe, plant) in by_hand.items():
        assert kept(probe), name
        with pytest.MonkeyPatch.context() as patch:
            plant(patch)
            caught = not kept(probe)
        lines.append(f"{'caught' if caught else 'NOT CAUGHT'}: {name} ({getattr(probe, '__qualname__', probe)})")
        missed += [] if caught else [name]
    say(*lines, f"{len(lines)} mutants made by hand, {len(lines) - len(missed)} caught")
    assert missed == []
