"""The hook for screening: whoever is named in UPLOAD_SCREENINGS looks at an upload before it becomes a video."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from worker.media.rules import Facts
from worker.media.stills import Stills
from worker.rules import Screening
from worker.uploads import rules


@dataclass(frozen=True)
class Looked:
    """What there is to look at: the file as it was received, what it was found to be, and pictures made of it.

    The file is a stranger's: open it in a bounded child alone. The stills are ours.
    """

    upload_id: UUID
    owner_id: UUID
    file: Path
    facts: Facts
    stills: Stills


class Looking(Protocol):
    """What a dotted path in UPLOAD_SCREENINGS names. What it raises makes the upload fail, and be tried again."""

    def __call__(self, looked: Looked, /) -> Screening:
        """Say whether the video may be published."""
        ...


def verdict(looked: Looked) -> Screening:
    """Return the strictest of all verdicts; ``clear`` where nobody is named."""
    named: list[Looking] = [import_string(dotted) for dotted in settings.UPLOAD_SCREENINGS]
    return rules.strictest(look(looked) for look in named)
