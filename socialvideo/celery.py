"""Where ``celery -A socialvideo`` finds the application and its tasks."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialvideo.settings")
django.setup(set_prefix=False)

from socialvideo.lib.queue import app  # noqa: E402 (Django must be set up before)

app.autodiscover_tasks(["worker"])

__all__ = ["app"]
