"""The REST API, under granian in WSGI mode."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialvideo.settings")

application = get_wsgi_application()

from consent import anchors  # noqa: E402 (Django must be set up before its models are imported)

anchors.guard()
