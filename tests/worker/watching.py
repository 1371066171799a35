"""Screenings of the tests' own, reached by their dotted paths, which keep what they were shown."""

from worker.rules import Screening
from worker.uploads.screenings import Looked

SHOWN: list[Looked] = []


def clear(looked: Looked) -> Screening:
    """Nothing to say; what it was shown is there."""
    assert all(path.is_file() for path in (looked.file, looked.stills.poster, looked.stills.sprite))
    SHOWN.append(looked)
    return Screening.CLEAR


def held(looked: Looked) -> Screening:
    """Somebody is to look at it."""
    return Screening.HELD


def refused(looked: Looked) -> Screening:
    """Never."""
    return Screening.REFUSED
