"""Pure rules of jobs and uploads: the states, which may follow which, and what a wish must look like."""

from collections.abc import Iterable
from enum import StrEnum

PROMPT_LENGTH = 2000
MAX_SUBJECTS = 3


class Origin(StrEnum):
    """Where a video came from."""

    GENERATED = "generated"
    UPLOADED = "uploaded"
    COMPOSED = "composed"
    """Of other videos: trimmed, stitched, a duet, another sound."""


class Screening(StrEnum):
    """Whether a video may be published as far as screening goes."""

    CLEAR = "clear"
    PENDING = "pending"
    HELD = "held"
    """A moderator is to look at it."""
    REFUSED = "refused"


STRICTNESS = [Screening.CLEAR, Screening.PENDING, Screening.HELD, Screening.REFUSED]


def strictest(verdicts: Iterable[str]) -> Screening:
    """Return the verdict on what is made of films with these: none is published by being put into another."""
    return max((Screening(verdict) for verdict in verdicts), key=STRICTNESS.index, default=Screening.CLEAR)


class UploadStatus(StrEnum):
    """Where an upload stands."""

    RECEIVING = "receiving"
    PROCESSING = "processing"
    READY = "ready"
    REJECTED = "rejected"
    """The file cannot be taken; another might."""
    FAILED = "failed"
    """Our fault; it can be tried again."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class LadderStatus(StrEnum):
    """Where the making of renditions stands."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    FAILED = "failed"


CLIMBING = frozenset({LadderStatus.QUEUED, LadderStatus.IN_PROGRESS})


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
