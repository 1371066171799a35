"""``make bench``: what the gate, the visibility predicate and gated serving cost beside the barest thing that could
stand there, and what a withdrawal costs while six users use the grant."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from socialvideo.embedded.cluster import Cluster
from socialvideo.embedded.control import Server

FOLLOWED, POSTS, ROUNDS, WITHDRAWALS = 100, 5, 200, 40


def main() -> None:
    """Start a cluster of our own, fill it, and print the table."""
    with tempfile.TemporaryDirectory(prefix="sv-bench-") as var:
        server = Server(Cluster(Path(var) / "pg"))
        server.start()
        try:
            server.wait_ready()
            server.ensure_database()
            os.environ |= {"VAR": var, "DATABASE_URL": server.cluster.url(), "RATE_LIMIT_FACTOR": "1000000"}
            os.environ["DJANGO_SETTINGS_MODULE"] = "socialvideo.settings"
            compare()
            serve()
            withdraw()
        finally:
            server.stop()


def compare() -> None:
    """Measure each pair turn and turn about, and print medians and their ratio."""
    import django

    django.setup()
    from benchmarks import cases

    cases.fill(FOLLOWED, POSTS)
    print(f"{'what':<52} {'ours ms':>8} {'bare ms':>8} {'ratio':>6}")
    for what, ours, bare in cases.pairs():
        a, b = medians(ours, bare)
        print(f"{what:<52} {a:>8.2f} {b:>8.2f} {a / b:>6.2f}")


def serve() -> None:
    """Serve films with and without the gate, on the same cluster, and print the table."""
    from benchmarks import serving

    print("")
    for line in serving.lines():
        print(line, flush=True)


def withdraw() -> None:
    """Withdraw a grant with and without users, on the same cluster, and print the table."""
    from benchmarks import cases, hot

    print("", *hot.measure(WITHDRAWALS).lines(), sep="\n")
    cases.close()


def medians(ours: Callable[[], object], bare: Callable[[], object]) -> tuple[float, float]:
    """Return the median milliseconds of both, run in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for run, kept in zip((ours, bare), times, strict=True):
            began = time.perf_counter()
            run()
            kept.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    main()
