"""Celery's doors: each task makes one domain call. A task that runs twice does no harm."""

from uuid import UUID

from celery import shared_task

from accounts import recovery, sweeping
from accounts.mail import deliver


@shared_task(name="accounts.tasks.send_mail")
def send_mail(*, mail_id: str, **_: object) -> None:
    """Send one mail."""
    deliver(UUID(mail_id))


@shared_task(name="accounts.tasks.send_reset")
def send_reset(*, email: str, **_: object) -> None:
    """Send the mail that resets a password, if the address is an account's."""
    recovery.send(email)


@shared_task(name="accounts.tasks.sweep")
def sweep(**_: object) -> None:
    """Do what time alone makes due."""
    sweeping.sweep()
