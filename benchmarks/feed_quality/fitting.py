"""``python -m benchmarks.feed_quality.fitting NAME SEED FILE``: train once, in a process of its own, so that its time
and its memory are those of the training alone. Prints them as JSON."""

import json
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.feed_quality import logs
from feed.ranking.model import dumped
from feed.ranking.training import train

TRIALS = {"kuairand": logs.kuairand, "lastfm": logs.lastfm}


def main(name: str, seed: int, target: Path) -> None:
    """Train on one data set up to its cut, and write the model file."""
    trial = TRIALS[name]()
    started, used = time.perf_counter(), time.process_time()
    settings = replace(trial.settings, seed=seed)
    model = train(trial.log, trial.catalogue, trial.social, trial.cut, settings)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    digest, file = dumped(model)
    target.write_bytes(file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    told = {"seconds": seconds, "cpu": processor, "peak_gb": peak, "file_mb": len(file) / 1e6, "hash": digest}
    print(json.dumps(told | model.figures))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
