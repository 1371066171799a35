"""Putting a film together: its sources are fetched from storage, inspected, and composed in the bounded child."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from worker import encoding, storage
from worker.compositions import Composition, Kind, Layout
from worker.encoding import Encoded
from worker.media import composing
from worker.media.child import MediaFailed
from worker.media.composing import Part
from worker.media.inspecting import inspect
from worker.media.rules import Rejected
from worker.models import Video

# What inspecting takes of the time, about.
INSPECTED = 0.1


class Failed(Exception):
    """The film cannot be put together: a stable ``code``, and a ``detail`` for the person."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def compose(composition: Composition, target: Path, on_progress: Callable[[float], None]) -> Encoded:
    """Write the film to ``target`` and return its facts; ``on_progress`` gets the share done, and may raise.

    Raises Failed: ``source_gone`` when the bytes of a source are there no more, ``no_sound`` when there is none to
    reuse, ``media_failed`` when it is our fault, or what the child says of a source.
    """
    sources = [_fetched(part.video, target.parent) for part in composition.parts]
    try:
        _compose(composition, sources, target, on_progress)
    except Rejected as rejected:
        raise Failed(rejected.code, rejected.detail) from rejected
    except MediaFailed as failed:
        raise Failed(
            "media_failed", "The film could not be put together. Ask again; the use is given back."
        ) from failed
    return encoding.probe(target)


def _compose(composition: Composition, sources: list[Path], target: Path, on_progress: Callable[[float], None]) -> None:
    facts = [inspect(source) for source in sources]
    on_progress(INSPECTED)
    if composition.kind is Kind.SOUND and not facts[-1].has_audio:
        raise Failed("no_sound", "The video whose sound you wish for has none.")
    made = composing.compose(
        composition.kind.value,
        sources,
        target.parent,
        facts=facts,
        parts=[Part(part.start_ms, part.end_ms, part.gain / 100) for part in composition.parts],
        stacked=composition.layout is Layout.STACKED,
        on_progress=lambda share: on_progress(INSPECTED + (1 - INSPECTED) * share),
    )
    made.replace(target)


def _fetched(video_id: UUID, folder: Path) -> Path:
    video = Video.objects.get(id=video_id)
    try:
        found = storage.fetched(video.file, folder)
        found.stat()
    except FileNotFoundError as error:
        raise Failed("source_gone", "A film that this was to be made of is gone.") from error
    return found
