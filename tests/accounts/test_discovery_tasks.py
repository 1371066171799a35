"""The tasks of discovery: scheduled, registered, without arguments that could carry a number; and its senders."""

import inspect
from typing import Any

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from accounts.discovery import matching, tasks, upkeep
from socialvideo import settings as product
from socialvideo.celery import app

NAMES = ("accounts.discovery.tasks.match", "accounts.discovery.tasks.keep")


def test_both_are_scheduled_and_registered() -> None:
    scheduled: dict[str, Any] = settings.CELERY["beat_schedule"]
    app.loader.import_default_modules()
    assert set(NAMES) <= {entry["task"] for entry in scheduled.values()}
    assert set(NAMES) <= set(app.tasks)


def test_a_task_makes_its_one_call_and_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(matching, "tick_all", lambda: called.append("match"))
    monkeypatch.setattr(upkeep, "keep", lambda: called.append("keep"))
    tasks.match(anything="of a newer version")
    tasks.keep()
    assert called == ["match", "keep"]
    assert {kind for task in (tasks.match, tasks.keep) for kind in _kinds(task)} == {inspect.Parameter.VAR_KEYWORD}


def _kinds(task: Any) -> list[Any]:
    return [parameter.kind for parameter in inspect.signature(task.run).parameters.values()]


@pytest.mark.parametrize("name", [product.DISCOVERY_SENDER, "accounts.discovery.senders.absent"])
def test_each_sender_that_the_settings_name_is_there(name: str) -> None:
    assert list(inspect.signature(import_string(name)).parameters) == ["number", "text"]
