"""Registers the small tables of the shared library."""

import orjson
from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string
from psycopg.types.json import set_json_loads


class LibConfig(AppConfig):
    """The shared library's tables: replies kept for repeated requests, request counts, what caches are to forget."""

    name = "socialvideo.lib"
    label = "lib"
    verbose_name = "Shared library"

    def ready(self) -> None:
        """Have the database's JSON read by orjson. Stop the start if nothing of the name of CACHE_PURGER is there: what
        is cached could never be called back."""
        set_json_loads(orjson.loads)
        if settings.CACHE_PURGER:
            import_string(settings.CACHE_PURGER)
