"""Celery's doors: each task makes one domain call. A task that runs twice does no harm."""

from celery import shared_task

from accounts.notices import deliveries, summaries, upkeep


@shared_task(name="accounts.notices.tasks.spread")
def spread(**_: object) -> None:
    """Bring what was told to browsers and mail. One message for all of it: a worker takes only so many a second."""
    deliveries.bring()


@shared_task(name="accounts.notices.tasks.summary")
def summary(**_: object) -> None:
    """Send the summaries that are due."""
    summaries.send_due()


@shared_task(name="accounts.notices.tasks.keep")
def keep(**_: object) -> None:
    """Remove what is too old."""
    upkeep.keep()
