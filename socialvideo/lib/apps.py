"""Registers the small tables of the shared library."""

from django.apps import AppConfig


class LibConfig(AppConfig):
    """The shared library's tables: replies kept for repeated requests, and request counts."""

    name = "socialvideo.lib"
    label = "lib"
    verbose_name = "Shared library"
