"""Each stage of the ranking by itself: what holds for any input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from feed.ranking import ease, exploration, fairness, filters, linking, selection, shelf
from feed.ranking.candidates import BITS, merge
from feed.ranking.log import LONG_VIEW, SHOWN, WANTED, Log
from feed.ranking.popularity import decayed
from feed.ranking.types import DAY
from tests.feed import logbook

FEW = settings(max_examples=40, deadline=None)


@st.composite
def page(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """The columns of a selection, for any number of candidates of a few authors."""
    count = draw(st.integers(0, 40))
    bits = arrays.arrays(np.bool_, count)
    vectors = np.random.default_rng(count).normal(size=(count, 8)).astype(np.float32)
    return {
        "value": draw(arrays.arrays(np.float64, count, elements=st.floats(allow_nan=True, width=32))),
        "author": draw(arrays.arrays(np.int32, count, elements=st.integers(-1, 6))),
        "vectors": vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if count else vectors,
        "followed": draw(bits),
        "drawn": draw(bits),
        "propensity": np.full(count, 0.5, np.float32),
    }


def laid(columns: dict[str, np.ndarray], **rules: float) -> selection.Slate:
    return selection.select(**columns, rng=np.random.default_rng(1), rules=selection.Rules(**rules))


@FEW
@given(page())
def test_a_page_shows_no_candidate_twice_and_keeps_authors_apart(columns: dict[str, np.ndarray]) -> None:
    slate = laid(columns)
    assert len(set(slate.row)) == len(slate.row) <= 20
    authors = columns["author"][slate.row]
    for place, author in enumerate(authors):
        if author >= 0:
            assert place == 0 or authors[place - 1] != author
            assert (authors[max(0, place - 9) : place + 1] == author).sum() <= 2


@FEW
@given(page())
def test_a_slot_by_lot_holds_what_was_drawn_and_tells_its_chance(columns: dict[str, np.ndarray]) -> None:
    slate = laid(columns, explore_chance=1.0)
    assert columns["drawn"][slate.row[slate.explored]].all()
    assert ((slate.propensity > 0) & (slate.propensity <= 1)).all()
    assert (slate.propensity[~slate.explored] == 1).all()
    assert set(np.flatnonzero(slate.explored)) <= {9, 19}


@pytest.mark.parametrize(("chance", "lots"), [(1.0, [9, 19]), (0.0, [])])
def test_the_last_of_ten_is_drawn_by_lot_with_the_chance_of_the_rules(chance: float, lots: list[int]) -> None:
    columns = unlike(40)
    columns["drawn"][30:] = True
    assert np.flatnonzero(laid(columns, explore_chance=chance).explored).tolist() == lots


def unlike(count: int) -> dict[str, np.ndarray]:
    return {
        "value": np.linspace(1, 0, count),
        "author": np.arange(count, dtype=np.int32),
        "vectors": np.eye(count, 64, dtype=np.float32),
        "followed": np.zeros(count, np.bool_),
        "drawn": np.zeros(count, np.bool_),
        "propensity": np.ones(count, np.float32),
    }


def test_without_any_reason_to_the_contrary_the_page_is_in_the_order_of_value() -> None:
    assert laid(unlike(40)).row.tolist() == list(range(20))


def test_one_in_five_is_by_somebody_followed_if_there_is_any() -> None:
    columns = unlike(60)
    columns["followed"][50:] = True
    followed = columns["followed"][laid(columns).row]
    assert all(followed[start : start + 5].any() for start in range(16))


def test_two_posts_alike_do_not_stand_together_when_another_is_nearly_as_good() -> None:
    columns = unlike(30)
    columns["vectors"][1] = columns["vectors"][0]
    assert laid(columns, diversity=0.1).row.tolist()[:2] == [0, 2]
    assert laid(columns, diversity=0.0).row.tolist()[:2] == [0, 1]


@FEW
@given(st.lists(st.integers(-3, 70), max_size=30), st.lists(st.integers(0, 59), max_size=10), st.integers(0, 5))
def test_filters_only_take_away_and_take_all_that_is_hidden(posts: list[int], hidden: list[int], author: int) -> None:
    books, none = logbook.catalogue(), np.empty(0, np.int32)
    asked = np.array(posts, np.int32)
    stays = filters.unhidden(
        asked, books, hidden=np.array(hidden, np.int32), authors=np.int32([author]), sounds=none, terms=none
    )
    left = asked[stays]
    assert not set(left.tolist()) & set(hidden)
    assert (books.author[left] != author).all()
    assert ((left >= 0) & (left < len(books))).all()
    assert not np.isin(asked[filters.unseen(asked, np.array(hidden, np.int32))], hidden).any()


def test_a_hidden_term_takes_all_that_carry_it() -> None:
    books, none = logbook.catalogue(), np.empty(0, np.int32)
    posts = np.arange(60, dtype=np.int32)
    stays = filters.unhidden(posts, books, hidden=none, authors=none, sounds=none, terms=np.int32([1]))
    assert posts[stays].tolist() == list(range(0, 60, 2))


def test_ones_own_posts_stay_away_and_so_do_unknown_ones() -> None:
    posts = np.array([0, 1, 99, -1], np.int32)
    assert filters.not_by(posts, logbook.catalogue(), 0).tolist() == [False, True, False, False]


@FEW
@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True))
def test_a_pool_holds_every_named_post_once_with_all_its_sources(one: list[int], fresh: list[int]) -> None:
    chance = np.full(len(fresh), 0.25, np.float32)
    pool = merge({"ease": np.array(one, np.int32)}, np.array(fresh, np.int32), chance)
    assert sorted(pool.post.tolist()) == sorted({*one, *fresh})
    for post, sources, propensity in zip(pool.post, pool.sources, pool.propensity, strict=True):
        assert bool(sources & BITS["ease"]) == (post in one)
        assert bool(sources & BITS["fresh"]) == (post in fresh)
        assert propensity == (0.25 if post in fresh and post not in one else 1.0)


def test_thompson_draws_as_often_as_it_says() -> None:
    stocked = shelf.stock(logbook.log(rows=200), logbook.catalogue(), logbook.NOW, logbook.SETTINGS)
    posts, rng = np.arange(6, dtype=np.int32), np.random.default_rng(3)
    drawn, told = np.zeros(6), np.zeros(6)
    for _ in range(1500):
        one, chance = exploration.draw(stocked, posts, 2, rng)
        drawn[one] += 1
        told[one] += 1 / chance
    # Weighted by one over its propensity, every post is drawn once a page on average.
    assert drawn.sum() == 3000
    np.testing.assert_allclose(told / 1500, 1.0, atol=0.3)


def test_a_post_that_had_its_promised_showings_is_fresh_no_more() -> None:
    stocked = shelf.stock(logbook.log(), logbook.catalogue(), logbook.NOW, logbook.SETTINGS)
    later = shelf.extended(stocked, logbook.catalogue(3, first=60))
    assert exploration.fresh(later, logbook.NOW, 100).tolist() == [62, 61, 60]


def test_popularity_halves_every_half_life() -> None:
    log = logbook.log(rows=500)
    now, later = (decayed(log, 60, logbook.NOW + wait, 3600.0, WANTED) for wait in (0.0, 3600.0))
    np.testing.assert_allclose(later, now / 2, rtol=1e-5, atol=1e-30)


def test_a_standing_looks_through_who_was_shown_a_post() -> None:
    rng, people, rows = np.random.default_rng(5), 300, 20_000
    person, post = rng.integers(people, size=rows), rng.integers(20, size=rows)
    eager = person % 2 == 0
    # Post 0 is shown to the eager alone, post 1 to the others alone; both are as good as all the rest.
    keep = ~((post == 0) & ~eager) & ~((post == 1) & eager)
    acts = np.where(rng.random(rows) < np.where(eager, 0.8, 0.2), SHOWN | LONG_VIEW, SHOWN)
    log = Log(
        person.astype(np.int32), post.astype(np.int32), np.sort(logbook.NOW - rng.random(rows) * DAY),
        acts.astype(np.uint8), np.full(rows, np.nan, np.float32), np.ones(rows, np.bool_),
    ).rows(keep)  # fmt: skip
    plain = [log.has(LONG_VIEW)[log.post == each].mean() for each in (0, 1)]
    assert plain[0] - plain[1] > 0.5
    for standing in fairness.standings(log, 20, logbook.NOW, DAY):
        assert abs(standing[0] - standing[1]) < 0.5  # by plain shares it would be 2.8


def test_together_counts_as_the_matrix_product_does() -> None:
    person, post = linking.pairs(logbook.log(rows=700), 60, WANTED)
    matrix = np.zeros((240, 60))
    matrix[person, post] = 1
    np.testing.assert_array_equal(linking.together(person, post, 60), matrix.T @ matrix)


def test_links_lead_where_a_dense_matrix_leads() -> None:
    weights = np.random.default_rng(1).normal(size=(9, 9)).astype(np.float32)
    links = linking.strongest(weights, 9)
    posts, lots = np.array([2, 2, 7], np.int32), np.float32([1, 0.5, 2])
    (found,) = linking.reached(links, posts, [lots], 9)
    np.testing.assert_allclose(found, lots @ weights[posts], rtol=1e-5)


@pytest.mark.parametrize(("watched", "low", "high"), [(0.5, 0.0, 0.0), (19.0, 0.2, 0.9), (99.0, 1.0, 1.0)])
def test_watch_time_counts_as_its_place_among_films_about_as_long(watched: float, low: float, high: float) -> None:
    stocked = shelf.stock(logbook.log(), logbook.catalogue(), logbook.NOW, logbook.SETTINGS)
    (place,) = shelf.watch_quantile(stocked, np.int32([0]), np.float32([watched]))
    assert low <= place <= high


def test_a_shelf_knows_nothing_of_what_comes_after_it() -> None:
    log = logbook.log()
    cut = logbook.NOW - 4 * 86400
    early = shelf.stock(log, logbook.catalogue(), cut, logbook.SETTINGS)
    past: Log = log.before(cut)
    again = shelf.stock(past, logbook.catalogue(), cut, logbook.SETTINGS)
    np.testing.assert_array_equal(early.columns, again.columns)


def test_inverting_by_halves_is_inverting() -> None:
    half = np.random.default_rng(4).normal(size=(1300, 60))
    matrix = (half @ half.T + 30 * np.eye(1300)).astype(np.float32)
    inverse = matrix.copy()
    ease.invert(inverse)
    np.testing.assert_allclose(inverse @ matrix, np.eye(1300), atol=1e-3)
