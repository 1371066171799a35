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
    explore_every: int = 10  # the last of so many slots may hold one that is drawn by lot, if there is any ...
    explore_chance: float = 0.15  # ... and does with this probability
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
    filled by lot is the candidate's own times the chance that the lot of this slot fell on it; of any other slot 1.
    """
    short = _shortlist(np.nan_to_num(value, nan=-np.inf), author, vectors, followed, drawn, rules)
    left = np.ones(len(short.row), np.bool_)
    lots = _lots(rules, rng)
    page: list[int] = []
    alike: list[Floats] = []
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
            place = _best(short, fits, page, alike, rules)
            chances.append(np.nan)
        left[place] = False
        page.append(place)
        alike.append(short.vectors @ short.vectors[place])
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
    """The slots that are drawn by lot: the last of every so many, where a lot takes least from the page."""
    last = range(rules.explore_every - 1, rules.count, rules.explore_every)
    return {slot for slot in last if rng.random() < rules.explore_chance}


def _kept_apart(author: Ints, page: list[int], rules: Rules) -> Bools:
    """Whose author may come next: not the one just shown, nor one with its share of the last slots."""
    near = [int(author[place]) for place in page[-(rules.author_span - 1) :]]
    fits = np.ones(len(author), np.bool_)
    for one in set(near) - {-1}:
        if one == near[-1] or near.count(one) >= rules.author_cap:
            fits &= author != one
    return fits


def _best(short: Columns, fits: Bools, page: list[int], alike: list[Floats], rules: Rules) -> int:
    """The highest value after what likeness costs, among people followed where it is their turn."""
    ordinary = fits & ~short.drawn
    if not ordinary.any():
        ordinary = fits
    recent = page[len(page) - rules.followed_every + 1 :] if len(page) >= rules.followed_every - 1 else None
    if recent is not None and not short.followed[recent].any() and (ordinary & short.followed).any():
        ordinary = ordinary & short.followed
    worth = short.value
    if alike and rules.diversity:
        worth = worth - rules.diversity * np.maximum(np.max(alike[-rules.alike_span :], axis=0), 0.0)
    places = np.flatnonzero(ordinary)
    return int(places[np.argmax(worth[places])])
