"""``manage.py prepare``: bring the database up to date, and the broker on it."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from socialvideo.lib import broker


class Command(BaseCommand):
    """Migrate, then install the broker if the database is one. Safe to repeat."""

    help = "Migrate the database and install the broker on it (unless BROKER_URL names another)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        call_command("migrate", interactive=False, verbosity=0)
        installed = broker.is_ours() and broker.install()
        self.stdout.write("database ready" + (", broker installed" if installed else ""))
