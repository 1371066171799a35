"""Celery's doors: each task makes one domain call. A task that runs twice does no harm."""

from uuid import UUID

from celery import shared_task

from worker import covers, jobs, ladders, pipeline, storage
from worker.uploads import ingest as ingesting
from worker.uploads import reaping


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


@shared_task(name="worker.tasks.ingest")
def ingest(*, upload_id: str, **_: object) -> None:
    """Make a video of one upload."""
    ingesting.run(UUID(upload_id))


@shared_task(name="worker.tasks.climb")
def climb(*, video_id: str, **_: object) -> None:
    """Make the renditions of one video."""
    ladders.run(UUID(video_id))


@shared_task(name="worker.tasks.sweep_media")
def sweep_media(**_: object) -> None:
    """Send uploads and ladders again that were lost on the way."""
    reaping.sweep()


@shared_task(name="worker.tasks.reap")
def reap(**_: object) -> None:
    """End what hangs, and remove what nobody needs any more."""
    reaping.reap()


@shared_task(name="worker.tasks.make_cover")
def make_cover(*, video_id: str, **_: object) -> None:
    """Make one poster anew."""
    covers.make(UUID(video_id))


@shared_task(name="worker.tasks.sweep_covers")
def sweep_covers(**_: object) -> None:
    """Make the posters that were forgotten."""
    covers.sweep()
