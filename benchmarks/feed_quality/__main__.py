"""``python -m benchmarks.feed_quality [SEEDS]``: train, serve, judge, and print one table a data set with its bars.

Fit on what was before the cut and judged by what was wanted after it: 29-30 April 2022 on KuaiRand, March to August
2010 on Last.fm. What people met before the cut is never recommended and not asked for. Nothing later is read.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.feed_quality import baselines, judging, logs
from benchmarks.feed_quality.fitting import TRIALS
from benchmarks.feed_quality.judging import BLEND, FULL, IMPERSONAL, NUMPY, ORDER, Truth
from benchmarks.feed_quality.logs import Trial
from feed.ranking import evaluation
from feed.ranking.candidates import explored
from feed.ranking.crowd import Crowd
from feed.ranking.features import rows
from feed.ranking.model import Model, loaded
from feed.ranking.scoring import score
from feed.ranking.selection import select

SHOWN = ("ndcg@10", "ndcg@20", "recall@20", "coverage@10", "gini@10")
GROUPS: dict[str, Callable[[Truth, evaluation.Lists], dict[str, float]]] = {
    "kuairand": lambda found, lists: judging.groups(found, lists.ndcg),
    "lastfm": lambda found, lists: judging.warmth(found, lists.ndcg),
}
BASELINES = {"kuairand": baselines.kuairand, "lastfm": baselines.lastfm}


def main(seeds: int) -> None:
    """Both data sets, then the time that one page's ranking takes."""
    logs.folder()
    models = {}
    for name in TRIALS:
        models[name] = compare(name, seeds)
    speed(*models["kuairand"])


def compare(name: str, seeds: int) -> tuple[Trial, Model]:
    """The table of one data set: baselines once, the ranking once a seed."""
    trial = TRIALS[name]()
    found = judging.truth(trial)
    posts = len(trial.catalogue)
    pairs = sum(map(len, found.wanted.values()))
    print(f"\n{name}: {len(found.wanted)} people, {pairs} posts wanted of {posts}", flush=True)
    heading = ("", *SHOWN, *GROUPS[name](found, evaluation.topn({}, found.wanted, posts)))
    print("".join(f"{word:>13}" if place else f"{word:<28}" for place, word in enumerate(heading)))
    outcome: dict[str, list[evaluation.Lists]] = {}
    for way, lists in BASELINES[name](trial, found).items():
        outcome[way] = [evaluation.topn(lists, found.wanted, posts)]
        line(name, way, found, outcome[way])
    cost, models = fit(name, seeds)
    outcome |= judging.served(judging.Server(trial, models, found), found, posts)
    for way in judging.WAYS:
        line(name, way, found, outcome[way])
    against(name, outcome)
    if name == "kuairand":
        impressions(judging.chances(trial, models))
    costs = ", ".join(f"{key} {cost[key]:.1f}" for key in ("seconds", "cpu", "peak_gb", "file_mb"))
    print(f"  training: {costs} ({cost['candidates']:.0f} candidates, {cost['showings']:.0f} showings)")
    return trial, models[0]


def line(name: str, way: str, found: Truth, judged: list[evaluation.Lists]) -> None:
    """One way of ranking: the mean over the seeds; the spread of NDCG@10 where there are several."""
    each = [lists.figures | GROUPS[name](found, lists) for lists in judged]
    cells = [float(np.mean([one[key] for one in each])) for key in (*SHOWN, *list(each[0])[len(SHOWN) :])]
    spread = [one["ndcg@10"] for one in each]
    more = f"   seeds {min(spread):.4f}-{max(spread):.4f}" if len(each) > 1 else ""
    print(f"{way:<28}" + "".join(f"{cell:13.4f}" for cell in cells) + more, flush=True)


def against(name: str, outcome: dict[str, list[evaluation.Lists]]) -> None:
    """Paired differences of NDCG@10 (people resampled), each of the first seed's lists."""
    strongest = "EASE + popularity" if name == "kuairand" else "EASE + friends + popularity"
    compared = [
        (FULL, strongest),
        (NUMPY, strongest),
        (FULL, ORDER),
        (NUMPY, BLEND),
        (IMPERSONAL, "decayed popularity"),
    ]
    for one, other in compared:
        gain = outcome[one][0].ndcg - outcome[other][0].ndcg
        low, high = evaluation.interval(gain)
        print(f"  {one} - {other}: {gain.mean():+.4f} [{low:+.4f}, {high:+.4f}]")


def impressions(told: dict[str, list[dict[str, float]]]) -> None:
    """What the chances of a long view are worth, mean over the seeds."""
    for way, each in told.items():
        means = {key: float(np.mean([one[key] for one in each])) for key in each[0]}
        print(f"  showings, {way}: " + ", ".join(f"{key} {mean:.4f}" for key, mean in means.items()))


def fit(name: str, seeds: int) -> tuple[dict[str, float], list[Model]]:
    """Train in a process of its own on two cores: what it cost, and a model a seed."""
    with tempfile.TemporaryDirectory(prefix="feed-quality-") as folder:
        command = [sys.executable, "-m", "benchmarks.feed_quality.fitting", name, str(seeds), folder]
        environment = os.environ | {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
        done = json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)
        return done["cost"], [loaded((Path(folder) / name).read_bytes(), name) for name in done["models"]]


def speed(trial: Trial, model: Model) -> None:
    """Features, score and slate of 500 and of 1,500 candidates, one thread, without a database."""
    crowd = Crowd(trial.log.before(trial.cut), trial.social)
    rng = np.random.default_rng(1)
    busy = np.flatnonzero(np.bincount(trial.log.person) >= 20)
    catalogue = model.shelf.catalogue
    for count in (500, 1500):
        seconds = []
        for person in rng.choice(busy, 300):
            viewer = crowd.viewer(int(person))
            posts = rng.choice(len(catalogue), count, replace=False).astype(np.int32)
            started = time.perf_counter()
            drawn, propensity = explored(model, viewer, trial.cut, rng)
            posts[: len(drawn)] = drawn
            row = rows(model, viewer, posts, trial.cut)
            chance = np.concatenate([propensity, np.ones(count - len(drawn), np.float32)])
            lot = np.arange(count) < len(drawn)
            author = catalogue.author[posts]
            followed = np.isin(author, viewer.follows)
            select(score(model, row).value, author, model.shelf.vectors[posts], followed, lot, chance, rng)
            seconds.append(time.perf_counter() - started)
        p50, p99 = np.percentile(seconds, [50, 99]) * 1000
        print(f"ranking {count} candidates: p50 {p50:.1f} ms, p99 {p99:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
