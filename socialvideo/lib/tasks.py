"""Celery's door to the shared library."""

from celery import shared_task

from socialvideo.lib import caches


@shared_task(name="socialvideo.lib.tasks.purge_caches")
def purge_caches(**_: object) -> None:
    """Tell the caches what they have to forget."""
    caches.deliver()
