"""Celery's doors to what takes long. A task that runs twice does no harm."""

from uuid import UUID

from celery import shared_task

from accounts.rights import erasing, exports


@shared_task(name="accounts.rights.tasks.erase")
def erase(*, departure_id: str, **_: object) -> None:
    """Erase what is of one person who left."""
    erasing.run(UUID(departure_id))


@shared_task(name="accounts.rights.tasks.build_export")
def build_export(*, export_id: str, **_: object) -> None:
    """Build one export."""
    exports.build(UUID(export_id))
