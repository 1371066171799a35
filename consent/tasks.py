"""Celery's door to consent. A task that runs twice does no harm."""

from celery import shared_task

from consent import expiry


@shared_task(name="consent.tasks.expire")
def expire(**_: object) -> None:
    """End the grants that are past their time."""
    expiry.sweep()
