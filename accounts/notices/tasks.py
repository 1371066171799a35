"""Celery's doors: each task makes one domain call. A task that runs twice does no harm."""

from uuid import UUID

from celery import shared_task

from accounts.notices import deliveries, digests


@shared_task(name="accounts.notices.tasks.spread")
def spread(**_: object) -> None:
    """Hand what was told to push and mail."""
    deliveries.spread()


@shared_task(name="accounts.notices.tasks.push")
def push(*, delivery_id: str, **_: object) -> None:
    """Send one push."""
    deliveries.push(UUID(delivery_id))


@shared_task(name="accounts.notices.tasks.digest")
def digest(**_: object) -> None:
    """Send the digests that are due."""
    digests.send_due()
