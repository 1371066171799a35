"""THE feature function: training and serving call the same, on the same shapes.

A row is ``COLUMNS`` float32: the learned ones first (``LEARNED``), then the wishes, which no model learns from. The
logged row is all that a score depends on, and no row depends on the other candidates.
"""

from dataclasses import dataclass, replace

import numpy as np

from feed.ranking import linking
from feed.ranking.fairness import leaning
from feed.ranking.log import HIDE, LONG_VIEW, SHOWN, WANTED, Bools, Catalogue, Floats, Ints, Longs, Times
from feed.ranking.model import Model
from feed.ranking.shelf import COUNTED, DURATIONS, FAIR, POST, watch_quantile
from feed.ranking.types import DAY, Viewer, Wishes

LINKED = ("link_met", "link_lately", "link_wanted", "link_unwanted", "link_friends", "link_raw", "link_rate", "cowatch")
FRIENDS = ("friends_lately", "friends_ever")
TASTE = (
    *("author_wanted", "author_met", "author_followed", "sound_wanted", "term_share", "term_rate"),
    *("length", "length_rate", "met_before", "both_rates"),
)
VIEWER = ("viewer_met", "viewer_wanted", "viewer_rate", "viewer_idle", "viewer_lately")
LEANING = ("fair_both", "viewer_shown", "viewer_leaning", "viewer_leaning_soon")
# A new column comes to the end of the learned ones: a ranking of before then finds its own where they were, and what it
# served is replayed from rows that end earlier. The wishes are always the last.
LEARNED: tuple[str, ...] = (*LINKED, *FRIENDS, *TASTE, *VIEWER, *POST, "age", *FAIR, *LEANING)
WISHED = ("steer", "mood", "ai", "published")
COLUMNS: tuple[str, ...] = (*LEARNED, *WISHED)
PLACE = {name: place for place, name in enumerate(COLUMNS)}


@dataclass(frozen=True)
class History:
    """A viewer's own history as the features need it: rows of known posts, weights and what they amount to."""

    post: Ints
    wanted: Bools
    days: Floats  # since each row
    liked: Floats  # how much each row was wanted, 0..1: by act or by the watch quantile
    rate: float
    shown: Bools  # the feed showed it, so that not to watch it says something
    long: Bools


def history(model: Model, viewer: Viewer, now: float) -> History:
    """The newest rows that the model knows."""
    known = np.flatnonzero((viewer.post >= 0) & (viewer.post < len(model.shelf)))[-model.settings.recalled :]
    post, acts = viewer.post[known], viewer.acts[known]
    wanted = ((acts & WANTED) > 0) & ((acts & HIDE) == 0)
    quantile = watch_quantile(model.shelf, post, viewer.watched[known])
    liked = np.where(wanted, np.where(np.isfinite(quantile), 0.5 + 0.5 * quantile, 1.0), 0.0)
    days = np.maximum(now - viewer.at[known], 0.0) / DAY
    rate = (wanted.sum() + 5 * _usual(model)) / (len(post) + 5)
    shown, long = (acts & SHOWN) > 0, (acts & LONG_VIEW) > 0
    return History(post, wanted, days.astype(np.float32), liked.astype(np.float32), float(rate), shown, long)


def _usual(model: Model) -> float:
    """The share of all showings that were wanted."""
    return float(model.shelf.wanted.sum() + 1) / float(model.shelf.met.sum() + 3)


def rows(model: Model, viewer: Viewer, posts: Ints, now: float, wishes: Wishes | None = None) -> Floats:
    """The features of these posts for this viewer at ``now``: (len(posts), len(COLUMNS)). No row depends on another."""
    found = np.empty((len(posts), len(COLUMNS)), np.float32)
    viewer = _with_known_friends(model, viewer)
    past = history(model, viewer, now)
    catalogue, shelf = model.shelf.catalogue, model.shelf
    columns = (
        *_linked(model, viewer, past, posts, now),
        *_friendly(model, viewer, posts, now),
        *_taste(model, viewer, past, posts),
        *_self(viewer, past, now, model),
    )
    for place, column in enumerate(columns):
        found[:, place] = column
    first = len(columns)
    counted = shelf.columns[posts]
    found[:, first : first + len(POST)] = counted[:, : len(POST)]
    found[:, PLACE["age"]] = np.log1p(np.maximum(now - catalogue.published_at[posts], 0.0) / DAY)
    found[:, PLACE[FAIR[0]] : PLACE[FAIR[-1]] + 1] = counted[:, len(POST) :]
    for name, column in zip(LEANING, _leaning(model, past, counted), strict=True):
        found[:, PLACE[name]] = column
    wishes = wishes or Wishes.none(len(posts))
    found[:, PLACE["steer"]], found[:, PLACE["mood"]] = wishes.steer, wishes.mood
    found[:, PLACE["ai"]] = wishes.ai * catalogue.ai[posts]
    found[:, PLACE["published"]] = (catalogue.published_at[posts] - shelf.at) / DAY
    return found


