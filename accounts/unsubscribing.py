"""Stopping mails from the mails themselves (RFC 2369, RFC 8058): a signed token says whose and which; no log-in."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing

from accounts.models import NoticeChoice, NoticePlan, Person
from accounts.notices.kinds import TABLE, Channel, Kind
from accounts.notices.rules import QUIET_FROM, QUIET_UNTIL
from socialvideo.lib.errors import Problem

SALT = "unsubscribe"
SUMMARY = "summary"
ADDRESS = "/api/v1/unsubscriptions?token="


def address(person_id: UUID, what: str) -> str:
    """Return where these mails are stopped: ``summary``, or the mails of one kind; empty for what always comes."""
    stoppable = what == SUMMARY or (what in Kind.values and not TABLE[Kind(what)].is_fixed(Channel.MAIL))
    return settings.PUBLIC_URL + ADDRESS + signing.dumps([person_id.hex, what], salt=SALT) if stoppable else ""


def headers(stop: str) -> dict[str, str]:
    """Return the header fields by which a mail program stops them in one click."""
    return {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def read(token: str) -> tuple[Person, str]:
    """Return whose mails a token stops, and which; 404 for one that is not ours, or of who has left.

    It does not end: a mail may be old when it annoys.
    """
    unknown = Problem(404, "not_found", "This address stops no mails. Log in and choose at /me/notice-settings.")
    try:
        person_id, what = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise unknown from error
    person = Person.objects.filter(id=UUID(person_id)).first()
    if person is None:
        raise unknown
    return person, str(what)


def stop(token: str) -> None:
    """Send these mails no more. 404. Repeating it changes nothing."""
    person, what = read(token)
    if what == SUMMARY:
        fresh: dict[str, Any] = {
            "quiet_from": QUIET_FROM,
            "quiet_until": QUIET_UNTIL,
            "summary": NoticePlan.Summary.OFF,
        }
        changed = {"summary": NoticePlan.Summary.OFF}
        NoticePlan.objects.update_or_create(person=person, defaults=changed, create_defaults=fresh)
    else:
        NoticeChoice.objects.update_or_create(
            person=person, kind=Kind(what), channel=Channel.MAIL, defaults={"is_on": False}
        )
