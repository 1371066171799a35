"""Where ``celery -A socialvideo`` finds the application and its tasks."""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialvideo.settings")
django.setup(set_prefix=False)

from celery import bootsteps  # noqa: E402
from django.db import connection  # noqa: E402

from consent import anchors  # noqa: E402 (Django must be set up before)
from socialvideo.lib.queue import app  # noqa: E402


class Guard(bootsteps.StartStopStep):
    """A worker starts only on a database that may be served."""

    def __init__(self, worker: Any, **options: Any) -> None:
        anchors.guard()
        # The children are forked from here: two processes that talk on one connection hear each other's answers, and
        # the lock of a killed one lasts as long as the other.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        super().__init__(worker, **options)


app.steps["worker"].add(Guard)
app.autodiscover_tasks(
    ["accounts", "accounts.discovery", "accounts.notices", "accounts.rights", "consent", "worker", "feed"]
)
app.autodiscover_tasks(["socialvideo.lib"])

__all__ = ["app"]
