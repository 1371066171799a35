"""Registers the room."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """The moderation room."""

    name = "moderation"
