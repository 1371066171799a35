"""Celery's doors: each task makes one domain call. A task that runs twice does no harm."""

from celery import shared_task

from accounts.notices import deliveries, digests


@shared_task(name="accounts.notices.tasks.spread")
def spread(**_: object) -> None:
    """Bring what was told to browsers and mail. One message for all of it: a worker takes only so many a second."""
    deliveries.bring()


@shared_task(name="accounts.notices.tasks.digest")
def digest(**_: object) -> None:
    """Send the digests that are due."""
    digests.send_due()
