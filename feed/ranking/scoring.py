"""From feature rows to values: the best scorer that works, and the one place where wishes change a value."""

import numpy as np

from feed.ranking.blend import Blend
from feed.ranking.boosting import installed
from feed.ranking.features import COLUMNS, PLACE, WISHED
from feed.ranking.heads import Heads
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
    if model.heads is None or (rung == "boosted" and not (model.boosted and installed())):
        return None
    match = model.heads.match(rows)
    if rung == "boosted" and model.boosted:
        match, chances = match + model.boosted.match(rows), model.boosted.chances(rows)
    else:
        chances = model.heads.chances(rows)
    return Scored(match * WEIGHTS["match"] + worth(chances) + wished(rows), rung, chances)


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
    # Wishes are counted from the end: in a row of before some columns were learned they stand further to the front.
    place = PLACE[name] - len(COLUMNS) if name in WISHED else PLACE[name]
    return rows[:, place].astype(np.float64)


def contributions(model: Model, rows: Floats, rung: str) -> Times:
    """How much each column moved the value of each row, in the shape of the rows, for the rung that scored it: what the
    heads would lose if the column took its usual value, and on top of it the Shapley values of the trees."""
    found = np.zeros(rows.shape)
    if model.heads and rung in RUNGS[:2]:
        losses = _losses(model.heads, rows, model.heads.centre)
        found[:, : losses.shape[1]] = losses
    elif rung == "blend":
        losses = _losses(model.blend, rows, np.zeros(len(model.blend.weights), np.float32))
        found[:, : losses.shape[1]] = losses
    if rung == "boosted" and model.boosted:
        shares = model.boosted.contributions(rows)
        found[:, : shares.shape[1]] += shares
    for name in WISHED[:-1]:
        found[:, PLACE[name] - len(COLUMNS)] = WEIGHTS[name] * _column(rows, name)
    return found


def _losses(scorer: Heads | Blend, rows: Floats, usual: Floats) -> Times:
    """What each row's score loses when one learned column after the other takes its usual value."""
    count = len(usual)
    without = np.repeat(rows, count, axis=0)
    every = np.arange(len(without))
    without[every, every % count] = usual[every % count]
    return scorer.match(rows)[:, None] - scorer.match(without).reshape(len(rows), count)


def impersonal(rows: Floats) -> Times:
    """The value in the non-profiling mode: decayed popularity and declared wishes, no column about the viewer."""
    return _column(rows, "wanted_day") + wished(rows)