def _with_known_friends(model: Model, viewer: Viewer) -> Viewer:
    """The viewer without what friends did with posts that the model does not know."""
    known = (viewer.friend_post >= 0) & (viewer.friend_post < len(model.shelf))
    if known.all():
        return viewer
    return replace(
        viewer, friend_post=viewer.friend_post[known], friend_at=viewer.friend_at[known],
        friend_closeness=viewer.friend_closeness[known],
    )  # fmt: skip


def _linked(model: Model, viewer: Viewer, past: History, posts: Ints, now: float) -> list[Times]:
    """Where the links lead from what the viewer met, wanted, did not want, and from what friends did."""
    settings, count = model.settings, len(model.shelf)
    memory = past.liked * 0.5 ** (past.days * DAY / settings.memory)
    lately = 0.5 ** (past.days * DAY / settings.lately)
    ones = np.ones(len(past.post), np.float32)
    met, soon, wanted, unwanted = linking.reached(
        model.ease, past.post, [ones, lately, past.liked, (~past.wanted).astype(np.float32)], count
    )
    (cowatch,) = linking.reached(model.cowatch, past.post[past.wanted], [memory[past.wanted]], count)
    if len(viewer.friend_post):
        (friends,) = linking.reached(model.ease, viewer.friend_post, [_closeness(model, viewer, now)], count)
    else:
        friends = np.zeros(count)
    scores = [linking.unit(score)[posts] for score in (met, soon, wanted, unwanted, friends)]
    good, bad = (np.maximum(score[posts], 0.0) for score in (wanted, unwanted))
    rate = (good + 0.05 * past.rate) / (good + bad + 0.05)
    return [*scores, met[posts], rate, linking.unit(cowatch)[posts]]


def _closeness(model: Model, viewer: Viewer, now: float) -> Floats:
    days = np.maximum(now - viewer.friend_at, 0.0)
    return (viewer.friend_closeness * 0.5 ** (days / model.settings.social_half_life)).astype(np.float32)


def _friendly(model: Model, viewer: Viewer, posts: Ints, now: float) -> list[Times]:
    """What friends and people followed did with each post, lately and ever."""
    if not len(viewer.friend_post):
        return [np.zeros(len(posts))] * 2
    count = len(model.shelf)
    acts = (_closeness(model, viewer, now), viewer.friend_closeness)
    return [np.log1p(np.bincount(viewer.friend_post, weights=w, minlength=count)[posts]) for w in acts]


def _taste(model: Model, viewer: Viewer, past: History, posts: Ints) -> list[Times | Floats]:
    """What the viewer made of this author, sound, subject and length before."""
    catalogue, shelf = model.shelf.catalogue, model.shelf
    author, wanted = catalogue.author[posts], past.post[past.wanted]
    share, rate = _terms(catalogue, past, posts)
    lengths = np.log1p(catalogue.duration[wanted])
    usual = (lengths.sum() + 5 * 3.0) / (len(lengths) + 5)
    post_rate = np.clip(shelf.columns[posts, POST.index("rate_calm")], 1e-3, 1 - 1e-3)
    return [
        _times(catalogue.author[wanted], author),
        _times(catalogue.author[past.post], author),
        np.isin(author, viewer.follows).astype(np.float32),
        _times(catalogue.sound[wanted], catalogue.sound[posts]),
        share,
        rate,
        np.log1p(catalogue.duration[posts]) - usual,
        _length_rate(catalogue, past, posts),
        _times(past.post, posts),
        np.log(post_rate / (1 - post_rate)) + np.log(past.rate / (1 - past.rate)),
    ]


