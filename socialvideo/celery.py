"""Where ``celery -A socialvideo`` finds the application and its tasks."""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialvideo.settings")
django.setup(set_prefix=False)

from celery import bootsteps  # noqa: E402

from consent import anchors  # noqa: E402 (Django must be set up before)
from socialvideo.lib.queue import app  # noqa: E402


class Guard(bootsteps.StartStopStep):
    """A worker starts only on a database that may be served."""

    def __init__(self, worker: Any, **options: Any) -> None:
        anchors.guard()
        super().__init__(worker, **options)


app.steps["worker"].add(Guard)
app.autodiscover_tasks(["consent", "worker"])

__all__ = ["app"]
