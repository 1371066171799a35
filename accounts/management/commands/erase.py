"""``manage.py erase HANDLE``: erase an account at the wish of somebody who cannot log in, as while suspended."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Departure, Person
from accounts.rights import erasing, leaving
from socialvideo.lib.errors import Problem


class Command(BaseCommand):
    """Shut the account, or take one whose days of grace run, and erase it now. Make sure who asks for it."""

    help = "Erase an account now, for a person who asked for it and cannot log in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the handle, twice: nothing brings the account back."""
        parser.add_argument("handle")
        parser.add_argument("--yes", metavar="HANDLE", required=True, help="the handle once more")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        person = Person.objects.filter(handle=options["handle"]).first()
        if person is None or options["yes"] != options["handle"]:
            raise CommandError("Nobody has this handle, or the two are not the same.")
        departure = self._left(person)
        if not erasing.run(departure.id):
            raise CommandError("It is not finished; the worker goes on with it. The log says why.")
        self.stdout.write(f"Erased: departure {departure.id}")

    def _left(self, person: Person) -> Departure:
        waiting = Departure.objects.filter(person=person, cancelled_at=None, finished_at=None).first()
        if waiting:
            leaving.hasten(waiting)
            return waiting
        try:
            return leaving.leave(person=person, at_once=True)[1]
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem
