"""Running a stage that may fail: what raises or takes too long costs the page that stage, and is said.

Only what names or orders candidates is run like this. What takes them away is not: without it there is no page.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from typing import TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")
# Whatever a stage may raise; what is left is the process's own end.
FAULTS = (ArithmeticError, AssertionError, AttributeError, BufferError, LookupError, MemoryError, OSError, RuntimeError)
FAULTS += (TypeError, ValueError)  # type: ignore[assignment]
# Seconds that all sources, and the scoring, may take; a stage that was late is left out for a while.
PATIENCE, LEFT_OUT = 0.5, 30.0
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="stage")
_late: dict[str, float] = {}


@dataclass
class Degraded:
    """What went wrong with a page, by the names of its stages."""

    stages: list[str] = field(default_factory=list)

    def note(self, stage: str, error: BaseException | str) -> None:
        """Say that a stage failed."""
        self.stages.append(stage)
        log.warning("feed stage %s failed: %s", stage, repr(error) if isinstance(error, BaseException) else error)


def guarded(name: str, stage: Callable[[], T], otherwise: T, degraded: Degraded) -> T:
    """Return what a stage gives; ``otherwise`` where it raises."""
    try:
        return stage()
    except FAULTS as error:
        degraded.note(name, error)
        return otherwise


def bounded(name: str, stage: Callable[[], T], degraded: Degraded) -> T | None:
    """Return what a stage gives within PATIENCE seconds; None where it raises, is late, or was late just now."""
    if _late.get(name, 0.0) > time.monotonic():
        degraded.note(name, "it was late a moment ago")
        return None
    waiting = _THREADS.submit(stage)
    try:
        return waiting.result(timeout=PATIENCE)
    except Late:
        _late[name] = time.monotonic() + LEFT_OUT
        degraded.note(name, f"it took longer than {PATIENCE} s")
    except FAULTS as error:
        degraded.note(name, error)
    return None


def forgive() -> None:
    """Forget what was late."""
    _late.clear()
