"""The measures, beside cases worked out by hand."""

import math

import numpy as np
import pytest

from feed.ranking import evaluation


def test_ndcg_recall_and_coverage_of_two_lists() -> None:
    ranked = {1: [5, 5, 6, 7], 2: [8]}
    judged = evaluation.topn(ranked, {1: {6, 9}, 2: {8}, 3: {1}}, catalogue=10)
    first = (1 / np.log2(3)) / (1 + 1 / np.log2(3))  # 6 stands second, as the repeated 5 takes no slot
    np.testing.assert_allclose(judged.ndcg, [first, 1.0, 0.0])
    assert judged.figures["recall@20"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert judged.figures["coverage@10"] == pytest.approx(0.4)


def test_what_stands_below_ten_counts_for_twenty_only() -> None:
    judged = evaluation.topn({1: list(range(20))}, {1: {15}}, catalogue=20)
    assert judged.figures["ndcg@10"] == 0
    assert judged.figures["ndcg@20"] == pytest.approx(1 / np.log2(17))


def test_gini_is_0_for_even_showings_and_near_1_for_one_post() -> None:
    assert evaluation.gini(np.ones(50)) == pytest.approx(0)
    assert evaluation.gini(np.eye(1, 50)[0]) == pytest.approx(0.98)


def test_auc_counts_ties_half() -> None:
    assert evaluation.auc(np.array([1.0, 0, 1, 0]), np.array([0.9, 0.1, 0.5, 0.5])) == pytest.approx(3.5 / 4)


def test_gauc_weighs_people_by_showings_and_leaves_out_who_wanted_all_or_nothing() -> None:
    person = np.array([1, 2, 1, 2, 3, 2], np.int32)
    wanted = np.array([True, True, False, False, True, True])
    measured = evaluation.impressions(person, wanted, np.array([0.9, 0.1, 0.2, 0.6, 0.5, 0.8]))
    assert measured["gauc"] == pytest.approx((2 * 1.0 + 3 * 0.5) / 5)


def test_calibration_is_the_gap_of_each_bin() -> None:
    label, chance = np.array([1.0, 0, 1, 1]), np.array([0.52, 0.54, 0.91, 0.91])
    assert evaluation.calibration(label, chance) == pytest.approx((2 * 0.03 + 2 * 0.09) / 4)


def test_the_interval_of_a_clear_gain_excludes_0() -> None:
    gains = np.random.default_rng(2).normal(0.1, 0.1, 400)
    low, high = evaluation.interval(gains)
    assert 0 < low < gains.mean() < high


def slowly(ranked: list[int], wanted: set[int], k: int) -> tuple[float, float]:
    """NDCG and recall of one list by their definitions, one place after the other."""
    shown: list[int] = []
    for post in ranked:
        if post not in shown:
            shown.append(post)
    found = sum(1 / math.log2(place + 1) for place, post in enumerate(shown[:k], start=1) if post in wanted)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(wanted)) + 1))
    return found / best, sum(post in wanted for post in shown[:k]) / len(wanted)


@pytest.mark.parametrize("seed", range(5))
def test_the_measures_of_random_lists_are_those_of_their_definitions(seed: int) -> None:
    rng, posts = np.random.default_rng(seed), 60
    wanted = {one: set(rng.integers(posts, size=rng.integers(1, 30)).tolist()) for one in range(40)}
    ranked = {one: rng.integers(posts, size=rng.integers(0, 35)).tolist() for one in range(45) if one % 7}
    figures = evaluation.topn(ranked, wanted, posts).figures
    for k in (10, 20):
        each = [slowly(ranked.get(one, []), wanted[one], k) for one in wanted]
        assert figures[f"ndcg@{k}"] == pytest.approx(np.mean([ndcg for ndcg, _ in each]))
    assert figures["recall@20"] == pytest.approx(np.mean([recall for _, recall in each]))
    tops = [post for one in wanted for post in list(dict.fromkeys(ranked.get(one, [])))[:10]]
    assert figures["coverage@10"] == pytest.approx(len(set(tops)) / posts)
    counts = [tops.count(post) for post in range(posts)]
    uneven = sum(abs(a - b) for a in counts for b in counts) / (2 * posts * sum(counts))
    assert figures["gini@10"] == pytest.approx(uneven)


@pytest.mark.parametrize("seed", range(5))
def test_the_measures_of_random_chances_are_those_of_their_definitions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    person, wanted = rng.integers(30, size=300).astype(np.int32), rng.random(300) < 0.4
    chance = np.round(rng.random(300), 2)  # with ties
    measured = evaluation.impressions(person, wanted, chance)
    pairs = [(a, b) for a in np.flatnonzero(wanted) for b in np.flatnonzero(~wanted)]
    won = {(a, b): 0.5 * (chance[a] == chance[b]) + (chance[a] > chance[b]) for a, b in pairs}
    assert measured["auc"] == pytest.approx(np.mean(list(won.values())))
    told = weight = 0.0
    for one in set(person.tolist()):
        own = [win for (a, b), win in won.items() if person[a] == person[b] == one]
        told += (person == one).sum() * np.mean(own) if own else 0.0
        weight += (person == one).sum() if own else 0
    assert measured["gauc"] == pytest.approx(told / weight)
    place = [min(19, int(one * 20)) for one in chance]
    bins = [[n for n in range(300) if place[n] == one] for one in range(20)]
    gaps = [len(rows) / 300 * abs(chance[rows].mean() - wanted[rows].mean()) for rows in bins if rows]
    assert measured["ece"] == pytest.approx(sum(gaps))
