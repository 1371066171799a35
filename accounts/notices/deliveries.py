"""Bringing notices to push and mail: spread once, then each push on its own, under a lease.

Spreading is one commit, so each channel gets a notice once however often the task runs. A push goes out between two
commits: a worker that is killed in that moment may send it twice. The push service replaces what waits under the same
topic, and the browser what it shows under the same id.
"""

from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest, Now
from django.utils.module_loading import import_string

from accounts import mail
from accounts.models import Notice, Person, PushDelivery, PushSubscription
from accounts.notices import audience, choices, subscriptions
from accounts.notices.kinds import TABLE, Channel, Group, Kind
from accounts.notices.rules import GIVEN_UP, TRIES, next_try
from accounts.notices.senders import Answer, Outcome, Push, Sender
from accounts.notices.vapid import unpadded
from socialvideo.lib.clock import database_now

IN_A_ROUND = 200
LEASE = timedelta(seconds=60)
State = PushDelivery.State
# Seconds of one round: a push service that hangs takes six.
ROUND_S = 20


def bring() -> None:
    """Hand out what was told since, and send what is due."""
    spread()
    push_due()


def spread() -> int:
    """Hand what was told since to push and mail; return how many notices that were. Two at once share the work."""
    done = 0
    while taken := _spread_some():
        done += taken
    return done


def push(delivery_id: UUID) -> bool:
    """Send one push that is due, unless somebody else is at it; return whether it went out."""
    lease = Q(lease_until=None) | Q(lease_until__lt=Now())
    due = PushDelivery.objects.filter(lease, id=delivery_id, state=State.DUE, due_at__lte=Now(), attempts__lt=TRIES)
    if not due.update(lease_until=Now() + LEASE, attempts=F("attempts") + 1):
        return False
    row = PushDelivery.objects.select_related("notice", "subscription__session__person").filter(id=delivery_id).first()
    if row is None:  # its browser was forgotten in this moment
        return False
    kept_back = _kept_back(row)
    if kept_back is not None:
        _mine(row).update(due_at=kept_back, lease_until=None, attempts=row.attempts - 1)
        return False
    if not _is_wanted(row):
        _mine(row).update(state=State.DROPPED, lease_until=None)
        return False
    sender: Sender = import_string(settings.PUSH_SENDER)
    return _settle(row, sender(_message(row)))


def push_due() -> int:
    """Send what is due, for the first time or again; return how many went out. Several workers share the work."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    due = PushDelivery.objects.filter(free, state=State.DUE, due_at__lte=Now()).order_by("due_at")
    due.filter(attempts__gte=TRIES).update(state=State.DROPPED)  # each of its workers was killed
    over, sent = monotonic() + ROUND_S, 0
    for delivery_id in list(due.values_list("id", flat=True)[:IN_A_ROUND]):
        if monotonic() > over:
            break
        sent += push(delivery_id)
    return sent


def _spread_some() -> int:
    with transaction.atomic():
        waiting = Notice.objects.filter(spread_at=None).order_by("id")
        held = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",))
        rows = list(held.select_related("recipient")[:IN_A_ROUND])
        Notice.objects.filter(id__in=[row.id for row in rows]).update(spread_at=Now())
        for row in rows:
            if row.read_at is None and audience.stands(row.id):
                _spread_one(row)
        return len(rows)


def _spread_one(row: Notice) -> None:
    kind, wishes = Kind(row.kind), choices.wishes(row.recipient)
    if wishes[kind, Channel.MAIL] and row.recipient.verified_at:
        mail.notify(row.recipient, kind.value, at_most_hourly=TABLE[kind].group is not Group.SECURITY)
    if wishes[kind, Channel.PUSH]:
        there = subscriptions.of_person(row.recipient)
        PushDelivery.objects.bulk_create(
            PushDelivery(notice=row, subscription=one, event=row.position, due_at=one.resumes_at) for one in there
        )


def _kept_back(row: PushDelivery) -> datetime | None:
    """Return when its person's quiet hours end, if they hold now and the matter can wait."""
    if not choices.waits_for_quiet(Kind(row.notice.kind)):
        return None
    return choices.plan(_person(row)).quiet_until_at(database_now())


def _is_wanted(row: PushDelivery) -> bool:
    """Tell whether it is still unread, still there for its reader, still wished, and the browser still theirs."""
    kind = Kind(row.notice.kind)
    return (
        row.notice.read_at is None
        and subscriptions.live().filter(id=row.subscription_id).exists()
        and choices.wishes(_person(row))[kind, Channel.PUSH]
        and audience.stands(row.notice_id)
    )


def _message(row: PushDelivery) -> Push:
    """What is sent: which notice it is and words that a locked screen may show. Never a name, never somebody's text."""
    kind = Kind(row.notice.kind)
    content = {"id": str(row.notice_id), "kind": kind.value, "text": TABLE[kind].discreet}
    there = row.subscription
    return Push(
        there.endpoint,
        bytes(there.public_key),
        bytes(there.secret),
        orjson.dumps(content),
        unpadded(row.notice_id.bytes),
    )


def _settle(row: PushDelivery, answer: Answer) -> bool:
    """Write down what became of it, unless another run has taken it over since."""
    if answer.outcome is Outcome.GONE:
        PushSubscription.objects.filter(id=row.subscription_id).delete()
        return False
    if answer.outcome is Outcome.LATER:
        _put_off(row, answer.retry_after)
        return False
    sent = answer.outcome is Outcome.SENT
    PushSubscription.objects.filter(id=row.subscription_id).exclude(failures=0).update(failures=0)
    _mine(row).update(state=State.SENT if sent else State.DROPPED, lease_until=None)
    return sent


def _put_off(row: PushDelivery, retry_after: timedelta | None) -> None:
    """Leave the browser alone for a while, with all that waits for it; a day of failures gives it up."""
    there = PushSubscription.objects.filter(id=row.subscription_id)
    failures = row.subscription.failures + 1
    if failures >= GIVEN_UP:
        there.delete()
        return
    then = Now() + next_try(failures=failures, retry_after=retry_after)
    there.update(failures=failures, resumes_at=then)
    _mine(row).update(state=State.DUE if row.attempts < TRIES else State.DROPPED, lease_until=None)
    PushDelivery.objects.filter(subscription=row.subscription_id, state=State.DUE).update(
        due_at=Greatest(F("due_at"), then)
    )


def _mine(row: PushDelivery) -> QuerySet[PushDelivery]:
    return PushDelivery.objects.filter(id=row.id, state=State.DUE, attempts=row.attempts)


def _person(row: PushDelivery) -> Person:
    return row.subscription.session.person
