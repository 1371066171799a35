"""What the small world holds for the routes about leaving and exports: somebody who left, and an archive."""

from dataclasses import dataclass
from typing import Any

from accounts import mail
from accounts.models import Export, Mail, Person
from accounts.rights import exports, leaving
from tests import factories


@dataclass(frozen=True)
class Rights:
    """An export of the requester's, and the tokens of who left."""

    export: Export
    bodies: dict[str, dict[str, Any]]


def made(requester: Person) -> Rights:
    """Make it."""
    export = exports.ask(requester)
    exports.build(export.id)
    token, _ = leaving.leave(person=factories.person("lea"))
    keep = mail.token(Mail.objects.get(kind="keep"))
    return Rights(export, {"PUT /departures": {"token": keep}, "POST /departures/report": {"token": token}})
