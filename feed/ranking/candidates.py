"""Who may come on the page: one function a source, each pure and each replaceable."""

from collections.abc import Callable

import numpy as np

from feed.ranking import exploration, linking
from feed.ranking.features import history, spread_terms
from feed.ranking.log import Bools, Floats, Ints, Longs, Times
from feed.ranking.model import Model
from feed.ranking.types import DAY, Pool, Viewer

Source = Callable[[Model, Viewer, float, int], Ints]
NAMES = ("cowatch", "ease", "trending", "followed", "friends", "text", "fresh", "remixes", "steered", "newest")
BITS = {name: 1 << bit for bit, name in enumerate(NAMES)}
QUOTAS = {"cowatch": 100, "ease": 350, "trending": 150, "followed": 100, "friends": 100, "text": 50}
FRESH, POOLED, WAITING = 5, 10, 5000  # fresh posts drawn for a page, out of a lot of those that wait
FEW, TERMS = 20, 8  # posts of one author followed; terms that text neighbours share


def cowatch(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """Posts that those who wanted what the viewer wanted lately wanted too."""
    past = history(model, viewer, now)
    weights = past.liked * 0.5 ** (past.days * DAY / model.settings.memory)
    chosen = past.wanted
    (score,) = linking.reached(model.cowatch, past.post[chosen], [weights[chosen]], len(model.shelf))
    return _unmet(score, viewer, count)


def ease(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """The best of the EASE head from what the viewer met; who met nothing yet starts from what friends did."""
    past = history(model, viewer, now)
    (score,) = linking.reached(model.ease, past.post, [np.ones(len(past.post), np.float32)], len(model.shelf))
    if len(viewer.friend_post):
        known = _known(model, viewer.friend_post)
        acts = viewer.friend_post[known]
        (others,) = linking.reached(model.ease, acts, [viewer.friend_closeness[known]], len(model.shelf))
        score = linking.unit(score) + linking.unit(others)
    return _unmet(score, viewer, count)


def trending(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """The most wanted of late; of the viewer it asks only what to leave out."""
    top = model.shelf.trending[: count + len(viewer.post)]
    return top[~np.isin(top, viewer.post)][:count]


def followed(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """The newest of authors whom the viewer follows, at most FEW of each."""
    shelf, authors = model.shelf, viewer.follows[viewer.follows >= 0]
    first, last = shelf.author_start[authors], shelf.author_start[authors + 1]
    posts = shelf.by_author[_spans(first, np.minimum(last, first + FEW))]
    newest = np.argsort(-shelf.catalogue.published_at[posts], kind="stable")[:count]
    return posts[newest].astype(np.int32)


def friends(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """What friends and people followed did, the most and closest of them first."""
    known = _known(model, viewer.friend_post)
    acts, weights = viewer.friend_post[known], viewer.friend_closeness[known]
    score = np.bincount(acts, weights=weights, minlength=len(model.shelf))
    return _unmet(score.astype(np.float64), viewer, count)


def text(model: Model, viewer: Viewer, now: float, count: int) -> Ints:
    """The most wanted posts of the TERMS terms that stand most often in what the viewer wanted."""
    shelf, past = model.shelf, history(model, viewer, now)
    _, met = spread_terms(shelf.catalogue, past.post[past.wanted])
    terms, times = np.unique(met, return_counts=True)
    liked = terms[np.argsort(-times, kind="stable")[:TERMS]]
    first, last = shelf.term_start[liked], shelf.term_start[liked + 1]
    posts = shelf.by_term[_spans(first, np.minimum(last, first + count))]
    score = np.bincount(posts, weights=1 + shelf.decayed[posts], minlength=len(shelf))
    return _unmet(score.astype(np.float64), viewer, count)


SOURCES: dict[str, Source] = {
    "cowatch": cowatch, "ease": ease, "trending": trending, "followed": followed, "friends": friends, "text": text,
}  # fmt: skip


def _known(model: Model, posts: Ints) -> Bools:
    return (posts >= 0) & (posts < len(model.shelf))


def _spans(first: Longs, last: Longs) -> Longs:
    """All of first[i] .. last[i] - 1, one span after another."""
    sizes = np.maximum(last - first, 0)
    return np.repeat(first - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())


def _unmet(score: Times, viewer: Viewer, count: int) -> Ints:
    """The posts with the highest positive scores that the viewer has not met."""
    score[viewer.post[(viewer.post >= 0) & (viewer.post < len(score))]] = 0.0
    count = min(count, len(score))
    top = np.argpartition(-score, count - 1)[:count] if count else np.empty(0, np.int64)
    top = top[score[top] > 0]
    return top[np.argsort(-score[top], kind="stable")].astype(np.int32)


def gather(
    model: Model, viewer: Viewer, now: float, rng: np.random.Generator, quotas: dict[str, int] | None = None
) -> Pool:
    """Ask every source for its quota, and the exploration for fresh posts; each post once."""
    wanted = QUOTAS if quotas is None else quotas
    named = {name: SOURCES[name](model, viewer, now, count) for name, count in wanted.items()}
    return merge(named, *explored(model, viewer, now, rng))


def explored(model: Model, viewer: Viewer, now: float, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Fresh posts drawn for this page, and the probability of each."""
    every = exploration.fresh(model.shelf, now, WAITING)
    every = every[~np.isin(every, viewer.post)]
    some = rng.choice(every, min(POOLED, len(every)), replace=False)
    posts, share = exploration.draw(model.shelf, some, FRESH, rng)
    return posts, (share * (len(some) / max(len(every), 1))).astype(np.float32)


def merge(named: dict[str, Ints], fresh: Ints, propensity: Floats) -> Pool:
    """One pool of what several sources named (also sources that live in the database), each post once."""
    lists = {**named, "fresh": fresh}
    every = np.concatenate([*lists.values(), np.empty(0, np.int32)]).astype(np.int32)
    bits = np.concatenate([*(np.full(len(posts), BITS[name], np.int32) for name, posts in lists.items())])
    posts, first, place = np.unique(every, return_index=True, return_inverse=True)
    sources, chance = np.zeros(len(posts), np.int32), np.ones(len(posts), np.float32)
    np.bitwise_or.at(sources, place, bits)
    chance[place[len(every) - len(fresh) :]] = propensity
    chance[sources != BITS["fresh"]] = 1.0
    order = np.argsort(first, kind="stable")
    return Pool(posts[order], sources[order], chance[order])
