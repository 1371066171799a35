"""Mutants of what films of films rest on: each check is taken away once, and a probe of the promise must notice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from consent import gate, permits, rules
from consent.permits import Origin
from consent.rules import Point
from tests.consent import promises_of_films
from tests.consent.test_gate_mutants import Patch, around, patched

Probe = Callable[[], bool]


def issued_with(**changed: Any) -> Callable[[Patch], None]:
    """Issue whatever is composed as if its origin said something else."""

    def weaken(real: Callable[..., Any], *, origin: Origin, **asked: Any) -> Any:
        return real(origin=replace(origin, **changed), **asked)

    return around(permits, "issue", weaken)


def unbarred(real: Callable[..., Any], *, claims: Any, nobody: bool, **asked: Any) -> Any:
    """Leave out who is nobody."""
    left = [claim for claim in claims if claim.subject_id != rules.NOBODY]
    return real(claims=left, nobody=not left, **asked)


def photos_forgiven(real: Callable[..., Any], permit_id: Any) -> Any:
    """Take a permit whose photo is lost for one without photos."""
    permits.Permit.objects.filter(id=permit_id).update(uses_photos=False, lineage=[permit_id])
    return real(permit_id)


MUTANTS: dict[str, tuple[Probe, Callable[[Patch], None]]] = {
    "a stitch needs no right": (
        promises_of_films.a_composition_asks_for_the_right_of_others,
        issued_with(right=None),
    ),
    "who asks needs a right of themselves": (
        promises_of_films.who_asks_needs_no_right_of_themselves,
        issued_with(spares_requester=False),
    ),
    "everybody who asks is spared": (
        promises_of_films.only_where_it_says_so_is_who_asks_spared,
        issued_with(spares_requester=True),
    ),
    "a composition is for photos": (
        promises_of_films.another_photo_changes_nothing_for_a_composition,
        issued_with(uses_photos=True),
    ),
    "who erased theirs is composed": (
        promises_of_films.who_erased_theirs_is_in_no_composition,
        patched(rules, "PHOTO_USES", frozenset({Point.REQUEST})),
    ),
    "a lost photo is none": (
        promises_of_films.a_lost_photo_is_not_the_absence_of_one,
        around(permits, "_opened", photos_forgiven),
    ),
    "an author's no is not heard": (
        promises_of_films.an_author_who_bars_others_is_like_somebody_who_granted_nothing,
        around(gate, "use", unbarred),
    ),
    "an offer is counted once for two films": (
        promises_of_films.two_films_on_one_offer_take_two_of_its_uses,
        around(
            gate,
            "_counted",
            lambda real, row, rows: replace(real(row, rows), uses=row.rests_on.uses if row.rests_on else row.uses),
        ),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_removed_check_is_noticed(db: None, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    probe, plant = MUTANTS[name]
    assert probe() is True
    plant(monkeypatch)
    try:
        noticed = probe() is not True
    except Exception:  # the database, or a fact that is missing, helped out
        noticed = True
    assert noticed
