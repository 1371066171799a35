"""Replaying what was served: each logged row must give the score that it was served with, by the same ranking."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet

from feed.foryou import files
from feed.foryou.explaining import CHRONOLOGICAL, IMPERSONAL
from feed.foryou.ordering import NEWEST
from feed.models import Impression
from feed.ranking import features, scoring
from feed.ranking.log import Floats, Times

EXACT = 1e-6
BATCH = 5000


@dataclass(frozen=True)
class Replayed:
    """How many rows were replayed, how many of them are right, the largest difference, and what could not be judged.

    ``unscored`` were served in order of time; ``lost`` by a ranking that is not kept any more.
    """

    rows: int
    right: int
    largest: float
    unscored: int
    lost: int


def replay(rows: QuerySet[Impression]) -> Replayed:
    """Score the logged rows anew and compare."""
    unscored = rows.filter(rung__in=[CHRONOLOGICAL, NEWEST]).count()
    seen = right = lost = 0
    largest = 0.0
    for name, rung, logged, scores in _batches(rows.exclude(rung__in=[CHRONOLOGICAL, NEWEST])):
        try:
            off = np.abs(rescored(name, rung, logged) - scores)
        except LookupError:
            lost += len(scores)
            continue
        seen, right = seen + len(off), right + int((off <= EXACT).sum())
        largest = max(largest, float(off.max()))
    return Replayed(seen, right, largest, unscored, lost)


def rescored(name: str, rung: str, rows: Floats) -> Times:
    """Return the scores of logged rows by the ranking of this hash; LookupError where it is not kept."""
    if rung == IMPERSONAL:
        return scoring.impersonal(rows)
    model = files.load_weights(name)
    found = scoring.score(model, rows, first=rung)
    if found.rung != rung:
        raise LookupError(f"the ranking {name} has no {rung}")
    return found.value


def _batches(rows: QuerySet[Impression]) -> Iterator[tuple[str, str, Floats, Times]]:
    for name, rung in rows.order_by().values_list("model", "rung").distinct():
        of_one = rows.filter(model=name, rung=rung).order_by("id").values_list("features", "score")
        held: list[Any] = []
        for row in of_one.iterator(BATCH):
            held.append(row)
            if len(held) == BATCH:
                yield (name, rung, *_columns(held))
                held = []
        if held:
            yield (name, rung, *_columns(held))


def _columns(held: list[Any]) -> tuple[Floats, Times]:
    return np.stack([features.unpacked(bytes(row[0])) for row in held]), np.array([row[1] for row in held])
