"""The measures: of ranked lists (NDCG, recall, coverage, Gini) and of chances (AUC, GAUC, calibration)."""

from collections.abc import Mapping, Sequence

from feed.ranking.log import Bools, Ints, Times


def topn(ranked: Mapping[int, Sequence[int]], truth: Mapping[int, set[int]], catalogue: int) -> dict[str, float]:
    """ndcg@10, ndcg@20, recall@20, coverage@10, gini@10 over every viewer of the truth; who has no list scores 0."""
    raise NotImplementedError


def impressions(person: Ints, wanted: Bools, chance: Times) -> dict[str, float]:
    """auc, gauc (mean of people's AUC, weighted by showings), normalised entropy and ece (20 equal bins)."""
    raise NotImplementedError
