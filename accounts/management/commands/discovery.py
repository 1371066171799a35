"""``manage.py discovery``: show the epochs of contact discovery, or rotate their keys at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.discovery import enrolments, epochs, transparency, upkeep
from socialvideo.lib.errors import Problem


class Command(BaseCommand):
    """``rotate`` does what the schedule does; ``rotate --now`` is for a key that somebody may know."""

    help = "Show the epochs (status), turn them if it is time (rotate), or end them all and begin anew (rotate --now)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do."""
        parser.add_argument("deed", choices=("status", "rotate"))
        parser.add_argument("--now", action="store_true", help="without grace: clients send their contacts again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        try:
            if options["deed"] == "rotate":
                self._rotate(at_once=options["now"])
            for epoch in epochs.usable():
                self.stdout.write(f"epoch {epoch.number}: {epoch.begins_at:%Y-%m-%d %H:%M} to {epoch.ends_at:%Y-%m-%d}")
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem

    def _rotate(self, *, at_once: bool) -> None:
        if not at_once:
            upkeep.keep()
            return
        fresh = epochs.rotate_now()
        self.stdout.write(f"epoch {fresh.number} begins; {enrolments.renew()} members have a tag in it")
        transparency.publish_due()
