"""The parent's side of the bounded child process: start it, listen to it, stop it.

The child gets its work as one JSON argument, its sources as open descriptors and never as names, and one folder to
write in. It answers on stdout in lines of JSON: ``{"progress": 0.5}``, ``{"ready": …}``, at last ``{"result": …}`` or
``{"code": …, "detail": …}``.
"""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from worker.media.rules import Rejected

ROOT = Path(__file__).resolve().parents[2]
# The bounds come first: the network must be left before the array library starts its threads as it is imported.
START = """
import sys
sys.path.append(sys.argv[1])
from worker.media.inside import confine
order = confine.begin(sys.argv[2])
from worker.media.inside import main
main.main(order)
"""
# glibc would keep what large pictures have freed; so they go back to the system at once.
LEAN = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20), "MALLOC_ARENA_MAX": "1"}
# Without a HOME Python asks the system's directory of people for one as it starts, over a socket.
ENVIRONMENT = {"HOME": "/", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **LEAN}
# How long the caller waits at most before it is asked again whether to go on.
ASK_SECONDS = 1.0
LINE_BYTES = 1 << 20
COMPLAINT_BYTES = 4096
TOO_HEAVY = "The film needs more time or memory than we give to one. Send it smaller, shorter or in a simpler form."
DAMAGED = "The film is damaged. Export it again from where you made it, and send that file."
CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT)
Heard = Callable[[str, Any], None]


class MediaFailed(Exception):
    """The child could not do its work and the file is not to blame: its complaint is for the operator."""


@dataclass(frozen=True)
class Work:
    """What one child does: a task by name, its arguments, its sources, the folder it writes in, and its bounds.

    ``seconds`` bounds the time on the clock and the processor's, ``out_bytes`` each file that is written.
    """

    task: str
    arguments: dict[str, Any]
    sources: Sequence[Path]
    folder: Path | None = None
    seconds: float = 25.0
    out_bytes: int = 0
    hardware: bool = False


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """Give an empty folder inside ``folder`` for the child to write in; whatever is left in it goes away at the end."""
    bench = Path(tempfile.mkdtemp(prefix=".media-", dir=folder))
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)


def run(work: Work, heard: Heard = lambda kind, said: None) -> dict[str, Any]:
    """Do ``work`` in a child and return its result; ``heard`` gets each word, and at least one a second, as it comes.

    Whatever ``heard`` raises ends the child at once and goes on to the caller. Raises Rejected when the file is at
    fault (``too_heavy`` when the child ran into its bounds), MediaFailed when the child itself is.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(source.open("rb")) for source in work.sources]
        complaint = stack.enter_context(tempfile.TemporaryFile())
        descriptors = [file.fileno() for file in files]
        order = {
            "task": work.task,
            "arguments": work.arguments,
            "sources": descriptors,
            "folder": str(work.folder) if work.folder else None,
            "seconds": work.seconds,
            "out_bytes": work.out_bytes,
            "hardware": work.hardware,
        }
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", START, str(ROOT), json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaint,
            pass_fds=descriptors,
            env=ENVIRONMENT,
        )
        stack.enter_context(child)
        stack.callback(child.kill)
        result = _listen(child, work.seconds, heard)
        status = child.wait()
        return _judged(result, status, complaint)


def _listen(child: subprocess.Popen[bytes], seconds: float, heard: Heard) -> dict[str, Any] | None:
    """Pass on the child's words until it ends; return the last of them, None when it said none or ran out of time."""
    deadline = time.monotonic() + seconds
    progress, last = 0.0, None
    for line in _lines(child.stdout, deadline):
        if line is None:
            heard("progress", progress)
            continue
        said = json.loads(line)
        if "progress" in said:
            progress = said["progress"]
            heard("progress", progress)
        elif "ready" in said:
            heard("ready", said["ready"])
        else:
            last = said
    if time.monotonic() >= deadline:
        child.kill()
    return last


def _lines(pipe: IO[bytes] | None, deadline: float) -> Iterator[bytes | None]:
    """Yield each line as it comes, and None after each second without one, until the pipe ends or time is up."""
    assert pipe is not None
    waiting = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not selector.select(min(ASK_SECONDS, left)):
                yield None
                continue
            more = os.read(pipe.fileno(), 65536)
            if not more:
                return
            *whole, waiting = (waiting + more).split(b"\n")
            yield from whole
            if len(waiting) > LINE_BYTES:
                raise MediaFailed("the child said more on one line than it ever should")


def _judged(last: dict[str, Any] | None, status: int, complaint: IO[bytes]) -> dict[str, Any]:
    """Return the result, or raise what became of the child instead."""
    if last and "code" in last:
        raise Rejected(last["code"], last["detail"])
    if last:
        result: dict[str, Any] = last["result"]
        return result
    if -status in CRASHES:
        raise Rejected("damaged", DAMAGED)
    if status < 0:
        raise Rejected("too_heavy", TOO_HEAVY)
    complaint.seek(0, os.SEEK_END)
    complaint.seek(max(0, complaint.tell() - COMPLAINT_BYTES))
    raise MediaFailed(f"the media child ended with status {status}: {complaint.read().decode(errors='replace')}")
