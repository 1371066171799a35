"""The slate: which candidates come on a page, in which order. Pure, and total: any values give a page."""

from dataclasses import dataclass

import numpy as np

from feed.ranking.log import Bools, Floats, Ints, Longs, Times
from feed.ranking.types import Slate


@dataclass(frozen=True)
class Rules:
    """How a page is laid out."""

    count: int = 20
    author_cap: int = 2  # in any author_span neighbours, and none adjacent
    author_span: int = 10
    diversity: float = 0.1  # what likeness to one of the posts just before costs, in units of value
    alike_span: int = 5
    followed_every: int = 5  # one in so many is by somebody followed, if there is any
    explore_every: int = 10  # so many slots may hold one that is drawn by lot, if there is any ...
    explore_chance: float = 1.0  # ... and do with this probability
    shortlist: int = 200  # only so many of the highest values are laid out


USUAL = Rules()


@dataclass(frozen=True)
class Columns:
    """The shortlist: ``row`` is where each stood among the candidates."""

    row: Longs
    value: Times
    author: Ints
    vectors: Floats
    followed: Bools
    drawn: Bools


def select(
    value: Times, author: Ints, vectors: Floats, followed: Bools, drawn: Bools, propensity: Floats,
    rng: np.random.Generator, rules: Rules = USUAL,
) -> Slate:  # fmt: skip
    """Lay out a page from candidates given as columns (``drawn``: named by nothing but the exploration).

    Where a rule cannot be kept (only one author left), the page ends rather than breaks it. The propensity of a slot
    filled by lot is the candidate's own times the chance that the lot fell on it; of any other slot 1.
    """
    short = _shortlist(np.nan_to_num(value, nan=-np.inf), author, vectors, followed, drawn, rules)
    left = np.ones(len(short.row), np.bool_)
    lots = _lots(rules, rng)
    page: list[int] = []
    chances: list[float] = []
    for slot in range(rules.count):
        fits = left & _kept_apart(short.author, page, rules)
        if not fits.any():
            break
        by_lot = fits & short.drawn if slot in lots else np.zeros_like(fits)
        if by_lot.any():
            place = int(rng.choice(np.flatnonzero(by_lot)))
            chances.append(float(propensity[short.row[place]]) / int(by_lot.sum()))
        else:
            place = _best(short, fits, page, rules)
            chances.append(np.nan)
        left[place] = False
        page.append(place)
    chance = np.array(chances, np.float32)
    explored = ~np.isnan(chance)
    return Slate(short.row[np.array(page, np.int64)], explored, np.where(explored, chance, 1.0).astype(np.float32))


def _shortlist(value: Times, author: Ints, vectors: Floats, followed: Bools, drawn: Bools, rules: Rules) -> Columns:
    """The highest values, the highest of people followed, and all that was drawn; highest first."""
    order = np.argsort(-value, kind="stable")
    kept = np.zeros(len(value), np.bool_)
    kept[order[: rules.shortlist]] = True
    kept[order[followed[order]][: rules.count]] = True
    row = order[(kept | drawn)[order]]
    return Columns(row, value[row], author[row], vectors[row], followed[row], drawn[row])


def _lots(rules: Rules, rng: np.random.Generator) -> set[int]:
    """The slots that are drawn by lot: at most one of every so many, in the lower half of them."""
    starts = range(0, rules.count - rules.explore_every + 1, rules.explore_every)
    half = rules.explore_every // 2
    return {
        start + half + int(rng.integers(rules.explore_every - half))
        for start in starts
        if rng.random() < rules.explore_chance
    }


def _kept_apart(author: Ints, page: list[int], rules: Rules) -> Bools:
    """Whose author may come next: not the one just shown, nor one with its share of the last slots."""
    near = author[page[-(rules.author_span - 1) :]] if page else author[:0]
    authors, times = np.unique(near[near >= 0], return_counts=True)
    barred = authors[times >= rules.author_cap]
    return ~np.isin(author, np.append(barred, near[-1:][near[-1:] >= 0]))


def _best(short: Columns, fits: Bools, page: list[int], rules: Rules) -> int:
    """The highest value after what likeness costs, among people followed where it is their turn."""
    ordinary = fits & ~short.drawn
    if not ordinary.any():
        ordinary = fits
    recent = page[-(rules.followed_every - 1) :] if rules.followed_every > 1 else []
    due = len(page) % rules.followed_every == rules.followed_every - 1 or len(recent) == rules.followed_every - 1
    if due and not short.followed[recent].any() and (ordinary & short.followed).any():
        ordinary = ordinary & short.followed
    places = np.flatnonzero(ordinary)
    worth = short.value[places]
    if page and rules.diversity:
        alike = short.vectors[places] @ short.vectors[page[-rules.alike_span :]].T
        worth = worth - rules.diversity * np.maximum(alike.max(axis=1), 0.0)
    return int(places[np.argmax(worth)])
