"""Pure rules of jobs: the states, which may follow which, and what a wish must look like."""

from enum import StrEnum

PROMPT_LENGTH = 2000
MAX_SUBJECTS = 3


class Status(StrEnum):
    """Where a job stands, as clients see it."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    AWAITING_REVIEW = "awaiting_review"
    COMPLETED = "completed"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED_CONSENT = "cancelled_consent"


NEXT: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.IN_PROGRESS, Status.FAILED, Status.CANCELLED_CONSENT}),
    Status.IN_PROGRESS: frozenset(
        {Status.QUEUED, Status.AWAITING_REVIEW, Status.COMPLETED, Status.FAILED, Status.CANCELLED_CONSENT}
    ),
    Status.AWAITING_REVIEW: frozenset({Status.COMPLETED, Status.REFUSED}),
    Status.COMPLETED: frozenset(),
    Status.REFUSED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED_CONSENT: frozenset(),
}
OPEN = frozenset({Status.QUEUED, Status.IN_PROGRESS})
MADE = frozenset({Status.AWAITING_REVIEW, Status.COMPLETED, Status.REFUSED})


def may_become(status: Status, following: Status) -> bool:
    """Tell whether a job may go from ``status`` to ``following``; ends are absorbing."""
    return following in NEXT[status]


def percent(done: int, total: int) -> int:
    """Return the progress to show while a job runs: 0 to 99, for only a sealed video is 100."""
    return min(99, 100 * done // max(1, total))


def worth_writing(shown: int, now: int) -> bool:
    """Tell whether progress moved enough to be written: every two per cent, never backwards."""
    return now >= shown + 2
