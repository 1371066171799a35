"""From what is known of a viewer to an order of candidates: sources → filters → features → scorer → selection.

Nothing here reads the database. A stage that names or orders candidates may fail and is done without; where a filter
fails there is no order (None), and the page is made of the chronological list instead.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np

from feed.control.choices import Held
from feed.foryou import filtering, query, sources
from feed.foryou.experiments import USUAL, Arm
from feed.foryou.explaining import IMPERSONAL
from feed.foryou.facts import Facts
from feed.foryou.impressions import Walk
from feed.foryou.query import LESS, Query
from feed.foryou.stages import FAULTS, Degraded, bounded
from feed.foryou.stock import Stock
from feed.ranking import features, scoring, selection
from feed.ranking.log import Bools, Floats, Ints, Longs, Times
from feed.ranking.selection import Rules
from feed.ranking.types import Pool, Viewer

# How many candidates are put in order beyond a page, for those that fell since their ranking.
RESERVE = 20
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
    degraded: Degraded = field(default_factory=Degraded)


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


@dataclass(frozen=True)
class _Scored:
    pool: Pool
    rows: Floats
    value: Times
    rung: str


def ranked(asked: Asked, stock: Stock) -> Ranked | None:
    """Return the candidates in their order; None where they could not be filtered."""
    seed = [asked.walk.id.int & (2**64 - 1), asked.walk.position]
    rng = np.random.default_rng(seed)
    try:
        question = query.asked(asked.known, asked.held, stock, walk=asked.walk.id)
        pool = sources.gather(question, stock, rng, asked.degraded)
        barred = query.barred(asked.known, stock)
        pool = filtering.kept(question, barred, stock, pool)
        less = filtering.lessened(barred, stock, pool.post, LESS)
    except FAULTS as error:
        asked.degraded.note("filters", error)
        return None
    scored = _scored(question, stock, pool, less, asked)
    scored = _capped(scored, stock, question.ai_share, asked.limit)
    rows, propensity = _laid_out(question, stock, scored, rng, asked)
    return _ranked(stock, scored, rows, propensity)


def _scored(question: Query, stock: Stock, pool: Pool, less: Floats, asked: Asked) -> _Scored:
    def score() -> _Scored:
        wishes = query.wishes(question, stock, pool.post, less)
        viewer = question.viewer if question.profiled else Viewer.nobody()
        rows = features.rows(stock.model, viewer, pool.post, question.now, wishes)
        if not question.profiled:
            return _Scored(pool, rows, scoring.impersonal(rows), IMPERSONAL)
        found = scoring.score(stock.model, rows, first=asked.arm.first)
        return _Scored(pool, rows, found.value, found.rung)

    found = bounded("scorers", score, asked.degraded)
    if found is not None and np.isfinite(found.value).all():
        return found
    published = stock.model.shelf.catalogue.published_at[pool.post]
    return _Scored(pool, np.empty((len(pool), 0), np.float32), published, NEWEST)


def _capped(scored: _Scored, stock: Stock, ai_share: int, limit: int) -> _Scored:
    """Leave of the generated films as many of the best as may be on a page."""
    if ai_share == 100:
        return scored
    generated = stock.model.shelf.catalogue.ai[scored.pool.post]
    order = np.argsort(-scored.value, kind="stable")
    best = order[generated[order]][: limit * ai_share // 100]
    keep = ~generated
    keep[best] = True
    return _Scored(scored.pool.rows(keep), scored.rows[keep], scored.value[keep], scored.rung)


def _laid_out(
    question: Query, stock: Stock, scored: _Scored, rng: np.random.Generator, asked: Asked
) -> tuple[Longs, Floats]:
    """Return the order of the page and of what stands in reserve, and the propensity of each."""
    by_value = np.argsort(-scored.value, kind="stable")
    catalogue, pool = stock.model.shelf.catalogue, scored.pool
    propensity = np.ones(len(pool), np.float32)
    author = catalogue.author[pool.post]
    drawn: Bools = pool.propensity < 1

    def select() -> tuple[Longs, Floats]:
        slate = selection.select(
            scored.value,
            author,
            stock.model.shelf.vectors[pool.post],
            np.isin(author, question.followed),
            drawn,
            pool.propensity,
            rng,
            replace(Rules(), count=asked.limit + RESERVE, **asked.arm.rules),
        )
        propensity[slate.row] = np.where(slate.explored, slate.propensity, 1)
        return slate.row, propensity

    found = bounded("selection", select, asked.degraded)
    chosen = found[0] if found else np.empty(0, np.int64)
    # Where the rules of a page leave room, it goes on by value: few authors are no reason to end.
    rest = by_value[~np.isin(by_value, chosen)][: max(asked.limit + RESERVE - len(chosen), 0)]
    return np.concatenate([chosen, rest]).astype(np.int64), propensity


def _ranked(stock: Stock, scored: _Scored, rows: Longs, propensity: Floats) -> Ranked:
    posts: Ints = scored.pool.post[rows]
    return Ranked(
        ids=stock.uuids(posts),
        sources=sources.names_of(scored.pool.sources[rows]),
        propensity=[float(each) for each in propensity[rows]],
        rows=scored.rows[rows],
        score=scored.value[rows],
        rung=scored.rung,
        weights=stock.weights,
    )