def _length_rate(catalogue: Catalogue, past: History, posts: Ints) -> Times:
    """What share of the films about as long as each post the viewer wanted, drawn towards their share of all."""
    kinds = len(DURATIONS) + 1
    kind = np.searchsorted(DURATIONS, catalogue.duration[past.post])
    met, wanted = np.bincount(kind, minlength=kinds), np.bincount(kind[past.wanted], minlength=kinds)
    rate = (wanted + 5 * past.rate) / (met + 5)
    return np.asarray(rate[np.searchsorted(DURATIONS, catalogue.duration[posts])])


def _times(past: Ints, these: Ints) -> Floats:
    """How often each of ``these`` (not -1) stands in ``past``."""
    if not len(past):
        return np.zeros(len(these), np.float32)
    kinds, counts = np.unique(past, return_counts=True)
    place = np.minimum(np.searchsorted(kinds, these), len(kinds) - 1)
    return np.where((kinds[place] == these) & (these >= 0), counts[place], 0).astype(np.float32)


def spread_terms(catalogue: Catalogue, posts: Ints) -> tuple[Longs, Ints]:
    """The terms of some posts: for each the place of its post among ``posts``, and the term."""
    start, counts = catalogue.term_start[posts], catalogue.term_start[posts + 1] - catalogue.term_start[posts]
    place = np.repeat(np.arange(len(posts)), counts)
    inner = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place, catalogue.term[np.repeat(start, counts) + inner]


def _terms(catalogue: Catalogue, past: History, posts: Ints) -> tuple[Times, Times]:
    """How large a share of what was wanted had the terms of each post, and what share of those met was wanted."""
    place, term = spread_terms(catalogue, posts)
    where, met = spread_terms(catalogue, past.post)
    wanted = met[past.wanted[where]]
    n_wanted, n_met = _times(wanted, term), _times(met, term)
    size = np.maximum(np.bincount(place, minlength=len(posts)), 1)
    share = np.bincount(place, weights=n_wanted, minlength=len(posts)) / size / (past.wanted.sum() + 3)
    rate = np.bincount(place, weights=(n_wanted + 3 * past.rate) / (n_met + 3), minlength=len(posts)) / size
    return share, np.where(np.diff(catalogue.term_start)[posts] > 0, rate, past.rate)


def _self(viewer: Viewer, past: History, now: float, model: Model) -> list[float]:
    """What is true of the viewer, whatever the post."""
    idle = float(past.days[-1]) if len(past.days) else 99.0
    lately = float((past.days * DAY <= model.settings.windows[1]).sum())
    return [
        float(np.log1p(len(past.post))), float(np.log1p(past.wanted.sum())), past.rate,
        float(np.log1p(idle)), float(np.log1p(lately)),
    ]  # fmt: skip


def _leaning(model: Model, past: History, counted: Floats) -> list[Times | float]:
    """How readily the viewer watches to the end, ever and lately, and what that says of each post; of what was not
    shown by the feed only what was wanted is known, so that it does not count."""
    place = COUNTED.index(FAIR[0])
    post, long = past.post[past.shown], past.long[past.shown].astype(np.float64)
    standing = model.shelf.columns[post, place].astype(np.float64)
    lately = 0.5 ** (past.days[past.shown].astype(np.float64) * DAY / model.settings.lately)
    ever, soon = (leaning(long, standing, weights) for weights in (np.ones(len(long)), lately))
    share = (long.sum() + 5 * _usual(model)) / (len(long) + 5)
    return [counted[:, place].astype(np.float64) + ever, float(share), ever, soon]


def columns_of(width: int) -> tuple[str, ...]:
    """The names of a row's columns; a narrower row is one of before some columns were learned."""
    return (*LEARNED[: width - len(WISHED)], *WISHED)


def told(row: Floats) -> dict[str, float]:
    """A row by the names of its columns; what came in order of time has none."""
    return {} if not len(row) else dict(zip(columns_of(len(row)), map(float, row), strict=True))


def packed(row: Floats) -> bytes:
    """A row as it is logged: little-endian float32."""
    return np.ascontiguousarray(row, dtype="<f4").tobytes()


def unpacked(logged: bytes) -> Floats:
    """The row that ``packed`` wrote."""
    return np.frombuffer(logged, dtype="<f4").astype(np.float32)
