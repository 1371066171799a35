"""What time alone makes due: notices that are too old, browsers whose session has ended."""

from accounts.models import Notice, NoticeActor, PushDelivery
from accounts.notices import subscriptions, summaries
from accounts.notices.rules import KEPT
from socialvideo.lib.clock import database_now

AT_ONCE = 1000


def keep() -> None:
    """Do it all; each part may be repeated."""
    subscriptions.forget_ended()
    summaries.forget_old(database_now())
    while forget_old():
        pass


def forget_old() -> int:
    """Remove notices that nothing was added to for 90 days, a thousand at a time; return how many."""
    old = Notice.objects.filter(newest_at__lt=database_now() - KEPT).order_by("newest_at")
    ids = list(old.values_list("id", flat=True)[:AT_ONCE])
    for rows in (NoticeActor.objects.filter(notice__in=ids), PushDelivery.objects.filter(notice__in=ids)):
        rows.delete()
    Notice.objects.filter(id__in=ids).delete()
    return len(ids)
