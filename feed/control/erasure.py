"""What is erased of somebody who left: how they wanted their feed, how long they sat there, what they were shown."""

from uuid import UUID

from django.db.models import Model, QuerySet

from accounts.rights.erasers import Counts, Eraser
from feed.models import Choice, Impression, Sitting, Steer

_TABLES: dict[str, type[Model]] = {
    "wishes for the feed": Steer,
    "settings of the feed": Choice,
    "times before the feed": Sitting,
    "items shown": Impression,
}


def _count(person_id: UUID) -> Counts:
    return {what: _of(table, person_id).count() for what, table in _TABLES.items()}


def _erase(person_id: UUID) -> None:
    for table in _TABLES.values():
        _of(table, person_id).delete()


def _of(table: type[Model], person_id: UUID) -> QuerySet[Model]:
    return table._default_manager.filter(person=person_id)


STEERING = Eraser(count=_count, erase=_erase)
