"""What the small world holds for the routes about leaving and exports, ready made."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts import auth, mail
from accounts.models import Departure, Export, Mail, Person
from socialvideo.lib import sealing
from socialvideo.lib.clock import wall_now
from tests import factories

TOKEN = "the token of who left"


@dataclass(frozen=True)
class Rights:
    """An export of the requester's, and the tokens of who left."""

    export: Export
    bodies: dict[str, dict[str, Any]]


def made(requester: Person) -> Rights:
    """Make it."""
    soon, key = wall_now() + timedelta(days=1), sealing.new_key()
    file = default_storage.save("exports/made", ContentFile(b"".join(sealing.sealed([b"PK"], key))))
    archive = {"file": file, "key": key, "size_bytes": 2, "expires_at": soon}
    export = Export.objects.create(person=requester, state="completed", **archive)
    left = factories.person("lea", is_active=False)
    Departure.objects.create(person=left, token_digest=auth.digest(TOKEN), erase_at=soon, due_at=soon)
    keep = Mail.objects.create(person=left, kind="keep", to=left.email, expires_at=soon)
    return Rights(export, {"PUT /departures": {"token": mail.token(keep)}, "POST /departures/report": {"token": TOKEN}})
