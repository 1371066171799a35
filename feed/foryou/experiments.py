"""Experiments: who is in which arm is a hash of the experiment's name and the person, and is not stored beside them.

An arm changes how a page is laid out or scored, never what may come: filters and visibility have no arms.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Arm:
    """One way of doing it, for ``share`` of a hundred people. ``rules`` are fields of selection's ``Rules``."""

    name: str
    share: int
    rules: dict[str, Any] = field(default_factory=dict)
    first: str = "boosted"
    """The best scorer that it may use."""


@dataclass(frozen=True)
class Experiment:
    """What is tried, and on how many: whoever is in no arm gets the usual way."""

    name: str
    arms: tuple[Arm, ...]

    def __post_init__(self) -> None:
        """Refuse arms of more than everybody."""
        if sum(arm.share for arm in self.arms) > 100:
            raise ValueError(f"{self.name}: more than everybody")


USUAL = Arm("usual", 100)
# One at a time: two that change the same page could not be told apart.
RUNNING: Experiment | None = None


def arm_of(person: UUID, running: Experiment | None = None) -> Arm:
    """Return in which arm of the running experiment somebody is; always the same for the same name."""
    running = running or RUNNING
    if running is None:
        return USUAL
    digest = hashlib.sha256(f"{running.name}:{person}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 100
    for arm in running.arms:
        if place < arm.share:
            return arm
        place -= arm.share
    return USUAL


def label(arm: Arm, running: Experiment | None = None) -> str:
    """Return how an impression names its arm; empty for the usual way."""
    running = running or RUNNING
    return f"{running.name}/{arm.name}" if running and arm is not USUAL else ""
