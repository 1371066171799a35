"""From feature rows to values: the best scorer that works, and the one place where wishes change a value."""

from feed.ranking.log import Floats, Times
from feed.ranking.model import Model
from feed.ranking.types import Scored

RUNGS = ("boosted", "heads", "blend", "chronological")


def score(model: Model, rows: Floats, *, first: str = "boosted") -> Scored:
    """Score logged rows by the first rung, from ``first`` down, that is there and works. The value is a function
    of the model and of each row alone: the same row gives the same value, whatever else is scored with it."""
    raise NotImplementedError


def contributions(model: Model, rows: Floats, rung: str) -> Floats:
    """How much each column moved the value of each row: (rows, COLUMNS), exact for the rung that scored it."""
    raise NotImplementedError


def impersonal(model: Model, rows: Floats) -> Times:
    """The value in the non-profiling mode: decayed popularity and declared wishes, no column about the viewer."""
    raise NotImplementedError
