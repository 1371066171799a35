"""Getting back in: a new password by mail. Every session ends, and nobody learns whether an address is known."""

from django.db import transaction

from accounts import devices, lockout, mail, passwords
from accounts.mail import Kind
from accounts.models import Person
from socialvideo.lib import queue
from socialvideo.lib.errors import Problem

SEND = "accounts.tasks.send_reset"


def ask(email: str) -> None:
    """Have the mail sent if the address is an account's.

    Only a worker looks, so that neither the reply nor its time tells. A message that is lost is asked for again.
    """
    queue.wake(SEND, email=email.lower())


def send(email: str) -> None:
    """Send the mail if somebody proved the address to be theirs; in silence if nobody did, or if one was just sent.

    An address that was not proved resets nothing: whoever wrote it first would share the account of whoever reads it.
    """
    person = Person.objects.filter(email=email, verified_at__isnull=False, is_active=True).first()
    if person is None:
        return
    try:
        mail.post(person=person, kind=Kind.RESET, to=person.email)
    except Problem:
        return


def reset(token: str, password: str) -> str:
    """Set a new password by the mail's token and sign out everywhere. 422; a weak password leaves the token good.

    Return the token of a known device: however many strangers guess at the handle, who reads its mail gets in. The
    second factor stays, and so do passkeys: the mail says to look through them.
    """
    with transaction.atomic():
        person = mail.redeem(token, Kind.RESET).person
        passwords.change(person=person, password=password)
    lockout.forget([lockout.of_handle(person.handle)])
    return devices.remember(person)
