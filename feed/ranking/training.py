"""From a log to a model. Labels come from the last ``settings.label`` seconds, features from before them: the same
function on the same shapes as in serving, and counters by windows that exist on both sides of the cut."""

from dataclasses import dataclass, replace

import numpy as np

from feed.ranking import boosting, heads
from feed.ranking.blend import Blend
from feed.ranking.candidates import gather
from feed.ranking.crowd import Crowd
from feed.ranking.ease import ease
from feed.ranking.features import LEARNED, rows
from feed.ranking.log import (
    COMMENT,
    CREATE,
    FOLLOW,
    HIDE,
    LIKE,
    LONG_VIEW,
    SHARE,
    Bits,
    Bools,
    Catalogue,
    Floats,
    Log,
    Social,
)  # fmt: skip
from feed.ranking.model import Model
from feed.ranking.neighbours import cowatch
from feed.ranking.shelf import stock
from feed.ranking.types import Settings
from feed.ranking.values import ACTS

BIT = dict(zip(ACTS, (LONG_VIEW, LIKE, COMMENT, SHARE, FOLLOW, CREATE, HIDE), strict=True))
RARE = 200  # an act seen less often among the labels has no head
RIDGE = 30.0
ACT_RIDGE = 300.0  # the heads of acts: their showings are few
LABELS = 40  # wanted candidates that one tree takes
CROSSED = ("viewer_met", "link_met")
# The blend: where links and friends lead, and what is wanted of late. Chosen on the days that the benchmark ranks.
BLENDED = {"link_met": 8.0, "link_wanted": 4.0, "link_friends": 2.0, "friends_ever": 0.5, "wanted_day": 0.3}


@dataclass(frozen=True)
class Examples:
    """Feature rows and labels: of candidates (did the viewer want it) and of showings (which acts followed)."""

    candidate: Floats
    match: Bools
    showing: Floats
    acts: Bits


@dataclass(frozen=True)
class Prepared:
    """All of a training that no lot decides: what was known before the labels, and what is known now."""

    past: Model
    whole: Model
    log: Log
    social: Social


def train(
    log: Log, catalogue: Catalogue, social: Social, at: float, settings: Settings, *, boosted: bool = True
) -> Model:
    """Train on what the log says before ``at``; without LightGBM, or with ``boosted`` off, the numpy scorers only."""
    return learned(prepared(log, catalogue, social, at, settings), settings, boosted=boosted)


def prepared(log: Log, catalogue: Catalogue, social: Social, at: float, settings: Settings) -> Prepared:
    """Links and shelves as of the beginning of the label period and as of ``at``."""
    log, cut = log.before(at), at - settings.label
    past = bare(log.before(cut), catalogue, cut, settings)
    return Prepared(past, bare(log, catalogue, at, settings), log, social)


def learned(ready: Prepared, settings: Settings, *, boosted: bool = True) -> Model:
    """Learn the scorers, with the lots that ``settings.seed`` draws."""
    cut, at = ready.past.shelf.at, ready.whole.shelf.at
    found = examples(replace(ready.past, settings=settings), ready.log, ready.social, cut, at)
    counts = {"candidates": len(found.match), "wanted": found.match.sum(), "showings": len(found.acts)}
    whole = replace(ready.whole, settings=settings, figures={name: float(count) for name, count in counts.items()})
    if min(found.match.sum(), (~found.match).sum()) < settings.enough:
        return whole
    recent = ready.log.between(at - 2 * settings.label, at)
    learned_heads = _heads(found, recent, whole.blend)
    whole = replace(whole, heads=learned_heads)
    if not (boosted and boosting.installed()):
        return whole
    return replace(whole, boosted=_boosted(found, recent, settings, learned_heads))


def bare(log: Log, catalogue: Catalogue, at: float, settings: Settings) -> Model:
    """A model with links and a shelf but no learned scorer: it ranks by the blend."""
    weights = np.array([BLENDED.get(name, 0.0) for name in LEARNED], np.float32)
    posts = len(catalogue)
    return Model(
        settings, stock(log, catalogue, at, settings),
        cowatch(log, posts, settings), ease(log, posts, settings), Blend(weights), None, None, {},
    )  # fmt: skip


