"""Registers the room."""

from django.apps import AppConfig


class FeedConfig(AppConfig):
    """The feed room."""

    name = "feed"
