"""What a column was worth on its way down the trees, against LightGBM itself, which walks them the same way."""

import numpy as np
import pytest

from feed.foryou import explaining, paths
from feed.ranking import boosting, features
from feed.ranking.types import Settings

COLUMNS = 6


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(2000, COLUMNS)).astype(np.float32)


@pytest.fixture(scope="module")
def head(rows: np.ndarray) -> boosting.Boosted:
    """Trees that learned when the second column and the fourth make up for each other."""
    label = rows[:, 1] + rows[:, 3] > 0
    text = boosting.boosted(rows, label, Settings(leaves=7), trees=60)
    return boosting.Boosted({"match": text}, {"match": 0.25})


def test_the_shares_of_a_row_add_up_to_what_the_trees_say_of_it(rows: np.ndarray, head: boosting.Boosted) -> None:
    found = paths.of_text(head.texts["match"])
    whole = found.shares(rows).sum(axis=1) + found.value[found.roots].sum() + head.offsets["match"]
    assert np.allclose(whole, head.match(rows), atol=1e-9)


def test_what_decided_has_the_shares_and_what_did_not_has_next_to_none(
    rows: np.ndarray, head: boosting.Boosted
) -> None:
    shares = np.abs(paths.of_text(head.texts["match"]).shares(rows)).mean(axis=0)
    assert set(np.argsort(-shares)[:2]) == {1, 3}
    assert max(shares[[0, 2, 4, 5]]) < 0.2 * min(shares[[1, 3]])


def test_the_same_columns_are_named_as_by_shapleys_values(rows: np.ndarray, head: boosting.Boosted) -> None:
    ours, theirs = paths.of_text(head.texts["match"]).shares(rows), head.contributions(rows)
    assert (np.argmax(np.abs(ours), axis=1) == np.argmax(np.abs(theirs), axis=1)).mean() > 0.8
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9


def test_a_row_alone_has_the_shares_that_it_has_among_others(rows: np.ndarray, head: boosting.Boosted) -> None:
    found = paths.of_text(head.texts["match"])
    assert np.array_equal(found.shares(rows)[7:8], found.shares(rows[7:8]))


def test_trees_that_split_by_categories_are_refused(head: boosting.Boosted) -> None:
    with pytest.raises(ValueError, match="categories"):
        paths.of_text(head.texts["match"].replace("num_cat=0", "num_cat=1", 1))


def test_every_column_that_moves_a_score_has_words() -> None:
    assert all(explaining.about(column) != column for column in features.LEARNED)
