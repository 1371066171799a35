"""The ranking as a whole, trained on a small synthetic log: it learns, falls back, replays, and knows no viewer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from feed.ranking import boosting, candidates, evaluation, features, scoring, training
from feed.ranking.blend import Blend
from feed.ranking.crowd import Crowd
from feed.ranking.heads import Heads, fitted, unlearned
from feed.ranking.log import WANTED
from feed.ranking.model import Model, dumped, loaded
from feed.ranking.shelf import POST
from feed.ranking.types import DAY, Viewer, Wishes
from feed.ranking.values import ACTS
from tests.feed import logbook

CUT = logbook.NOW - 2 * DAY
POSTS = np.arange(60, dtype=np.int32)


@pytest.fixture(scope="module")
def model() -> Model:
    return training.train(logbook.log(), logbook.catalogue(), logbook.social(), CUT, logbook.SETTINGS)


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return Crowd(logbook.log().before(CUT), logbook.social())


def some_rows(model: Model, crowd: Crowd, person: int = 3) -> np.ndarray:
    return features.rows(model, crowd.viewer(person), POSTS, CUT)


def ndcg(rank: Callable[[Viewer], np.ndarray], crowd: Crowd) -> float:
    later = logbook.log().between(CUT, logbook.NOW)
    wanted: dict[int, set[int]] = {}
    for person, post in zip(later.person[later.wanted], later.post[later.wanted], strict=True):
        wanted.setdefault(int(person), set()).add(int(post))
    lists = {person: rank(crowd.viewer(person)).tolist() for person in wanted}
    return evaluation.topn(lists, wanted, 60).figures["ndcg@10"]


@pytest.mark.parametrize("rung", ["boosted", "heads", "blend"])
def test_every_scorer_ranks_better_than_popularity(model: Model, crowd: Crowd, rung: str) -> None:
    def best(viewer: Viewer) -> np.ndarray:
        return np.argsort(-scoring.score(model, features.rows(model, viewer, POSTS, CUT), first=rung).value)

    popular = ndcg(lambda viewer: model.shelf.trending, crowd)
    assert ndcg(best, crowd) > 1.2 * popular


@pytest.mark.parametrize("rung", scoring.RUNGS)
def test_a_logged_row_gives_the_served_value_again_alone_and_after_a_restart(
    model: Model, crowd: Crowd, rung: str
) -> None:
    rows = some_rows(model, crowd)
    served = scoring.score(model, rows, first=rung)
    again = loaded(*reversed(dumped(model)))
    for row, value in zip(rows, served.value, strict=True):
        logged = features.unpacked(features.packed(row))
        assert abs(scoring.score(again, logged[None], first=rung).value[0] - value) < 1e-6


NARROW = features.LEARNED.index("age") + 1  # as wide as rows were before fair shares came


def of_before(model: Model, rows: np.ndarray) -> tuple[Model, np.ndarray]:
    """A model that learned from the first NARROW columns, and the rows as they were logged then."""
    learned, label = rows[:, :NARROW], np.arange(len(rows)) % 2 == 0
    young = unlearned(learned, model.blend.weights[:NARROW], np.array([0]), len(ACTS))
    weights = np.tile(fitted(learned, label, young, 30.0)[:, None], 1 + len(ACTS))
    text = boosting.boosted(learned, label, logbook.SETTINGS, trees=3)
    old = replace(
        model, shelf=replace(model.shelf, columns=model.shelf.columns[:, : len(POST)]),
        blend=Blend(model.blend.weights[:NARROW]), heads=replace(young, weights=weights),
        boosted=boosting.Boosted({"match": text, "long_view": text}, {}),
    )  # fmt: skip
    return old, np.concatenate([learned, rows[:, len(features.LEARNED) :]], axis=1)


@pytest.mark.parametrize("rung", scoring.RUNGS)
def test_a_ranking_of_before_replays_its_rows_and_ranks_on(model: Model, crowd: Crowd, rung: str) -> None:
    wishes = Wishes(np.linspace(-1, 1, 60, dtype=np.float32), np.ones(60, np.float32), ai=0.5)
    rows = features.rows(model, crowd.viewer(3), POSTS, CUT, wishes)
    old, logged = of_before(model, rows)
    old = loaded(*reversed(dumped(old)))
    served = scoring.score(old, logged, first=rung)
    assert served.rung == rung
    now = features.rows(old, crowd.viewer(3), POSTS, CUT, wishes)
    np.testing.assert_allclose(scoring.score(old, now, first=rung).value, served.value, atol=1e-6)
    assert scoring.contributions(old, logged, rung).shape == logged.shape
    assert features.told(logged[0])["steer"] == -1
    np.testing.assert_array_equal(scoring.impersonal(logged), scoring.impersonal(rows))


def test_no_row_depends_on_the_other_candidates(model: Model, crowd: Crowd) -> None:
    viewer = crowd.viewer(5)
    whole = features.rows(model, viewer, POSTS, CUT)
    for post in (0, 17, 59):
        np.testing.assert_array_equal(features.rows(model, viewer, POSTS[post : post + 1], CUT)[0], whole[post])


def broken(*rest: Any) -> None:
    raise ValueError("spoilt")


def test_scorers_stand_in_for_one_another_in_their_order(
    model: Model, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, seen = some_rows(model, crowd), []
    seen.append(scoring.score(model, rows).rung)
    monkeypatch.setattr(boosting.Boosted, "match", broken)
    seen.append(scoring.score(model, rows).rung)
    monkeypatch.setattr(Heads, "match", broken)
    seen.append(scoring.score(model, rows).rung)
    monkeypatch.setattr(type(model.blend), "match", broken)
    last = scoring.score(model, rows)
    assert [*seen, last.rung] == list(scoring.RUNGS)
    assert np.argmax(last.value) == 59  # the newest


def test_without_the_extra_the_heads_score(model: Model, crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "installed", lambda: False)
    assert scoring.score(model, some_rows(model, crowd)).rung == "heads"


def test_values_that_are_no_numbers_count_as_a_broken_scorer(model: Model, crowd: Crowd) -> None:
    assert model.heads is not None
    spoilt = replace(model, boosted=None, heads=replace(model.heads, weights=model.heads.weights * np.nan))
    assert scoring.score(spoilt, some_rows(model, crowd)).rung == "blend"


@pytest.mark.parametrize("rung", scoring.RUNGS[:-1])
def test_a_wish_moves_a_value_its_way(model: Model, crowd: Crowd, rung: str) -> None:
    viewer = crowd.viewer(3)
    plain = scoring.score(model, features.rows(model, viewer, POSTS, CUT), first=rung).value
    steer = np.where(POSTS == 7, 1.0, np.where(POSTS == 8, -1.0, 0.0)).astype(np.float32)
    wishes = Wishes(steer, np.zeros(60, np.float32), ai=-1.0)
    moved = scoring.score(model, features.rows(model, viewer, POSTS, CUT, wishes), first=rung).value - plain
    assert moved[7] > 0 > moved[8]
    generated = logbook.catalogue().ai & (steer == 0)
    assert (moved[generated] < 0).all()
    assert moved[~logbook.catalogue().ai & (steer == 0)].any() == np.False_


def test_the_non_profiling_mode_ranks_by_what_is_wanted_of_late_whoever_looks(model: Model, crowd: Crowd) -> None:
    known, nobody = (features.rows(model, viewer, POSTS, CUT) for viewer in (crowd.viewer(3), Viewer.nobody()))
    np.testing.assert_array_equal(scoring.impersonal(known), scoring.impersonal(nobody))
    assert np.argmax(scoring.impersonal(nobody)) == model.shelf.trending[0]


def test_training_looks_at_nothing_after_the_cut(model: Model) -> None:
    again = training.train(
        logbook.log().before(CUT), logbook.catalogue(), logbook.social(), CUT, logbook.SETTINGS
    )  # fmt: skip
    assert dumped(again)[0] == dumped(model)[0]


def test_a_model_file_is_named_by_its_bytes_and_read_only_whole(model: Model) -> None:
    name, file = dumped(model)
    assert loaded(file, name).hash == name
    with pytest.raises(ValueError, match="not the one"):
        loaded(file[:-1] + bytes([file[-1] ^ 1]), name)


def test_posts_published_since_can_be_ranked(model: Model, crowd: Crowd) -> None:
    later = model.extended(logbook.catalogue(4, first=60))
    fresh = later.posts_of(np.array([b"%032x" % 61, b"%032x" % 7, b"unknown"]))
    assert fresh.tolist() == [61, 7, -1]
    rows = features.rows(later, crowd.viewer(3), np.arange(64, dtype=np.int32), CUT)
    assert np.isfinite(scoring.score(later, rows).value).all()
    np.testing.assert_array_equal(rows[:60], some_rows(model, crowd))


def test_a_refreshed_shelf_counts_anew_and_keeps_what_was_learned(model: Model) -> None:
    later = model.refreshed(logbook.log(), model.shelf.catalogue.joined(logbook.catalogue(2, first=60)), logbook.NOW)
    assert later.shelf.met.sum() > model.shelf.met.sum()
    assert later.boosted is model.boosted
    with pytest.raises(ValueError, match="begins with"):
        model.refreshed(logbook.log(), logbook.catalogue(4, first=60), logbook.NOW)


def test_every_source_names_posts_that_the_viewer_has_not_met_within_its_quota(model: Model) -> None:
    short = Crowd(logbook.log(rows=1500).before(CUT), logbook.social())
    for person in range(40):
        viewer = short.viewer(person)
        for name, source in candidates.SOURCES.items():
            found = source(model, viewer, CUT, 10)
            assert len(found) == len(set(found.tolist())) <= 10
            if name != "followed":
                assert not set(found.tolist()) & set(viewer.post.tolist())


def test_sources_answer_for_somebody_unknown(model: Model) -> None:
    named = {name: source(model, Viewer.nobody(), CUT, 10) for name, source in candidates.SOURCES.items()}
    assert {name for name, posts in named.items() if len(posts)} == {"trending"}


def test_who_met_nothing_starts_from_what_friends_did(model: Model, crowd: Crowd) -> None:
    friend = crowd.viewer(4)
    good = friend.post[(friend.acts & WANTED) > 0]
    cold = replace(
        Viewer.nobody(),
        friend_post=good,
        friend_at=np.full(len(good), CUT),
        friend_closeness=np.ones(len(good), np.float32),
    )
    assert (candidates.ease(model, cold, CUT, 5) % 2 == 0).all()


def test_the_chances_of_a_long_view_are_calibrated(model: Model, crowd: Crowd) -> None:
    later = logbook.log().between(CUT, logbook.NOW)
    later = later.rows(np.argsort(later.person, kind="stable"))
    parts = [
        features.rows(model, crowd.viewer(int(person)), later.post[later.person == person], CUT)
        for person in np.unique(later.person)
    ]
    measured = evaluation.impressions(
        later.person, later.wanted, scoring.score(model, np.concatenate(parts)).chances[:, 0]
    )
    assert measured["auc"] > 0.62  # nine in ten showings are alike, so that .66 is nearly all there is to know
    assert measured["ece"] < 0.1


@pytest.mark.parametrize("rung", scoring.RUNGS[:-1])
def test_contributions_name_what_moved_the_value(model: Model, crowd: Crowd, rung: str) -> None:
    shares = scoring.contributions(model, some_rows(model, crowd), rung)
    assert shares.shape == (60, len(features.COLUMNS))
    liked, other = shares[1::2].mean(axis=0), shares[::2].mean(axis=0)
    assert features.COLUMNS[int(np.argmax(liked - other))] in {
        *features.LINKED, "term_share", "term_rate",
    }  # fmt: skip


def test_too_few_labels_leave_the_blend() -> None:
    few = training.train(logbook.log(rows=30), logbook.catalogue(), logbook.social(), logbook.NOW, logbook.SETTINGS)
    assert few.heads is None
    assert scoring.score(few, features.rows(few, Viewer.nobody(), POSTS, logbook.NOW)).rung == "blend"
