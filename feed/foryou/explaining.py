"""Why somebody sees an item: where it came from and the two terms that moved its score most, as data and in words.

All of it is computed from the logged row: asked again, later and elsewhere, the answer is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from feed.ranking import features, scoring
from feed.ranking.log import Floats
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

    @property
    def words(self) -> str:
        """The reason for a person."""
        first = next((name for name in ORDER if name in self.sources), "newest")
        return " ".join([SOURCES[first], *(term.words for term in self.terms)])

    @property
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


def contributions(model: Model, rows: Floats, rung: str) -> Floats:
    """Return how much each column moved each row's score. Without a profile only what is nobody's moves it."""
    return scoring.contributions(model, rows, rung)


def _largest(row: Floats) -> tuple[Term, ...]:
    order = np.argsort(-np.abs(row), kind="stable")[:TERMS]
    return tuple(
        Term(features.COLUMNS[at], round(float(row[at]), 6), said(features.COLUMNS[at], row[at])) for at in order
    )


def said(column: str, moved: float) -> str:
    """Return what a column's part in a score means, in words."""
    up = moved >= 0
    words = about(column)
    return f"{words[0].upper()}{words[1:]} {'speaks for it' if up else 'speaks against it'}."


def about(column: str) -> str:
    """Return what a column is, in words."""
    return WORDS.get(column, column.replace("_", " "))


WORDS: dict[str, str] = {
    "steer": "what you wished in words",
    "mood": "your mood",
    "ai": "how many generated films you want",
}
