"""Races in a process of its own, so that several run beside each other on one ledger: ``python -m tests.races.track``.

Arguments are a seed and a number of races; standard output is the tallies as JSON, by pair.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import django
from django.conf import settings
from psycopg.conninfo import make_conninfo

if __name__ == "__main__":
    django.setup()

from django.db import connection

from tests.races.course import Course, Pair, Tally, held_up
from tests.races.ends import PAIRS


def chosen(count: int, seed: int) -> list[Pair]:
    """Return ``count`` pairs, each about as often, in any order."""
    dice = random.Random(seed)
    rounds = -(-count // len(PAIRS))
    pairs = [pair for _ in range(rounds) for pair in dice.sample(PAIRS, len(PAIRS))][:count]
    dice.shuffle(pairs)
    return pairs


def raced(count: int, seed: int) -> dict[Pair, Tally]:
    """Run races in this process."""
    with held_up(), Course(seed) as course:
        return course.run(chosen(count, seed))


def raced_apart(count: int, tracks: int) -> dict[Pair, Tally]:
    """Run races in several processes at once, on the database of this very test."""
    url = make_conninfo(settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])
    environment = {**os.environ, "DATABASE_URL": url, "TEST_VAR": os.environ["VAR"]}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    command = [sys.executable, "-m", "tests.races.track"]
    share = -(-count // tracks)
    running = [
        subprocess.Popen([*command, str(seed), str(share)], env=environment, stdout=subprocess.PIPE, text=True)
        for seed in range(tracks)
    ]
    tallies: dict[Pair, Tally] = defaultdict(Tally)
    for track in running:
        said = track.communicate()[0]
        assert track.returncode == 0
        _add(tallies, json.loads(said))
    return tallies


def _add(tallies: dict[Pair, Tally], said: Sequence[Any]) -> None:
    for pair, races, let, refused, faults in said:
        tallies[tuple(pair)].add(Tally(races, let, refused, Counter(faults)))


def main() -> None:
    """Race, and say what came of it."""
    seed, count = map(int, sys.argv[1:])
    tallies = raced(count, seed)
    said = [[pair, tally.races, tally.let, tally.refused, tally.faults] for pair, tally in tallies.items()]
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
