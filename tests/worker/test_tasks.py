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
from worker import covers, jobs, ladders, pipeline, storage, tasks
from worker.uploads import ingest, reaping, sessions

NAMES = {
    *("worker.tasks.run_job", "worker.tasks.sweep", "worker.tasks.purge", "consent.tasks.expire"),
    *("worker.tasks.ingest", "worker.tasks.climb", "worker.tasks.sweep_media", "worker.tasks.reap"),
    *("worker.tasks.make_cover", "worker.tasks.sweep_covers"),
    *("accounts.tasks.send_mail", "accounts.tasks.send_reset", "accounts.tasks.sweep"),
}


def test_every_task_is_registered_under_its_name() -> None:
    assert {name for name in app.tasks if name.startswith(("worker.", "consent.", "accounts.tasks."))} == NAMES


def test_whatever_is_sent_scheduled_or_routed_is_registered() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY["beat_schedule"].values()}
    sent = {jobs.RUN, jobs.PURGE, sessions.INGEST, ladders.CLIMB, covers.MAKE, scheduling.PUBLISH}
    sent |= {mail.SEND, recovery.SEND}
    assert sent | scheduled | set(settings.CELERY["task_routes"]) <= set(app.tasks)


def test_the_withdrawal_handlers_can_be_called() -> None:
    assert [import_string(dotted) for dotted in settings.WITHDRAWAL_HANDLERS] == [jobs.cancel_for]


@pytest.mark.parametrize(
    ("task", "room", "name"),
    [
        (tasks.run_job, pipeline, "job_id"),
        (tasks.ingest, ingest, "upload_id"),
        (tasks.climb, ladders, "video_id"),
    ],
)
def test_a_task_runs_what_it_names(monkeypatch: pytest.MonkeyPatch, task: object, room: object, name: str) -> None:
    calls: list[object] = []
    monkeypatch.setattr(room, "run", calls.append)
    run_id = new_id()
    task(**{name: str(run_id)})  # type: ignore[operator]
    assert calls == [run_id]


@pytest.mark.parametrize(
    ("task", "room", "verb"),
    [
        (tasks.sweep, jobs, "sweep"),
        (tasks.purge, storage, "purge"),
        (tasks.sweep_media, reaping, "sweep"),
        (tasks.reap, reaping, "reap"),
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
    tasks.sweep_media()
    tasks.reap()
