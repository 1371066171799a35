"""The tasks of notices: registered, scheduled, and each one domain call; what the settings name can be called."""

import inspect
import logging
from typing import Any

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from accounts.notices import deliveries, kinds, summaries, tasks, telling, upkeep
from accounts.notices.senders import Outcome, Push
from socialvideo.celery import app


def test_every_task_is_registered_and_what_is_not_woken_is_scheduled() -> None:
    app.loader.import_default_modules()
    named = {name for name in app.tasks if name.startswith("accounts.notices.")}
    scheduled = {entry["task"] for entry in settings.CELERY["beat_schedule"].values()}
    assert named == {f"accounts.notices.tasks.{name}" for name in ("spread", "summary", "keep")}
    assert named - scheduled == {telling.SPREAD}


def test_a_task_makes_its_one_call_and_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    for module, name in ((deliveries, "bring"), (summaries, "send_due"), (upkeep, "keep")):
        monkeypatch.setattr(module, name, lambda name=name: called.append(name))
    for task in (tasks.spread, tasks.summary, tasks.keep):
        task(anything="of a newer version")
        assert {one.kind for one in inspect.signature(task.run).parameters.values()} == {inspect.Parameter.VAR_KEYWORD}
    assert called == ["bring", "send_due", "keep"]


def test_the_console_shows_what_would_be_pushed_and_not_where_to(caplog: Any) -> None:
    assert settings.PUSH_SENDER == "accounts.notices.senders.console"
    with caplog.at_level(logging.INFO):
        push = Push("https://push.example.org/secret", b"", b"", b'{"id": 1}', "t")
        assert import_string(settings.PUSH_SENDER)(push).outcome is Outcome.SENT
    assert '{"id": 1}' in caplog.text
    assert "secret" not in caplog.text


def test_every_condition_of_a_thing_is_of_one_that_a_notice_can_have() -> None:
    assert set(settings.NOTICE_THINGS) <= {entry.thing for entry in kinds.TABLE.values()}
    for dotted in settings.NOTICE_THINGS.values():
        assert "n.thing_id" in import_string(dotted)(thing_id="n.thing_id", reader_id="n.recipient_id")
