"""Registers the room, and how its sessions are described."""

from django.apps import AppConfig

from accounts.schema import BearerScheme


class AccountsConfig(AppConfig):
    """People and the graph."""

    name = "accounts"
    # Importing the scheme registers it with the description of the API.
    session_scheme = BearerScheme
