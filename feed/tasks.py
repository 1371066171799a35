"""Celery's doors: each task makes one domain call. A task that runs twice does no harm."""

from uuid import UUID

from celery import shared_task

from feed import scheduling
from feed.control import steers
from feed.engagement import comments, counting
from feed.foryou import training
from feed.lists import trending


@shared_task(name="feed.tasks.sweep")
def sweep(**_: object) -> None:
    """Look for what is due."""
    scheduling.sweep()


@shared_task(name="feed.tasks.publish_draft")
def publish_draft(*, draft_id: str, **_: object) -> None:
    """Publish one draft that is due."""
    scheduling.publish(UUID(draft_id))


@shared_task(name="feed.tasks.fold_beacons")
def fold_beacons(**_: object) -> None:
    """Count what players told."""
    counting.fold()


@shared_task(name="feed.tasks.forget_comments")
def forget_comments(**_: object) -> None:
    """Blank the words of comments that were removed long ago."""
    comments.forget()


@shared_task(name="feed.tasks.rank_trends")
def rank_trends(**_: object) -> None:
    """Rank what trends now."""
    trending.rank()


@shared_task(name="feed.tasks.train_ranking")
def train_ranking(**_: object) -> None:
    """Learn the ranking of feeds anew, and drop what nothing asks for any more."""
    training.train()
    training.sweep()
    steers.sweep()


@shared_task(name="feed.tasks.refresh_ranking")
def refresh_ranking(**_: object) -> None:
    """Count anew what people watch."""
    training.refresh()
