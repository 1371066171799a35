"""``manage.py openapi``: write the description of the API to docs/openapi.json, or say whether it is up to date."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.validation import validate_schema

from socialvideo.lib.openapi import FILE


class Command(BaseCommand):
    """The committed description is what clients are built from, so it never drifts from the views."""

    help = "Write docs/openapi.json. With --check nothing is written, and the exit status is 1 if it is out of date."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--check`` and, for tests, another file."""
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--file", type=Path, default=FILE)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        fresh, file = written(), options["file"]
        if not options["check"]:
            file.write_text(fresh)
            self.stdout.write(f"wrote {file.name}")
        elif not file.is_file() or file.read_text() != fresh:
            raise CommandError("docs/openapi.json is out of date. Run: manage.py openapi", returncode=1)


@cache
def written() -> str:
    """Return the description as it is committed; CommandError if a view describes itself badly."""
    GENERATOR_STATS.reset()
    schema = SchemaGenerator().get_schema(request=None, public=True)
    if GENERATOR_STATS:
        raise CommandError("The views describe themselves with the faults above. Mend them first.")
    validate_schema(schema)
    plain = json.loads(OpenApiJsonRenderer().render(schema))
    return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
