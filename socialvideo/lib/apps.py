"""Registers the small tables of the shared library."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string


class LibConfig(AppConfig):
    """The shared library's tables: replies kept for repeated requests, request counts, what caches are to forget."""

    name = "socialvideo.lib"
    label = "lib"
    verbose_name = "Shared library"

    def ready(self) -> None:
        """Stop the start if nothing of the name of CACHE_PURGER is there: what is cached could never be called back."""
        if settings.CACHE_PURGER:
            import_string(settings.CACHE_PURGER)
