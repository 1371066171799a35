"""Who may come on the page: the ranking's own sources, and those that live here: remixes of one's films, and wishes."""

from collections.abc import Callable

import numpy as np

from feed.control.matching import share
from feed.foryou.query import Query
from feed.foryou.stages import Degraded, bounded, guarded
from feed.foryou.stock import Stock
from feed.ranking import candidates
from feed.ranking.log import Bools, Floats, Ints
from feed.ranking.types import Pool

# What is asked without a profile: nothing here looks at what somebody did.
IMPERSONAL = frozenset({"trending", "followed"})
REMIXES, WISHED = 50, 100
# So many of the newest fill up a page, looked for among so many at a time.
NEWEST, BLOCK = 300, 5000
Named = dict[str, Ints]
_NONE = np.empty(0, np.int32)


def gather(query: Query, stock: Stock, rng: np.random.Generator, degraded: Degraded) -> Pool:
    """Ask every source; one that fails or is late is left out, and said."""
    named: Named = {}
    drawn: list[tuple[Ints, Floats]] = []

    def ask() -> bool:
        for name, source in _asked(query, stock).items():
            named[name] = guarded(name, source, _NONE, degraded)
        nothing = (_NONE, np.empty(0, np.float32))
        drawn.append(guarded("fresh", lambda: stock.lots.play(rng), nothing, degraded))
        return True

    bounded("sources", ask, degraded)
    fresh, propensity = drawn[0] if drawn else (_NONE, np.empty(0, np.float32))
    return candidates.merge(dict(named), fresh, propensity)


def filled(pool: Pool, stock: Stock, may_come: Callable[[Ints], Bools]) -> Pool:
    """Add the newest posts that may come: who used up what the sources name has not seen everything yet."""
    found: list[Ints] = []
    # The catalogue is in order of time.
    for end in range(len(stock.ids), 0, -BLOCK):
        block = np.arange(max(end - BLOCK, 0), end, dtype=np.int32)[::-1]
        block = block[~np.isin(block, pool.post)]
        found.append(block[may_come(block)])
        if sum(map(len, found)) >= NEWEST:
            break
    newest = np.concatenate([_NONE, *found])[:NEWEST]
    added = Pool(newest, np.full(len(newest), candidates.BITS["newest"], np.int32), np.ones(len(newest), np.float32))
    return pool.joined(added)


def names_of(bits: Ints) -> list[tuple[str, ...]]:
    """Return the names of the sources of each candidate."""
    return [tuple(name for name, bit in candidates.BITS.items() if each & bit) for each in bits.tolist()]


def _asked(query: Query, stock: Stock) -> dict[str, Callable[[], Ints]]:
    model, now = stock.model, query.now
    quotas = candidates.QUOTAS

    def of_ranking(name: str) -> Callable[[], Ints]:
        return lambda: candidates.SOURCES[name](model, query.declared, now, quotas[name])

    asked = {name: of_ranking(name) for name in candidates.SOURCES if query.profiled or name in IMPERSONAL}
    if query.history is not None:
        remixes = query.history.remixes
        asked["remixes"] = lambda: _known(stock.posts.find(remixes))[-REMIXES:]
    asked["steered"] = lambda: wished(query, stock)
    return asked


def wished(query: Query, stock: Stock) -> Ints:
    """Return the most wanted posts of each thing that the viewer wishes more of."""
    more = [term for term, sign, _ in query.steers if sign > 0]
    if not more:
        return _NONE
    each = max(WISHED // len(more), 20)
    return np.unique(np.concatenate([_best(term, stock, each) for term in more])).astype(np.int32)


def _best(term: str, stock: Stock, count: int) -> Ints:
    found = stock.about.get(term)
    if found is None:
        about = np.flatnonzero(share(term, stock.words) > 0)
        order = np.argsort(-stock.model.shelf.decayed[about], kind="stable")
        found = stock.about[term] = about[order][:WISHED].astype(np.int32)
    return found[:count]


def _known(places: Ints) -> Ints:
    return places[places >= 0]
