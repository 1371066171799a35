"""The stream server, under granian in ASGI mode: gated media bytes."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialvideo.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 (Django must be set up before its models are imported)

from consent import anchors  # noqa: E402
from feed.stream import Stream  # noqa: E402

anchors.guard()
application = Stream(settings.DATABASE_URL)
