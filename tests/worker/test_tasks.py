"""Celery's doors: their names are the ones that are sent to, and each makes one call."""

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from accounts import mail, recovery, sweeping
from accounts.tasks import sweep as tidy
from consent import expiry
from consent.tasks import expire
from feed import scheduling
from feed.tasks import sweep as publish_due
from socialvideo.celery import app
from socialvideo.lib.ids import new_id
from worker import covers, jobs, pipeline, storage, tasks

NAMES = {
    *("worker.tasks.run_job", "worker.tasks.sweep", "worker.tasks.purge", "consent.tasks.expire"),
    *("worker.tasks.make_cover", "worker.tasks.sweep_covers"),
    *("accounts.tasks.send_mail", "accounts.tasks.send_reset", "accounts.tasks.sweep"),
}


def test_every_task_is_registered_under_its_name() -> None:
    assert {name for name in app.tasks if name.startswith(("worker.", "consent.", "accounts.tasks."))} == NAMES


def test_whatever_is_sent_scheduled_or_routed_is_registered() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY["beat_schedule"].values()}
    assert {jobs.RUN, jobs.PURGE, covers.MAKE, scheduling.PUBLISH, mail.SEND, recovery.SEND} | scheduled | set(
        settings.CELERY["task_routes"]
    ) <= set(app.tasks)


def test_the_withdrawal_handlers_can_be_called() -> None:
    assert [import_string(dotted) for dotted in settings.WITHDRAWAL_HANDLERS] == [jobs.cancel_for]


def test_run_job_runs_that_job(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(pipeline, "run", calls.append)
    job_id = new_id()
    tasks.run_job(job_id=str(job_id))
    assert calls == [job_id]


@pytest.mark.parametrize(
    ("task", "room", "verb"),
    [
        (tasks.sweep, jobs, "sweep"),
        (tasks.purge, storage, "purge"),
        (tasks.sweep_covers, covers, "sweep"),
        (publish_due, scheduling, "sweep"),
        (expire, expiry, "sweep"),
        (tidy, sweeping, "sweep"),
    ],
)
def test_a_task_makes_one_call(monkeypatch: pytest.MonkeyPatch, task: object, room: object, verb: str) -> None:
    calls: list[str] = []
    monkeypatch.setattr(room, verb, lambda: calls.append(verb))
    task(sent_by="a newer release")  # type: ignore[operator]
    assert calls == [verb]


def test_a_message_that_came_twice_finds_nothing_to_do(db: None) -> None:
    tasks.run_job(job_id=str(new_id()))
    tasks.sweep()
    tasks.purge()
