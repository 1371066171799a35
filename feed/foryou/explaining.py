"""Why somebody sees an item: where it came from and the two terms that moved its score most, as data and in words.

All of it is computed from the logged row: asked again, later and elsewhere, the answer is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from feed.foryou import paths
from feed.ranking import features, scoring
from feed.ranking.log import Floats, Times
from feed.ranking.model import Model

CHRONOLOGICAL, IMPERSONAL = "chronological", "impersonal"
TERMS = 2
SOURCES = {
    "followed": "You follow its author.",
    "friends": "People you follow liked it.",
    "cowatch": "People who watched what you watched to the end watched this, too.",
    "ease": "It goes with several films that you liked.",
    "text": "It is about what you watched to the end.",
    "remixes": "It was made from a film of yours, or from one that shows you.",
    "steered": "You asked for more of this.",
    "trending": "Many people watch it to the end just now.",
    "fresh": "It is new, and is being shown to some people to find out for whom it is.",
    "newest": "It is among the newest films that are open to you.",
}
# Of several sources the one that says most about the viewer is named first.
ORDER = ("steered", "remixes", "followed", "friends", "cowatch", "ease", "text", "fresh", "trending", "newest")


@dataclass(frozen=True)
class Term:
    """One part of a score: how much it moved it, and what it is about."""

    name: str
    share: float
    words: str


@dataclass(frozen=True)
class Why:
    """The reason of one item."""

    sources: tuple[str, ...]
    terms: tuple[Term, ...]

    @cached_property
    def words(self) -> str:
        """The reason for a person."""
        first = next((name for name in ORDER if name in self.sources), "newest")
        return " ".join([SOURCES[first], *(term.words for term in self.terms)])

    @cached_property
    def body(self) -> dict[str, Any]:
        """The reason as data."""
        terms = [{"name": term.name, "share": term.share, "words": term.words} for term in self.terms]
        return {"sources": list(self.sources), "words": self.words, "terms": terms}


def explain(*, model: Model | None, rung: str, rows: Floats, sources: Sequence[tuple[str, ...]]) -> list[Why]:
    """Return the reasons of scored rows; of a chronological page its sources alone, and that it is in order of time."""
    if model is None or rung == CHRONOLOGICAL:
        newest = Term("published_at", 1.0, "The newest come first here.")
        return [Why(each, (newest,)) for each in sources]
    moved = contributions(model, rows, rung)
    return [Why(each, _largest(row)) for each, row in zip(sources, moved, strict=True)]


def contributions(model: Model, rows: Floats, rung: str) -> Times:
    """Return how much each column moved each row's score. Without a profile only what is nobody's moves it."""
    if rung == "boosted" and model.boosted:
        found, learned = _ablated(model, rows, "heads"), len(features.LEARNED)
        found[:, :learned] += paths.of_text(model.boosted.texts["match"]).shares(rows[:, :learned])
        return found
    if rung in ("heads", "blend"):
        return _ablated(model, rows, rung)
    found = scoring.contributions(model, rows, rung)
    if rung == IMPERSONAL:
        found[:, features.PLACE["wanted_day"]] = rows[:, features.PLACE["wanted_day"]]
    return found


def _ablated(model: Model, rows: Floats, rung: str) -> Times:
    """Return ``scoring.contributions`` of the heads or the blend, by one call of the scorer and not one a column."""
    heads = model.heads if rung == "heads" else None
    scorer, usual = (heads, heads.centre) if heads else (model.blend, np.zeros(len(model.blend.weights), np.float32))
    count, learned = len(rows), len(usual)
    without = np.repeat(rows[np.newaxis], learned + 1, axis=0)
    without[np.arange(learned), :, np.arange(learned)] = usual[:, np.newaxis]
    match = scorer.match(without.reshape(-1, rows.shape[1])).reshape(learned + 1, count)
    found = np.zeros((count, rows.shape[1]))
    found[:, :learned] = (match[-1] - match[:-1]).T
    wished = scoring.contributions(model, rows, IMPERSONAL)
    found[:, learned:] = wished[:, learned:]
    return found


def _largest(row: Times) -> tuple[Term, ...]:
    order = np.argsort(-np.abs(row), kind="stable")[:TERMS]
    names = features.columns_of(len(row))
    return tuple(Term(names[at], round(float(row[at]), 6), said(names[at], row[at])) for at in order)


def said(column: str, moved: float) -> str:
    """Return what a column's part in a score means, in words."""
    return f"{about(column)}: speaks {'for' if moved >= 0 else 'against'} it."


def about(column: str) -> str:
    """Return what a column is, in words."""
    return WORDS.get(column, column.replace("_", " "))


# What each column says, as the beginning of a sentence.
WORDS: dict[str, str] = {
    "link_met": "What people met who meet what you meet",
    "link_lately": "What you met lately",
    "link_wanted": "What you watched to the end or liked",
    "link_unwanted": "What you passed over",
    "link_friends": "What goes with what people liked whom you follow",
    "link_raw": "How much of what you met leads to it",
    "cowatch": "What people watched who watched what you liked",
    "friends_lately": "What people you follow liked lately",
    "friends_ever": "What people you follow liked",
    "author_wanted": "How often you liked this author's films",
    "author_met": "How often you met this author",
    "author_followed": "Whether you follow its author",
    "sound_wanted": "Whether you liked films with this sound",
    "term_share": "How much of what you liked is about the same",
    "term_rate": "How often you liked films about the same",
    "length": "Its length, beside what you usually watch",
    "met_before": "Whether you met it before",
    "both_rates": "How often it is liked, and how readily you like",
    "viewer_met": "How many films you met",
    "viewer_wanted": "How many films you liked",
    "viewer_rate": "How readily you like",
    "viewer_idle": "How long you were away",
    "viewer_lately": "How much you watched lately",
    "wanted_soon": "How many watched it to the end or liked it in the last hours",
    "wanted_day": "How many watched it to the end or liked it in the last day",
    "wanted_days": "How many watched it to the end or liked it in the last days",
    "wanted_long": "How many watched it to the end or liked it in the last week",
    "wanted_first": "How many wanted it today",
    "wanted_second": "How many wanted it yesterday and today",
    "wanted_ever": "How many ever wanted it",
    "met_day": "How many met it in the last day",
    "met_first": "How many met it today",
    "met_second": "How many met it yesterday and today",
    "met_ever": "How many ever met it",
    "trend": "Whether more people meet it than before",
    "trend_first": "Whether more people met it today than yesterday",
    "rate": "What share of those who meet it watch it to the end",
    "rate_second": "What share of those who met it lately watched it to the end",
    "like_rate": "What share of those who meet it like it",
    "hide_rate": "What share of those who meet it hide it",
    "duration": "Its length",
    "age": "How new it is",
    "fair": "How readily anybody watches it to the end",
    "fair_soon": "How readily anybody watched it to the end lately",
    "fair_both": "How many watch it to the end, and how readily you do",
    "viewer_shown": "How much of what you are shown you watch to the end",
    "viewer_leaning": "How readily you watch to the end, beside others",
    "viewer_leaning_soon": "How readily you watched to the end lately, beside others",
    "published": "When it was published",
    "steer": "What you wished in words",
    "mood": "Your mood",
    "ai": "How many generated films you want",
}
