"""Registers the room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People and the graph."""

    name = "accounts"
