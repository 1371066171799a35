"""Registers the room."""

from django.apps import AppConfig


class WorkerConfig(AppConfig):
    """The worker room."""

    name = "worker"
