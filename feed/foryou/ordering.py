"""From what is known of a viewer to an order of candidates: sources → filters → features → scorer → selection.

Nothing here reads the database. A stage that names or orders candidates may fail and is done without; where a filter
fails, or all sources do, there is no order (None), and the page is made of the chronological list instead.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np

from feed.control.choices import Held
from feed.foryou import filtering, query, sources
from feed.foryou.experiments import USUAL, Arm
from feed.foryou.explaining import IMPERSONAL, Why
from feed.foryou.facts import Facts
from feed.foryou.impressions import Walk
from feed.foryou.packing import Packed
from feed.foryou.query import LESS, Barred, Query
from feed.foryou.stages import FAULTS, Degraded, bounded, guarded
from feed.foryou.stock import Stock
from feed.ranking import features, scoring, selection
from feed.ranking.log import Bools, Floats, Ints, Longs, Times
from feed.ranking.selection import Rules
from feed.ranking.types import Pool
from feed.recent import Recent

# How many candidates are put in order beyond a page, for those that fell since their ranking; and where these were too
# few, all.
RESERVE, ALL = 5, 10_000
# The best candidates of so many viewers are kept for so many seconds; of each so many, and the best of those followed.
KEPT: Recent[tuple[str, int, str], "Kept"] = Recent(300.0, 500)
MOST_KEPT, MOST_FOLLOWED = 300, 60
# So are the orders of so many pages, for whom nothing at all changed: who begins anew sees the same page first.
ORDERS: Recent[tuple[str, int, str, int, int], "Ranked"] = Recent(60.0, 1000)
LAID_OUT = Rules(shortlist=100)
# Where every scorer failed: in order of time.
NEWEST = "newest"


@dataclass(frozen=True)
class Asked:
    """What a page is made from: who asks, what holds for them, where they are in their walk."""

    known: Facts
    held: Held
    walk: Walk
    limit: int
    arm: Arm = USUAL
    reserve: int = RESERVE
    degraded: Degraded = field(default_factory=Degraded)

    @property
    def enough(self) -> int:
        """How many candidates are put in order, as far as there are so many."""
        return self.limit + self.reserve


@dataclass(frozen=True)
class Ranked:
    """Candidates in the order in which they are to come, each with the row that its score depends on."""

    ids: list[UUID]
    sources: list[tuple[str, ...]]
    propensity: list[float]
    rows: Floats
    score: Times
    rung: str
    weights: str
    reasons: "Reasons"


Reasons = dict[UUID, Why]
"""Why items come, of those that were told it: a reason depends on the ranking and the item's row alone."""


@dataclass(frozen=True)
class Scored:
    """Candidates with their rows and values, in no order."""

    pool: Pool
    rows: Floats
    value: Times
    rung: str
    reasons: Reasons = field(default_factory=dict)

    def chosen(self, rows: Bools) -> "Scored":
        """Return some of them."""
        return replace(self, pool=self.pool.rows(rows), rows=self.rows[rows], value=self.value[rows])


@dataclass(frozen=True)
class Kept:
    """Scored candidates as they outlive a stock, in the next of which they may stand at other places."""

    ids: Packed
    scored: Scored

    def on(self, stock: Stock) -> Scored:
        """Return those of them that are still there, at their places in this stock."""
        places = stock.posts.find(self.ids)
        moved = replace(self.scored, pool=replace(self.scored.pool, post=places))
        return moved if (places >= 0).all() else moved.chosen(places >= 0)


def ranked(asked: Asked, stock: Stock) -> Ranked | None:
    """Return the candidates in their order; None where they could not be filtered, or too few be gathered."""
    key = (stock.weights, asked.known.digest, asked.arm.name, asked.limit, asked.reserve)
    if (kept := ORDERS.get(key)) is not None:
        return kept
    found = _ordered(asked, stock)
    if found is not None and not asked.degraded.stages:
        ORDERS.keep(key, found)
    return found


def _ordered(asked: Asked, stock: Stock) -> Ranked | None:
    rng = np.random.default_rng([asked.walk.id.int & (2**64 - 1), asked.walk.position])
    try:
        question = query.asked(asked.known, asked.held, stock, walk=asked.walk.id)
        barred = query.barred(asked.known, stock)
        scored = _found(question, barred, stock, asked, rng)
    except FAULTS as error:
        asked.degraded.note("filters", error)
        return None
    if "sources" in asked.degraded.stages and len(scored.pool) < asked.enough:
        # Who was not asked may know of more: this is no honest end.
        return None
    scored = _capped(scored, stock, question.ai_share, asked.limit)
    rows, propensity = _laid_out(question, stock, scored, rng, asked)
    return _ranked(stock, scored, rows, propensity)


