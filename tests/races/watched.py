"""What a watched worker does beside its work: it writes down each step and phase, and pauses where a race is narrow.

A row of ``race_step`` is committed on its own, when a phase begins, and says in the same statement whether by then the
database knows of an end of what the job rests on. So ``ended`` is exact: no clock is compared. ``backend`` is the
connection on which the process does its work.

A job whose prompt says "without steps" or "without seal" runs without that check, to prove that the test sees it.
"""

import functools
import os
import random
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from consent import permits, rules
from consent.rules import Allowed, Point
from worker import encoding, jobs, pipeline

ENDED = """SELECT EXISTS (
    SELECT 1 FROM worker_job j JOIN consent_permit p ON p.id = j.permit_id
    JOIN consent_permitsubject s ON s.permit_id = p.id JOIN consent_grant g ON g.id = s.grant_id
    WHERE j.id = %(job)s AND (g.state <> 'given' OR g.closed_at IS NOT NULL
        OR EXISTS (SELECT 1 FROM consent_likeness l WHERE l.subject_id = s.subject_id AND l.erased_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM consent_veto v WHERE v.video_id = ANY(p.lineage))))"""
NOTE = f"""INSERT INTO race_step (job, pid, backend, phase, ended)
    VALUES (%(job)s, %(pid)s, %(backend)s, %(phase)s, ({ENDED}))"""

# Where a race is narrow, in seconds; a withdrawal that waited for the phase falls into it.
PAUSES = {"step": 0.006, "claimed": 0.06, "encoded": 0.06, "sealing": 0.06, "in the seal": 0.06, "sealed": 0.03}
# One that must be found out waits until the withdrawal has surely come.
PATIENT = {"step": 0.03, "sealing": 1.0}
running = SimpleNamespace(job=None, prompt="", pid=0, backend=0, notes=None)


def note(phase: str) -> None:
    """Write down that the job now begins this phase, and pause in it."""
    if running.pid != os.getpid():
        running.pid, running.notes = os.getpid(), psycopg.connect(settings.DATABASE_URL, autocommit=True)
    row = {"job": running.job, "pid": running.pid, "backend": running.backend, "phase": phase}
    running.notes.execute(NOTE, row)
    time.sleep(PATIENT.get(phase, 0) if "without" in running.prompt else random.uniform(0, PAUSES[phase]))


def before(phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` with the note of a phase before it."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        note(phase)
        return function(*args, **kwargs)

    return call


def after(phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` with the note of a phase after it."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        note(phase)
        return result

    return call


def claimed(real: Callable[..., Any]) -> Callable[..., Any]:
    """Remember whose steps follow."""

    def claim(job_id: Any) -> Any:
        taken = real(job_id)
        if taken:
            running.job, running.prompt = taken.job_id, taken.spec.prompt
            running.backend = connection.connection.info.backend_pid
            note("claimed")
        return taken

    return claim


def checks(real: Callable[..., Any]) -> Callable[..., Any]:
    """Note each step that begins, which is when its checks have passed."""
    return lambda *args: after("step", real(*args))


def unless(words: str, real: Callable[..., Any], weak: Callable[..., Any]) -> Callable[..., Any]:
    """Put ``weak`` in the place of ``real`` for jobs that ask for it."""
    return lambda *args, **kwargs: (weak if words in running.prompt else real)(*args, **kwargs)


def decide_all_but_seals(point: Point, claims: Any, wish: Any, facts: Any, now: Any) -> Any:
    """Allow every seal."""
    if point is Point.SEAL:
        return Allowed(tuple(facts.grants[claim.key] for claim in claims))
    return decide(point, claims, wish, facts, now)


decide = rules.decide
rules.decide = unless("without seal", decide, decide_all_but_seals)
permits.recheck = unless("without steps", permits.recheck, lambda _: None)
jobs.claim = claimed(jobs.claim)
jobs.complete = before("in the seal", jobs.complete)
encoding.encode = after("encoded", encoding.encode)
permits.spend = after("sealed", before("sealing", permits.spend))
pipeline._checks = checks(pipeline._checks)
