"""Pure rules of uploads: which states may follow which, how far one is, and the strictest of several verdicts."""

from collections.abc import Iterable

from worker.rules import Screening, UploadStatus

S = UploadStatus
NEXT: dict[UploadStatus, frozenset[UploadStatus]] = {
    S.RECEIVING: frozenset({S.PROCESSING, S.REJECTED, S.EXPIRED, S.CANCELLED}),
    S.PROCESSING: frozenset({S.READY, S.REJECTED, S.FAILED, S.CANCELLED}),
    # Tried again by its owner, or given up.
    S.FAILED: frozenset({S.PROCESSING, S.EXPIRED, S.CANCELLED}),
    S.READY: frozenset(),
    S.REJECTED: frozenset(),
    S.EXPIRED: frozenset(),
    S.CANCELLED: frozenset(),
}
OPEN = frozenset({S.RECEIVING, S.PROCESSING})
# Nobody will ask for the bytes of these again.
OVER = frozenset({S.REJECTED, S.EXPIRED, S.CANCELLED})
MEDIA_TYPES = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/3gpp")
NAME_LENGTH = 120

# How far each phase reaches, of 100: what is slow for most people takes most of the bar.
RECEIVED, CHECKED, INSPECTED, MADE, PICTURED = 50, 55, 60, 92, 98
STRICTNESS = (Screening.CLEAR, Screening.PENDING, Screening.HELD, Screening.REFUSED)


def may_become(status: UploadStatus, following: UploadStatus) -> bool:
    """Tell whether an upload may go from ``status`` to ``following``."""
    return following in NEXT[status]


def received(stored: int, size: int) -> int:
    """Return the progress while ``stored`` of ``size`` bytes are here: 0 to RECEIVED."""
    return RECEIVED * stored // max(1, size)


def between(start: int, end: int, share: float) -> int:
    """Return the progress at ``share`` (0 to 1) of a phase that goes from ``start`` to ``end``."""
    return start + int((end - start) * min(1.0, max(0.0, share)))


def strictest(verdicts: Iterable[Screening]) -> Screening:
    """Return the strictest verdict; ``clear`` when nobody says anything."""
    return max(verdicts, key=STRICTNESS.index, default=Screening.CLEAR)
