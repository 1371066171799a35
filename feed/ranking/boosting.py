"""The third scorer: LightGBM, an extra. The only file that imports it, and only when a model needs it."""

import importlib.util
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from feed.ranking.log import Bools, Floats, Times
from feed.ranking.types import Settings
from feed.ranking.values import ACTS


def installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("lightgbm") is not None


@dataclass(frozen=True)
class Boosted:
    """LightGBM's own text of each head: ``match``, then acts by name; an act too rare to be learned is absent."""

    texts: dict[str, str]
    offsets: dict[str, float]

    @cached_property
    def _trees(self) -> dict[str, Any]:
        import lightgbm

        return {name: lightgbm.Booster(model_str=text) for name, text in self.texts.items()}

    def _odds(self, name: str, rows: Floats) -> Times:
        trees = self._trees[name]
        learned = np.ascontiguousarray(rows[:, : trees.num_feature()])
        return np.asarray(trees.predict(learned, raw_score=True, num_threads=1)) + self.offsets.get(name, 0.0)

    def match(self, rows: Floats) -> Times:
        """What the ranking head adds to the log-odds of the numpy head."""
        return self._odds("match", rows)

    def chances(self, rows: Floats) -> Floats:
        """The probability of each act if shown, as ``Heads.chances``."""
        found = np.full((len(rows), len(ACTS)), np.nan, np.float32)
        for place, act in enumerate(ACTS):
            if act in self.texts:
                found[:, place] = 1 / (1 + np.exp(-self._odds(act, rows)))
        return found

    def contributions(self, rows: Floats) -> Times:
        """How much each learned column moved the ranking head: exact Shapley values of the trees, log-odds."""
        trees = self._trees["match"]
        learned = np.ascontiguousarray(rows[:, : trees.num_feature()])
        return np.asarray(trees.predict(learned, pred_contrib=True, num_threads=1))[:, :-1]


def boosted(rows: Floats, label: Bools, settings: Settings, *, trees: int, start: Times | None = None) -> str:
    """Train one head on binary labels, on top of the log-odds ``start``; the same rows and seed give the same text."""
    import lightgbm

    told = {
        "objective": "binary", "num_leaves": settings.leaves, "learning_rate": settings.rate, "seed": settings.seed,
        "min_data_in_leaf": min(100, max(5, len(rows) // 500)), "feature_fraction": 0.4, "lambda_l2": settings.l2,
        "bagging_fraction": 0.8, "bagging_freq": 1, "deterministic": True, "force_row_wise": True,
        "verbose": -1, "num_threads": 2 if len(rows) > 50_000 else 1,
    }  # fmt: skip
    table = lightgbm.Dataset(rows, label.astype(np.float32), init_score=start)
    text: str = lightgbm.train(told, table, trees).model_to_string()
    return text
