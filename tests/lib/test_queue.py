"""Waking workers: at commit, and a broker that is away costs neither the request nor the row."""

import logging
import time
from typing import Any

import pytest
from celery import Celery
from django.conf import settings as configured
from django.db import transaction

from accounts.models import Person
from socialvideo.lib import queue
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1"
AWAY: dict[str, tuple[str, dict[str, object]]] = {
    "redis": ("redis://127.0.0.1:1/0", {}),
    "pgmq": ("pgmq://", {"conn_string": NOWHERE, "init_extension": False, "pool_timeout": 0.3, "pool_size": 1}),
}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """What is sent, written down instead."""
    messages: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(queue.app, "send_task", lambda task, kwargs: messages.append((task, kwargs)))
    return messages


def test_a_message_is_sent_at_commit_and_not_before(sent: list[Any]) -> None:
    with transaction.atomic():
        queue.wake("worker.tasks.run_job", job_id="7")
        assert sent == []
    assert sent == [("worker.tasks.run_job", {"job_id": "7"})]


def test_what_was_rolled_back_wakes_nobody(sent: list[Any]) -> None:
    with transaction.atomic():
        queue.wake("worker.tasks.run_job", job_id="7")
        transaction.set_rollback(True)
    assert sent == []


@pytest.mark.parametrize("kind", AWAY)
def test_a_broker_that_is_away_is_a_line_in_the_log_and_the_row_stands(
    kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url, options = AWAY[kind]
    app = Celery("away")
    app.conf.update({**configured.CELERY, "broker_url": url, "broker_transport_options": options})
    monkeypatch.setattr(queue, "app", app)
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING), transaction.atomic():
        factories.person("sam")
        queue.wake("worker.tasks.run_job", job_id="7")
    assert Person.objects.filter(handle="sam").exists()
    assert any("the broker did not take worker.tasks.run_job" in line for line in caplog.messages)
    assert time.monotonic() - begun < 5


def test_one_message_that_fails_keeps_no_other_back(monkeypatch: pytest.MonkeyPatch, sent: list[Any]) -> None:
    with transaction.atomic():
        transaction.on_commit(lambda: 1 / 0, robust=True)
        queue.wake("worker.tasks.purge")
    assert sent == [("worker.tasks.purge", {})]
