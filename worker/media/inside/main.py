"""The child process: do one task, say in lines of JSON how it goes and what came of it."""

import json
import sys
from pathlib import Path
from typing import Any

# PyAV imports these when it first meets their kind; by then no file outside the folder can be opened.
import av
import av.audio.codeccontext
import av.subtitles.codeccontext
import av.subtitles.stream
import av.video.codeccontext

from worker.media.child import DAMAGED, TOO_HEAVY
from worker.media.inside import confine
from worker.media.inside.compose import compose
from worker.media.inside.inspect import inspect
from worker.media.inside.render import render
from worker.media.inside.source import UNREADABLE, Source
from worker.media.inside.stills import stills
from worker.media.rules import Rejected

TASKS = {"inspect": inspect, "render": render, "stills": stills, "compose": compose}


def main(order: dict[str, Any]) -> None:
    """Do the work of ``order`` (``worker.media.child.Work``), whose bounds are set, and say what came of it."""
    av.logging.set_level(None)
    if not order["hardware"]:
        confine.leave_files(order["folder"])
    say(answer(order))


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """Return the last word: the result, or the refusal."""
    sources = [Source(descriptor) for descriptor in order["sources"]]
    try:
        return {"result": TASKS[order["task"]](sources, Path(order["folder"] or "."), order["arguments"], say)}
    except Rejected as refusal:
        return {"code": refusal.code, "detail": refusal.detail}
    except MemoryError:
        return {"code": "too_heavy", "detail": TOO_HEAVY}
    except UNREADABLE:
        return {"code": "damaged", "detail": DAMAGED}


def say(word: dict[str, Any]) -> None:
    """Write one line for the parent, now."""
    sys.stdout.write(json.dumps(word) + "\n")
    sys.stdout.flush()
