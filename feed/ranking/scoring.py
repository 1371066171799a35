"""From feature rows to values: the best scorer that works, and the one place where wishes change a value."""

import numpy as np

from feed.ranking.boosting import installed
from feed.ranking.features import COLUMNS, LEARNED, PLACE, WISHED
from feed.ranking.log import Floats, Times
from feed.ranking.model import Model
from feed.ranking.types import Scored
from feed.ranking.values import ACTS, WEIGHTS

RUNGS = ("boosted", "heads", "blend", "chronological")
# What a scorer raises when it is absent, was trained on other columns, or its file is spoilt.
BROKEN = (ImportError, OSError, ValueError, KeyError, IndexError, TypeError, ArithmeticError, RuntimeError)


def score(model: Model, rows: Floats, *, first: str = "boosted") -> Scored:
    """Score logged rows by the first rung, from ``first`` down, that is there and works. The value is a function
    of the model and of each row alone: the same row gives the same value, whatever else is scored with it."""
    for rung in RUNGS[RUNGS.index(first) : -1]:
        try:
            scored = _by(model, rows, rung)
        except BROKEN:
            continue
        if scored is not None and np.isfinite(scored.value).all():
            return scored
    unknown = np.full((len(rows), len(ACTS)), np.nan, np.float32)
    return Scored(np.nan_to_num(_column(rows, "published")), RUNGS[-1], unknown)


def _by(model: Model, rows: Floats, rung: str) -> Scored | None:
    if rung == "blend":
        match = model.blend.match(rows)
        return Scored(match + wished(rows), rung, np.full((len(rows), len(ACTS)), np.nan, np.float32))
    head = model.heads if rung == "heads" else model.boosted if installed() else None
    if head is None:
        return None
    chances = head.chances(rows)
    return Scored(head.match(rows) * WEIGHTS["match"] + worth(chances) + wished(rows), rung, chances)


def worth(chances: Floats) -> Times:
    """What the chances of the acts are worth by the published table; an act nobody could learn counts nothing."""
    value = np.zeros(len(chances))
    for place, act in enumerate(ACTS):
        value += WEIGHTS[act] * np.nan_to_num(chances[:, place].astype(np.float64))
    return value


def wished(rows: Floats) -> Times:
    """What the viewer's own words, mood and slider add: the one place where they do."""
    value = np.zeros(len(rows))
    for name in ("steer", "mood", "ai"):
        value += WEIGHTS[name] * _column(rows, name)
    return value


def _column(rows: Floats, name: str) -> Times:
    return rows[:, PLACE[name]].astype(np.float64)


def contributions(model: Model, rows: Floats, rung: str) -> Times:
    """How much each column moved the value of each row, (rows, COLUMNS), for the rung that scored it: Shapley values of
    the trees; for the heads and the blend what the value loses when the column takes its usual value."""
    found = np.zeros((len(rows), len(COLUMNS)))
    if rung == "boosted" and model.boosted:
        shares = model.boosted.contributions(rows)
        found[:, : shares.shape[1]] = shares
    elif rung in {"heads", "blend"}:
        usual = model.heads.centre if model.heads else np.zeros(len(LEARNED), np.float32)
        scorer = model.heads if rung == "heads" and model.heads else model.blend
        whole = scorer.match(rows)
        for place in range(len(LEARNED)):
            without = rows.copy()
            without[:, place] = usual[place]
            found[:, place] = whole - scorer.match(without)
    for name in WISHED[:-1]:
        found[:, PLACE[name]] = WEIGHTS[name] * rows[:, PLACE[name]]
    return found


def impersonal(rows: Floats) -> Times:
    """The value in the non-profiling mode: decayed popularity and declared wishes, no column about the viewer."""
    return _column(rows, "wanted_day") + wished(rows)
