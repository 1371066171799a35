"""What this room erases of somebody who left: the words of their reports. Decisions stay, as the law asks."""

from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.rights.erasers import Counts, Eraser, Kept
from moderation.models import Action, Report


def _worded(person_id: UUID) -> QuerySet[Report]:
    return Report.objects.filter(reporter=person_id).exclude(detail="")


def _count(person_id: UUID) -> Counts:
    return {"words of reports": _worded(person_id).count()}


def _erase(person_id: UUID) -> None:
    _worded(person_id).update(detail="")


REPORTS = Eraser(
    count=_count,
    erase=_erase,
    kept=(
        Kept(
            Report,
            lambda person_id: Report.objects.filter(reporter=person_id),
            "that something was reported and how it was decided (DSA articles 16 and 24); no words, ids alone",
        ),
        Kept(
            Action,
            lambda person_id: Action.objects.filter(
                Q(moderator=person_id) | Q(video__owner=person_id) | Q(comment__author=person_id)
            ),
            "decisions with their reasons, for complaints and for supervision (DSA articles 17, 20 and 24)",
        ),
    ),
)
