"""All that is known of the posts at one moment. Made anew every few minutes; the learned weights stay."""

from dataclasses import dataclass

import numpy as np

from feed.ranking.fairness import standings
from feed.ranking.log import ANY, HIDE, LIKE, LONG_VIEW, SHOWN, WANTED, Catalogue, Floats, Ints, Log, Longs, Times
from feed.ranking.popularity import decayed, relative, within
from feed.ranking.types import Settings

# The columns of ``Shelf.columns`` (``COUNTED``): counts are logarithms beside their mean, shares are smoothed.
POST = (
    *("wanted_soon", "wanted_day", "wanted_days", "wanted_long", "met_day"),
    *("wanted_first", "wanted_second", "met_first", "met_second", "wanted_ever", "met_ever"),
    *("trend", "trend_first", "rate", "rate_calm", "rate_second", "like_rate", "hide_rate", "duration"),
)
# How readily a post would be watched to the end by anybody, over a calm and a short time (``fairness``): log-odds.
FAIR = ("fair", "fair_soon")
COUNTED = (*POST, *FAIR)
DIMENSIONS = 64  # of the vectors that say what is alike
DURATIONS = (7.0, 18.0, 30.0, 60.0, 120.0)  # edges of the duration classes, seconds
QUANTILES = 20
PRIOR = 20.0  # showings that the smoothing of a share counts for
CALM = 8.0  # half-lives of the calm rate


@dataclass(frozen=True)
class Shelf:
    """Columns over the posts of the catalogue, as known at ``at`` (Unix seconds)."""

    catalogue: Catalogue
    at: float
    decayed: Floats  # wanted showings, each halved every half-life
    met: Floats  # showings so far
    wanted: Floats  # of which wanted
    columns: Floats  # (posts, len(COUNTED))
    vectors: Floats  # (posts, DIMENSIONS), unit length: what "alike" means for diversity
    edges: Floats  # (duration classes, QUANTILES - 1): watched seconds at each quantile
    trending: Ints  # posts, most wanted of late first
    by_author: Longs  # posts by author, newest first within one; author a's are author_start[a] : author_start[a + 1]
    author_start: Longs
    by_term: Longs  # the same for terms, most wanted first
    term_start: Longs

    def __len__(self) -> int:
        return len(self.catalogue)


def stock(log: Log, catalogue: Catalogue, at: float, settings: Settings) -> Shelf:
    """Count what the log says of each post before ``at``."""
    posts = len(catalogue)
    log = log.before(at)
    met = np.bincount(log.post, minlength=posts).astype(np.float32)
    wanted = np.bincount(log.post[log.wanted], minlength=posts).astype(np.float32)
    columns = _columns(log, catalogue, at, settings, met, wanted)
    fresh = decayed(log, posts, at, settings.half_life, WANTED)
    return _laid(catalogue, at, fresh, met, wanted, columns, _edges(log, catalogue))


def extended(shelf: Shelf, catalogue: Catalogue) -> Shelf:
    """The shelf with the posts of ``catalogue`` behind its own, as nobody met them yet."""
    whole = shelf.catalogue.joined(catalogue)
    more = len(catalogue)
    none = np.zeros(more, np.float32)
    columns = np.zeros((more, len(COUNTED)), np.float32)
    for name in ("rate", "rate_calm", "rate_second", "like_rate", "hide_rate", *FAIR):
        columns[:, COUNTED.index(name)] = shelf.columns[:, COUNTED.index(name)].mean() if len(shelf) else 0.5
    columns[:, POST.index("duration")] = np.log1p(catalogue.duration)
    fresh, met, wanted = (np.concatenate([column, none]) for column in (shelf.decayed, shelf.met, shelf.wanted))
    return _laid(whole, shelf.at, fresh, met, wanted, np.concatenate([shelf.columns, columns]), shelf.edges)


def _laid(
    catalogue: Catalogue, at: float, fresh: Floats, met: Floats, wanted: Floats, columns: Floats, edges: Floats
) -> Shelf:
    """A shelf with the orders that the sources read it by."""
    by_author, author_start = _grouped(catalogue.author, catalogue.published_at, len(catalogue.authors))
    rows = np.repeat(np.arange(len(catalogue)), np.diff(catalogue.term_start))
    by_term, term_start = _grouped(catalogue.term, fresh[rows], int(catalogue.term.max(initial=-1)) + 1)
    return Shelf(
        catalogue, at, fresh, met, wanted, columns, _vectors(catalogue), edges,
        trending=np.argsort(-fresh, kind="stable").astype(np.int32),
        by_author=by_author, author_start=author_start,
        by_term=rows[by_term], term_start=term_start,
    )  # fmt: skip


