"""The measures, beside cases worked out by hand."""

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
