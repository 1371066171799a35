"""Celery's doors: each task makes one domain call. A task that runs twice does no harm."""

from uuid import UUID

from celery import shared_task

from worker import covers, jobs, pipeline, storage


@shared_task(name="worker.tasks.run_job")
def run_job(*, job_id: str, **_: object) -> None:
    """Run one job."""
    pipeline.run(UUID(job_id))


@shared_task(name="worker.tasks.sweep")
def sweep(**_: object) -> None:
    """Send again what was lost on the way."""
    jobs.sweep()


@shared_task(name="worker.tasks.purge")
def purge(**_: object) -> None:
    """Remove the bytes of withdrawn videos, and of runs that were killed."""
    storage.purge()


@shared_task(name="worker.tasks.make_cover")
def make_cover(*, video_id: str, **_: object) -> None:
    """Make one poster anew."""
    covers.make(UUID(video_id))


@shared_task(name="worker.tasks.sweep_covers")
def sweep_covers(**_: object) -> None:
    """Make the posters that were forgotten."""
    covers.sweep()
