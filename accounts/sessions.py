"""Ending sessions: whoever ends some tells every process in the same commit, so that what they play is cut."""

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import PushSubscription, Session
from socialvideo.lib import bus


def end(those: QuerySet[Session]) -> int:
    """End those of the sessions that have not ended; return how many that were."""
    with transaction.atomic():
        ids = list(those.filter(ended_at=None).order_by("id").select_for_update().values_list("id", flat=True))
        Session.objects.filter(id__in=ids).update(ended_at=Now())
        PushSubscription.objects.filter(session__in=ids).delete()
        bus.announce("session", ids)
    return len(ids)
