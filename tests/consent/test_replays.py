"""Nothing is accepted twice, late, for another, or for somebody else: permits, seals, reviews, keys, claims.

``PROOFS=full`` tries 10,000 times; the plain run 200.
"""

import os
import random
import sys
import time
from collections import Counter
from typing import Any

import pytest
from django.db import connection, transaction

from consent.models import Decision, LedgerLeaf
from socialvideo.lib.models import KeptReply
from tests.consent import acting, replaying
from tests.consent.replaying import WAYS

# Others cover what these go through: covered, they would take a third more time and raise no figure.
pytestmark = pytest.mark.no_cover
FULL = os.environ.get("PROOFS") == "full"
TRIES, EACH = (10_000, 250) if FULL else (200, 200)


def everything() -> tuple[Any, ...]:
    """What is stored, but for refusals in the journal."""
    allowed = Decision.objects.filter(verdict="allowed").count()
    return acting.stored(), allowed, LedgerLeaf.objects.exclude(kind="use").count(), KeptReply.objects.count()


def tried(seed: int, count: int, met: Counter[str]) -> None:
    """Arrange a scene and try so many times; nothing may be accepted, and nothing stored."""
    place, dice = transaction.savepoint(), random.Random(seed)
    here = replaying.scene()
    before = everything()
    for _ in range(count):
        way = dice.choice(WAYS)
        state = dice.getstate()
        assert way(here, dice), f"{way.__name__} was accepted, with {state}"
        assert everything() == before, f"{way.__name__} left something behind"
        met[way.__name__] += 1
    transaction.savepoint_rollback(place)
    connection.run_on_commit.clear()


@pytest.mark.proof
def test_nothing_is_accepted_twice_late_or_for_another(db: None) -> None:
    start, met = time.perf_counter(), Counter[str]()
    for seed in range(TRIES // EACH):
        tried(seed, EACH, met)
    lines = [f"{count:7,} {name.replace('_', ' ')}" for name, count in met.most_common()]
    took = f"{sum(met.values()):,} tries in {time.perf_counter() - start:.0f} s, none accepted:"
    sys.stdout.write("\n".join(["", took, *lines, ""]))
    assert (sum(met.values()), len(met)) == (TRIES, len(WAYS))
