"""``python -m benchmarks.feed_quality.fitting NAME SEEDS FOLDER``: train in a process of its own, so that its time
and its memory are those of the training alone. Prints them as JSON."""

import json
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.feed_quality import logs
from feed.ranking.model import dumped
from feed.ranking.training import learned, prepared

TRIALS = {"kuairand": logs.kuairand, "lastfm": logs.lastfm}


def main(name: str, seeds: int, folder: Path) -> None:
    """Train on one data set up to its cut, and write a model file a seed. The figures are those of the first: what no
    lot decides (links, shelves) is made once, and the other seeds only draw and learn anew."""
    trial = TRIALS[name]()
    started, used = time.perf_counter(), time.process_time()
    ready = prepared(trial.log, trial.catalogue, trial.social, trial.cut, trial.settings)
    model = learned(ready, replace(trial.settings, seed=1))
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    peak = peak_gb()
    told = {"seconds": seconds, "cpu": processor, "peak_gb": peak, **model.figures}
    names = []
    for seed in range(1, seeds + 1):
        model = model if seed == 1 else learned(ready, replace(trial.settings, seed=seed))
        digest, file = dumped(model)
        (folder / digest).write_bytes(file)
        names.append(digest)
        told["file_mb"] = len(file) / 1e6
    print(json.dumps({"cost": told, "models": names}))


def peak_gb() -> float:
    """The most memory that this process held. What the system tells of a process (``getrusage``) goes back beyond its
    beginning, to the memory of the one that started it, so that the kernel's page comes first where there is one."""
    page = Path("/proc/self/status")
    if page.exists():
        (line,) = (line for line in page.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
