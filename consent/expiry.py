"""Ending what ran out: a grant past its time, which nobody can use any more, is written down as expired.

Hygiene, for the fence knows the time itself: what rests on the grant is cancelled and purged, streams are told, and the
ledger and the receipt say how it ended. A grant whose uses are spent is left alone
(docs/decisions/0002-exhausted-is-a-reason.md).
"""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from consent import ends, ledger, locks, receipts
from consent.models import Grant
from consent.rules import State
from socialvideo.lib.clock import StatementTime, database_now

IN_A_ROUND = 500
AT_ONCE = 100
"""Grants of one subject that are ended in one commit, for so long their lock is held."""


def sweep() -> int:
    """End every grant that is past its time; return how many. Safe to repeat, and beside any other request."""
    ended = 0
    while done := _round():
        ended += done
    return ended


def end(subject_id: UUID, **whom: object) -> int:
    """End what of one subject's is past its time, or that for ``whom`` alone, as a withdrawal would; return how many.

    In the caller's transaction, which holds the subject's lock: read under it, for a renewal may have come before.
    """
    past = list(_past().filter(subject=subject_id, **whom).order_by("id")[:AT_ONCE])
    if past:
        ends.tidy([grant.id for grant in past])
        ends.end(past, State.EXPIRED, database_now())
        ledger.append([_entry(grant) for grant in past])
    return len(past)


def _round() -> int:
    oldest = _past().order_by("expires_at").values_list("subject", flat=True)[:IN_A_ROUND]
    return sum(map(_end_all, dict.fromkeys(oldest)))


def _end_all(subject_id: UUID) -> int:
    with transaction.atomic(durable=True):
        locks.exclude([subject_id])
        return end(subject_id)


def _entry(grant: Grant) -> ledger.Entry:
    """What the ledger says: the terms as they ended, and the epoch under which no later use may stand."""
    grant.state = State.EXPIRED
    return ledger.Entry("expiry", {**receipts.terms(grant), "grants": ends.said([grant])})


def _past() -> QuerySet[Grant]:
    return Grant.objects.filter(state=State.GIVEN, expires_at__lte=StatementTime())