def _columns(log: Log, catalogue: Catalogue, at: float, settings: Settings, met: Floats, wanted: Floats) -> Floats:
    posts, life = len(catalogue), settings.half_life
    soon, day, days, long = (decayed(log, posts, at, life * times, WANTED) for times in (0.5, 1, 2, 4))
    wanted_first, wanted_second = (within(log, posts, at, window, WANTED) for window in settings.windows)
    met_first, met_second = (within(log, posts, at, window, ANY) for window in settings.windows)
    counts = (
        *(soon, day, days, long, decayed(log, posts, at, life, ANY)),
        *(wanted_first, wanted_second, met_first, met_second, wanted, met),
    )
    # An act remembered without its showing says that a post is wanted, but nothing of how often it is not.
    seen = log.rows(log.has(SHOWN))
    shown = np.bincount(seen.post, minlength=posts).astype(np.float32)
    rate = _rate(np.bincount(seen.post[seen.wanted], minlength=posts).astype(np.float32), shown, catalogue)
    calm = _over(seen, posts, 0.5 ** ((at - seen.at) / (CALM * life)), LONG_VIEW, 5.0, rate)
    lately = (seen.at >= at - settings.windows[1]).astype(np.float64)
    second = _over(seen, posts, lately, WANTED, 5 * PRIOR, rate)
    acts = [np.bincount(seen.post[seen.has(act)], minlength=posts) for act in (LIKE, HIDE)]
    likes, hides = ((given + PRIOR * given.sum() / max(shown.sum(), 1)) / (shown + PRIOR) for given in acts)
    columns = (
        *map(relative, counts),
        *(_trend(met_second, met), _trend(met_first, met_second)),
        *(rate, calm, second, likes, hides, np.log1p(catalogue.duration)),
        *standings(seen, posts, at, life),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _rate(wanted: Floats, met: Floats, catalogue: Catalogue) -> Floats:
    """The share of showings that were wanted, drawn towards the author's and the author's towards everybody's."""
    whole = float(wanted.sum()) / max(float(met.sum()), 1.0)
    group = catalogue.author + 1
    author_met, author_wanted = (np.bincount(group, weights=column) for column in (met, wanted))
    author = (author_wanted + PRIOR * whole) / (author_met + PRIOR)
    author[0] = whole
    return ((wanted + PRIOR * author[group]) / (met + PRIOR)).astype(np.float32)


def _over(seen: Log, posts: int, weights: Times, act: int, strength: float, rate: Floats) -> Times:
    """The share of weighted showings with an act, drawn as by ``strength`` showings towards the post's usual rate."""
    given = seen.has(act)
    met = np.bincount(seen.post, minlength=posts, weights=weights)
    acted = np.bincount(seen.post[given], minlength=posts, weights=weights[given])
    usual = rate * (acted.sum() / max(met.sum(), 1e-9)) / max(float(rate.mean()), 1e-9)
    return np.asarray((acted + strength * usual) / (met + strength))


def _trend(now: Floats, before: Floats) -> Floats:
    """The logarithm of how much larger a post's share of showings became."""
    share = [counts / max(float(counts.mean()), 1e-9) for counts in (now, before)]
    return np.asarray(np.log((share[0] + 0.5) / (share[1] + 0.5)), np.float32)


def _vectors(catalogue: Catalogue) -> Floats:
    """Sums of signs, 64 for each term, sound and author out of its hash: alike means that they share these."""
    rows = np.repeat(np.arange(len(catalogue)), np.diff(catalogue.term_start))
    found = np.zeros((len(catalogue), DIMENSIONS), np.float32)
    np.add.at(found, rows, _signs(catalogue.term, 1))
    for kind, thing in ((2, catalogue.sound), (3, catalogue.author)):
        found += np.where(thing[:, None] >= 0, _signs(thing, kind), 0.0)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), np.float32)


def _signs(thing: Ints, kind: int) -> Floats:
    """64 signs for each number, by the finaliser of SplitMix64."""
    mixed = (thing.astype(np.uint64) * np.uint64(4) + np.uint64(kind)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    bits = np.unpackbits(mixed.view(np.uint8).reshape(-1, 8), axis=1)
    return bits.astype(np.float32) * 2 - 1


def _grouped(group: Ints, order: Floats | Times, groups: int) -> tuple[Longs, Longs]:
    """Rows by group, the largest ``order`` first, and where each group begins; rows without a group (-1) fall out."""
    rows = np.lexsort((-order, group))
    rows = rows[group[rows] >= 0]
    return rows, np.concatenate([[0], np.cumsum(np.bincount(group[rows], minlength=groups))])


def _edges(log: Log, catalogue: Catalogue) -> Floats:
    """The quantiles of watch time in each duration class; a class nobody watched has those of its durations."""
    timed = log.rows(np.isfinite(log.watched))
    kind = np.searchsorted(DURATIONS, catalogue.duration[timed.post])
    shares = np.arange(1, QUANTILES) / QUANTILES
    edges = np.outer((*DURATIONS, 2 * DURATIONS[-1]), shares)
    for number in range(len(edges)):
        inside = timed.watched[kind == number]
        if len(inside) >= QUANTILES:
            edges[number] = np.quantile(inside, shares)
    return edges.astype(np.float32)


def watch_quantile(shelf: Shelf, posts: Ints, watched: Floats) -> Floats:
    """Where ``watched`` seconds stand among the watch times of films about as long (0..1); NaN where not known."""
    kind = np.searchsorted(DURATIONS, shelf.catalogue.duration[posts])
    quantile = (shelf.edges[kind] < watched[:, None]).sum(axis=1) / (QUANTILES - 1)
    return np.where(np.isfinite(watched), quantile, np.nan).astype(np.float32)