def _found(question: Query, barred: Barred, stock: Stock, asked: Asked, rng: np.random.Generator) -> Scored:
    """Return the scores of a while ago, if the viewer only watched since, and wished nothing; else score anew.

    A score depends on no other candidate, so what is kept is only filtered anew: page by page, and walk by walk.
    """
    key = (stock.weights, query.signature(asked.known, asked.held), asked.arm.name)
    kept = KEPT.get(key)
    # What is nearly used up is gathered anew, as far as there is more.
    if kept is not None and asked.walk.position + asked.limit <= len(kept.ids) // 2:
        scored = kept.on(stock)
        scored = scored.chosen(filtering.may_come(question, barred, stock, scored.pool.post))
        if len(scored.pool) >= asked.enough:
            return scored
    pool = _gathered(question, barred, stock, asked, rng)
    less = filtering.lessened(barred, stock, pool.post, LESS)
    scored = _best(question, stock, _scored(question, stock, pool, less, asked))
    # What is left of a walk that was begun would be too little for another one.
    if not asked.degraded.stages and not len(asked.known.walked):
        KEPT.keep(key, Kept(stock.ids[scored.pool.post], scored))
    return scored


def _gathered(question: Query, barred: Barred, stock: Stock, asked: Asked, rng: np.random.Generator) -> Pool:
    """Return whom the sources name and the filters let come; where these are too few for a page, the newest, too."""
    pool = sources.gather(question, stock, rng, asked.degraded)
    pool = pool.rows(filtering.may_come(question, barred, stock, pool.post))
    if len(pool) >= asked.enough or "sources" in asked.degraded.stages:
        return pool
    return sources.filled(pool, stock, lambda posts: filtering.may_come(question, barred, stock, posts))


def _best(question: Query, stock: Stock, scored: Scored) -> Scored:
    """Leave the candidates that can come on the next pages: the best, those of people followed, what is tried."""
    if len(scored.pool) <= MOST_KEPT:
        return scored
    order = np.argsort(-scored.value, kind="stable")
    followed = np.isin(stock.model.shelf.catalogue.author[scored.pool.post], question.followed)
    keep: Bools = scored.pool.propensity < 1
    keep[order[:MOST_KEPT]] = True
    keep[order[followed[order]][:MOST_FOLLOWED]] = True
    return scored.chosen(keep)


def _scored(question: Query, stock: Stock, pool: Pool, less: Floats, asked: Asked) -> Scored:
    def score() -> Scored:
        wishes = query.wishes(question, stock, pool.post, less)
        rows = features.rows(stock.model, question.viewer, pool.post, question.now, wishes)
        if not question.profiled:
            return Scored(pool, rows, scoring.impersonal(rows), IMPERSONAL)
        found = scoring.score(stock.model, rows, first=asked.arm.first)
        return Scored(pool, rows, found.value, found.rung)

    found = bounded("scorers", score, asked.degraded)
    if found is not None and np.isfinite(found.value).all():
        return found
    published = stock.model.shelf.catalogue.published_at[pool.post]
    return Scored(pool, np.empty((len(pool), 0), np.float32), published, NEWEST)


def _capped(scored: Scored, stock: Stock, ai_share: int, limit: int) -> Scored:
    """Leave of the generated films as many of the best as may be on a page."""
    if ai_share == 100:
        return scored
    generated = stock.model.shelf.catalogue.ai[scored.pool.post]
    order = np.argsort(-scored.value, kind="stable")
    best = order[generated[order]][: limit * ai_share // 100]
    keep = ~generated
    keep[best] = True
    return scored.chosen(keep)


def _laid_out(
    question: Query, stock: Stock, scored: Scored, rng: np.random.Generator, asked: Asked
) -> tuple[Longs, Floats]:
    """Return the order of the page and of what stands in reserve, and the propensity of each."""
    by_value = np.argsort(-scored.value, kind="stable")
    catalogue, pool = stock.model.shelf.catalogue, scored.pool
    propensity = np.ones(len(pool), np.float32)
    author = catalogue.author[pool.post]
    # Nothing is tried on somebody who wants less of it.
    drawn: Bools = (pool.propensity < 1) & ~_unwanted(scored.rows)

    def select() -> tuple[Longs, Floats]:
        slate = selection.select(
            scored.value,
            author,
            stock.model.shelf.vectors[pool.post],
            np.isin(author, question.followed),
            drawn,
            pool.propensity,
            rng,
            replace(LAID_OUT, count=asked.limit + RESERVE, **asked.arm.rules),
        )
        propensity[slate.row] = np.where(slate.explored, slate.propensity, 1)
        return slate.row, propensity

    chosen, propensity = guarded("selection", select, (np.empty(0, np.int64), propensity), asked.degraded)
    # Where the rules of a page leave room, it goes on by value: few authors are no reason to end.
    rest = by_value[~np.isin(by_value, chosen)][: max(asked.enough - len(chosen), 0)]
    return np.concatenate([chosen, rest]).astype(np.int64), propensity


def _unwanted(rows: Floats) -> Bools:
    if not rows.shape[1]:
        return np.zeros(len(rows), bool)
    return rows[:, features.PLACE["steer"]] < 0


def _ranked(stock: Stock, scored: Scored, rows: Longs, propensity: Floats) -> Ranked:
    posts: Ints = scored.pool.post[rows]
    return Ranked(
        ids=stock.uuids(posts),
        sources=sources.names_of(scored.pool.sources[rows]),
        propensity=[float(each) for each in propensity[rows]],
        rows=scored.rows[rows],
        score=scored.value[rows],
        rung=scored.rung,
        weights=stock.weights,
        reasons=scored.reasons,
    )
