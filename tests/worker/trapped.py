"""Take one file as an upload, in a process of its own: ``python -m tests.worker.trapped FILE FOLDER``.

Prints one line: the code in which it ended (``taken`` when it did not), seconds, and the most memory of a child in MiB.
"""

import resource
import sys
import time
from pathlib import Path

from worker.media.inspecting import inspect
from worker.media.rendering import render
from worker.media.rules import Rejected, rungs


def main(source: Path, folder: Path) -> None:
    """Inspect and render ``source``, as an upload is."""
    began = time.monotonic()
    try:
        facts = inspect(source)
        render(source, folder, rungs(facts), facts=facts)
        code = "taken"
    except Rejected as rejected:
        code = rejected.code
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    sys.stdout.write(f"{code} {time.monotonic() - began:.1f} {peak}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
