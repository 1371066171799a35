"""The second scorer: logistic heads over the features, their squares and crosses, in numpy."""

from dataclasses import dataclass

import numpy as np

from feed.ranking.log import Bools, Floats, Longs, Times

ROUNDS = 10  # of Newton's method
CHUNK = 20_000
FLAT = 0.01  # the curve counts as no flatter than this, and a step as no longer than 1: without, a rare label runs away


@dataclass(frozen=True)
class Heads:
    """``weights``: (bases, 1 + acts), the ranking head first, then ``values.ACTS``; NaN where an act was too rare."""

    weights: Times
    centre: Floats
    spread: Floats
    crossed: Longs  # the columns that all others are crossed with
    blend: Floats  # the weights of the blend: the one base that is not held small, so that few labels leave the blend

    def match(self, rows: Floats) -> Times:
        """The log-odds of the ranking head for each row."""
        return np.asarray(np.einsum("rb,b->r", bases(rows, self), self.weights[:, 0]))

    def chances(self, rows: Floats) -> Floats:
        """The probability of each act if shown: (rows, acts), NaN for an act too rare to be learned."""
        return _chance(self._odds(rows)[:, 1:]).astype(np.float32)

    def _odds(self, rows: Floats) -> Times:
        # Not a matrix product: BLAS sums in an order that depends on the batch, and a logged row must give its score.
        return np.asarray(np.einsum("rb,bh->rh", bases(rows, self), self.weights))


def bases(rows: Floats, heads: Heads) -> Times:
    """What the heads are linear in: 1, the blend, the standardised features, their squares and crosses."""
    learned = rows[:, : len(heads.centre)].astype(np.float64)
    blend = (learned * heads.blend).sum(axis=1, keepdims=True)
    x = np.clip((learned - heads.centre) / heads.spread, -5, 5)
    crosses = (x * x[:, [column]] for column in heads.crossed)
    return np.concatenate([np.ones((len(x), 1)), blend, x, x * x, *crosses], axis=1)


def _chance(odds: Times) -> Times:
    """The probability of log-odds, which beyond 30 are as good as certain."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


def scale(rows: Floats) -> tuple[Floats, Floats]:
    """Centre and spread of each column; a column that never varies keeps a spread of 1."""
    spread = rows.std(axis=0)
    return rows.mean(axis=0).astype(np.float32), np.where(spread > 1e-6, spread, 1.0).astype(np.float32)


def unlearned(rows: Floats, blend: Floats, crossed: Longs, acts: int) -> Heads:
    """Heads on the scale of these rows, that know nothing yet."""
    centre, spread = scale(rows)
    weights = np.full((2 + len(centre) * (2 + len(crossed)), 1 + acts), np.nan)
    return Heads(weights, centre, spread, crossed, blend)


def fitted(rows: Floats, label: Bools, heads: Heads, ridge: float) -> Times:
    """The weights of one head: logistic regression by Newton's method, over chunks, so that memory stays small."""
    count = len(heads.weights)
    weights = np.zeros(count)
    share = float(np.clip(label.mean(), 1e-6, 1 - 1e-6))
    weights[0] = np.log(share / (1 - share))
    penalty = np.full(count, ridge)
    penalty[:2] = 1e-6, 1e-3
    for _ in range(ROUNDS):
        slope, curve = -penalty * weights, np.diag(penalty)
        slope[0] = 0.0
        for start in range(0, len(rows), CHUNK):
            base = bases(rows[start : start + CHUNK], heads)
            chance = _chance(base @ weights)
            slope += base.T @ (label[start : start + CHUNK] - chance)
            curve += (base * np.maximum(chance * (1 - chance), FLAT)[:, None]).T @ base
        step = np.linalg.solve(curve, slope)
        weights += step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-4:
            break
    return weights
