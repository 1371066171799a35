"""A hot subject: how long a withdrawal takes while six users use the grant without a pause.

Three kinds are timed in turn: a withdrawal of the hot grant, one of somebody else's grant beside it (the same load, but
no use to wait for), and one of the hot grant while the users are halted.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from accounts.models import Person
from benchmarks.hot_user import lock
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Scope
from tests import factories

USERS, USES = 6, 1000


@dataclass
class Figures:
    """Milliseconds of each withdrawal, by kind, and what the users did meanwhile."""

    hot: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    halted: list[float] = field(default_factory=list)
    uses: int = 0
    refusals: int = 0
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """Return the table: median, 99th percentile, and how many times those of a withdrawal without users."""
        rows = {"6 users on the grant": self.hot, "beside them": self.beside, "without users": self.halted}
        head = f"{'a withdrawal, ms':<24}{'median':>8}{'p99':>8}{'max':>8}{'ratio':>8}{'of p99':>8}"
        return [
            head,
            *(
                f"{name:<24}{at(times, 0.5):>8.1f}{at(times, 0.99):>8.1f}{max(times):>8.1f}"
                f"{at(times, 0.5) / at(self.halted, 0.5):>8.2f}{at(times, 0.99) / at(self.halted, 0.99):>8.2f}"
                for name, times in rows.items()
            ),
            f"{self.uses} uses, {self.uses / self.seconds:.0f} a second, {self.refusals} refused",
        ]


def at(times: list[float], share: float) -> float:
    """Return the value that this share of the times does not exceed."""
    ranked = sorted(times)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def measure(rounds: int) -> Figures:
    """Time ``rounds`` withdrawals of each kind, turn and turn about."""
    subject, grantee = factories.enrolled("hot"), factories.person("grantee")
    other, figures, dice = factories.enrolled("other"), Figures(), random.Random(1)
    # The first withdrawal of a process also imports and compiles.
    for someone in (subject, other):
        grant(someone, grantee)
        timed_withdrawal(someone)
    grant(subject, grantee)
    began = time.monotonic()
    with users(subject, grantee, figures):
        for _ in range(rounds):
            time.sleep(dice.uniform(0.02, 0.08))
            figures.hot.append(timed_withdrawal(subject))
            grant(subject, grantee)
            grant(other, grantee)
            time.sleep(dice.uniform(0.02, 0.08))
            figures.beside.append(timed_withdrawal(other))
            with halted():
                figures.halted.append(timed_withdrawal(subject))
                grant(subject, grantee)
    figures.seconds = time.monotonic() - began
    withdrawal.withdraw(subject=subject, scope=Scope())
    return figures


def grant(subject: Person, grantee: Person) -> Grant:
    """Give the grant that is used by all."""
    return factories.grant(subject, grantee, max_uses=USES)


def timed_withdrawal(subject: Person) -> float:
    """Withdraw everything; return the milliseconds until the reply."""
    began = time.perf_counter()
    withdrawal.withdraw(subject=subject, scope=Scope())
    return (time.perf_counter() - began) * 1000


@contextmanager
def users(subject: Person, grantee: Person, figures: Figures) -> Iterator[None]:
    """Let the users begin, wait until each has used the grant once, and add up what they did when they have ended."""
    url = make_conninfo(settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])
    environment = {**os.environ, "DATABASE_URL": url, "TEST_VAR": os.environ["VAR"]}
    command = [sys.executable, "-m", "benchmarks.hot_user", str(subject.id), str(grantee.id)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    running = [subprocess.Popen(command, **pipes) for _ in range(USERS)]
    try:
        for user in running:
            assert user.stdout
            assert user.stdout.readline() == "using\n"
        yield
    finally:
        for user in running:
            said, _ = user.communicate()
            uses, refusals = map(int, said.split())
            figures.uses += uses
            figures.refusals += refusals


@contextmanager
def halted() -> Iterator[None]:
    """Wait until no user is amid a use, and keep them so."""
    lock("pg_advisory_lock")
    try:
        yield
    finally:
        lock("pg_advisory_unlock")
