"""Proving that an e-mail address is one's own, and changing it."""

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts import mail
from accounts.letters import Event
from accounts.mail import Kind
from accounts.models import Person
from socialvideo.lib.errors import Problem, invalid

EMAIL_LENGTH = 254


def plain_address(email: str) -> str:
    """Return the one spelling in which an address is stored; 422 for one that grows too long by it."""
    email = email.lower()
    if len(email) > EMAIL_LENGTH:
        raise invalid("/email", "email_too_long", f"An e-mail address has at most {EMAIL_LENGTH} characters.")
    return email


def ask(person: Person) -> None:
    """Send the mail that verifies the person's address. 409 when it is verified, 429 when one was just sent."""
    if person.verified_at:
        raise Problem(409, "email_verified", "Your e-mail address is confirmed already.")
    mail.post(person=person, kind=Kind.VERIFY, to=person.email)


def ask_to_change(person: Person, email: str) -> None:
    """Send the mail that makes ``email`` the person's address once it is confirmed from there.

    All is the same when somebody has that address already: who reads its mail is refused as they confirm it.
    """
    mail.post(person=person, kind=Kind.CHANGE, to=plain_address(email))


def confirm(token: str) -> Person:
    """Redeem the token of either mail; 422 if it is useless, 409 if somebody else has the address by now."""
    try:
        with transaction.atomic():
            row = mail.redeem(token, Kind.VERIFY, Kind.CHANGE)
            person = row.person
            if row.kind == Kind.VERIFY and row.to != person.email:
                raise invalid("/token", "token_unusable", "Your address is another by now.")
            if row.kind == Kind.CHANGE:
                mail.notify(person, Event.EMAIL_CHANGED)
                mail.void(person, Kind.CHANGE, Kind.RESET, Kind.VERIFY)
            Person.objects.filter(id=person.id).update(email=row.to, verified_at=Now())
    except IntegrityError as error:
        raise Problem(409, "email_taken", "This address is another account's. Log in there.") from error
    person.refresh_from_db()
    return person