def examples(model: Model, log: Log, social: Social, cut: float, at: float) -> Examples:
    """What a model made at ``cut`` would have seen of everyone whose acts until ``at`` are labels."""
    labels = log.between(cut, at)
    labels = labels.rows(np.argsort(labels.person, kind="stable"))
    crowd = Crowd(log.before(cut), social)
    rng = np.random.default_rng(model.settings.seed)
    people, first = np.unique(labels.person, return_index=True)
    ends = np.append(first[1:], len(labels))
    learners = set(rng.permutation(people)[: model.settings.learners].tolist())
    parts = [
        _example(model, crowd, int(person), labels.rows(np.arange(start, end)), cut, rng)
        for person, start, end in zip(people, first, ends, strict=True)
        if int(person) in learners
    ]
    if not parts:
        none = np.empty((0, len(LEARNED)), np.float32)
        return Examples(none, np.empty(0, np.bool_), none, np.empty(0, np.uint8))
    candidate, match, showing, acts = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Examples(candidate, match, showing, acts)


def _example(
    model: Model, crowd: Crowd, person: int, labels: Log, cut: float, rng: np.random.Generator
) -> tuple[Floats, Bools, Floats, Bits]:
    """The examples of one person: of the candidates all that were wanted and some that were not."""
    viewer = crowd.viewer(person)
    wanted = labels.post[labels.wanted & ~np.isin(labels.post, viewer.post)]
    pool = np.empty(0, np.int32)
    if len(wanted):
        every = gather(model, viewer, cut, rng).post
        every = every[~np.isin(every, viewer.post)]
        hit = np.isin(every, wanted)
        lot = rng.permutation(np.flatnonzero(~hit))[: model.settings.negatives]
        pool = np.concatenate([every[hit], every[lot]])
    found = rows(model, viewer, np.concatenate([pool, labels.post]), cut)[:, : len(LEARNED)]
    return found[: len(pool)], np.isin(pool, wanted), found[len(pool) :], labels.acts


def _learnable(found: Examples) -> list[tuple[str, Bools]]:
    """The acts that happened often enough, with their labels."""
    told = [(act, (found.acts & bit) > 0) for act, bit in BIT.items()]
    return [(act, label) for act, label in told if RARE <= label.sum() <= len(label) - RARE]


def _drift(label: Bools, recent: Log, act: str) -> float:
    """How far the log-odds of an act over the last two label periods lie from those of the labels: a calm average
    calibrates the next days better than the last two alone."""
    shares = np.clip([label.mean(), recent.has(BIT[act]).mean()], 1e-6, 1 - 1e-6)
    odds = np.log(shares / (1 - shares))
    return float(odds[1] - odds[0])


def _heads(found: Examples, recent: Log, blend: Blend) -> heads.Heads:
    crossed = np.array([LEARNED.index(name) for name in CROSSED])
    learning = heads.unlearned(found.candidate, blend.weights, crossed, len(ACTS))
    weights = learning.weights.copy()
    weights[:, 0] = heads.fitted(found.candidate, found.match, learning, RIDGE)
    for act, label in _learnable(found):
        column = 1 + ACTS.index(act)
        weights[:, column] = heads.fitted(found.showing, label, learning, ACT_RIDGE)
        weights[0, column] += _drift(label, recent, act)
    return replace(learning, weights=weights)


def _boosted(found: Examples, recent: Log, settings: Settings, start: heads.Heads) -> boosting.Boosted:
    """Trees that begin at the heads' log-odds: what they add is bounded by how many labels there are."""
    trees = max(1, min(settings.trees, int(found.match.sum()) // LABELS))
    small = replace(settings, leaves=settings.act_leaves, rate=settings.act_rate, l2=settings.act_l2)
    odds = start.match(found.candidate)
    texts = {"match": boosting.boosted(found.candidate, found.match, settings, trees=trees, start=odds)}
    offsets = {}
    for act, label in _learnable(found):
        texts[act] = boosting.boosted(found.showing, label, small, trees=settings.act_trees)
        offsets[act] = _drift(label, recent, act)
    return boosting.Boosted(texts, offsets)
