"""Celery's doors of discovery: each task makes one domain call, and none carries anything that comes from a number."""

from celery import shared_task

from accounts.discovery import matching, upkeep


@shared_task(name="accounts.discovery.tasks.match")
def match(**_: object) -> None:
    """Match what is new."""
    matching.tick_all()


@shared_task(name="accounts.discovery.tasks.keep")
def keep(**_: object) -> None:
    """Turn epochs, renew tags, publish roots, forget codes."""
    upkeep.keep()
