"""``manage.py moderator``: make somebody a moderator, who cannot sign up as one."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from accounts import rules
from accounts.models import Person
from socialvideo.lib.clock import wall_now


class Command(BaseCommand):
    """Create or update a moderator; the password comes from the environment, so that no process list shows it."""

    help = "Create a moderator. The password is read from MODERATOR_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the handle and the e-mail address."""
        parser.add_argument("handle")
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        password = os.environ.get("MODERATOR_PASSWORD")
        if not password:
            raise CommandError("Set MODERATOR_PASSWORD.")
        if not rules.HANDLE.fullmatch(options["handle"]):
            raise CommandError("A handle is 3 to 30 of a-z, 0-9 and _, and begins with a letter.")
        person = Person.objects.filter(handle=options["handle"]).first() or Person(handle=options["handle"])
        person.email, person.display_name = options["email"].lower(), person.display_name or "Moderator"
        person.is_staff = person.is_superuser = True
        person.verified_at = person.verified_at or wall_now()
        person.set_password(password)
        try:
            person.save()
        except IntegrityError as error:
            raise CommandError(f"{person.email} belongs to another account.") from error
        self.stdout.write(f"@{person.handle} is a moderator")
