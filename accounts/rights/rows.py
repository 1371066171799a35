"""What this room erases of somebody who left: pictures, exports, and every row that hangs on them by CASCADE.

A table that points to a person says by its ``on_delete`` what becomes of its rows: CASCADE goes with the person,
PROTECT stays unless an eraser removes it by name (``tests/contract/test_erasure.py`` holds every table to that).
"""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import CASCADE, ForeignKey, Model, Q, QuerySet

from accounts import notices, pictures
from accounts.models import Departure, Guardianship, Person, Suspension
from accounts.rights import exports
from accounts.rights.erasers import Counts, Eraser, Kept
from socialvideo.lib.models import KeptReply

ERASED_WORDS = "erased"
# Replies are kept for a day; one that names the person goes, whoever it was given to.
REPLIES = """SELECT id FROM lib_keptreply WHERE caller = %s OR position(%s::bytea IN coalesce(body, '')) > 0
    OR position(%s::bytea IN coalesce(body, '')) > 0"""


def links(model: type[Model]) -> list[ForeignKey[Any, Any]]:
    """Return the columns by which a table points to people."""
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey) and _is_person(field)]


def following(person_id: UUID) -> Iterator[QuerySet[Model]]:
    """Yield the rows of each table that go with the person."""
    for model in apps.get_models(include_auto_created=True):
        going = [field.name for field in links(model) if field.remote_field.on_delete is CASCADE]
        if going:
            yield model._default_manager.filter(reduce(or_, (Q(**{name: person_id}) for name in going)))


def _is_person(field: ForeignKey[Any, Any]) -> bool:
    return field.related_model is Person


def _count(person_id: UUID) -> Counts:
    found = {str(rows.model._meta.verbose_name_plural): rows.count() for rows in following(person_id)}
    pictured = Person.objects.filter(id=person_id).exclude(picture="").count()
    return {
        **found,
        "guardianships": _guardianships(person_id).count(),
        "kept replies": len(_replies(person_id)),
        "profile pictures": pictured,
        "reasons of suspensions": _reasons(person_id).count(),
    }


def _erase(person_id: UUID) -> None:
    exports.erase(person_id)
    notices.forget(person_id=person_id)
    pictures.erase(person_id)
    Person.objects.filter(id=person_id).update(picture="", picture_side=0, picture_blurhash="")
    for rows in following(person_id):
        rows.delete()
    _guardianships(person_id).delete()
    _reasons(person_id).update(reason=ERASED_WORDS)
    KeptReply.objects.filter(id__in=_replies(person_id)).delete()


def _guardianships(person_id: UUID) -> QuerySet[Guardianship]:
    return Guardianship.objects.filter(Q(ward=person_id) | Q(guardian=person_id))


def _reasons(person_id: UUID) -> QuerySet[Suspension]:
    return Suspension.objects.filter(person=person_id).exclude(reason=ERASED_WORDS)


def _replies(person_id: UUID) -> list[int]:
    handle = Person.objects.values_list("handle", flat=True).get(id=person_id)
    with connection.cursor() as cursor:
        cursor.execute(REPLIES, [str(person_id), str(person_id).encode(), f'"{handle}"'.encode()])
        return [row[0] for row in cursor.fetchall()]


ROWS = Eraser(
    count=_count,
    erase=_erase,
    kept=(
        Kept(
            Departure,
            lambda person_id: Departure.objects.filter(person=person_id),
            "this report itself: that and when an account was erased must be shown (GDPR article 5(2))",
        ),
        Kept(
            Suspension,
            lambda person_id: Suspension.objects.filter(person=person_id),
            "that an account was closed, without its reasons, for the count of decisions (DSA article 24)",
        ),
    ),
)
