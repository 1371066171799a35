"""Ending grants by whatever cause: one commit ends every video, job and permit that rests on their epochs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils.module_loading import import_string

from accounts import notices
from accounts.notices import Told
from consent import ledger
from consent.models import Grant
from consent.rules import State
from socialvideo.lib import bus
from socialvideo.lib.clock import database_now


class Handler(Protocol):
    """What a dotted path in WITHDRAWAL_HANDLERS names; it runs in the end's transaction, just before the end."""

    def __call__(self, *, grant_ids: list[UUID]) -> None:
        """Tidy up what rests on these grants, which still read as given but which nobody can use any more."""
        ...


def tidy(grant_ids: list[UUID]) -> None:
    """Run the handlers, before the grants' rows are held.

    Two subjects of one job who withdraw at once both reach for the job, and the first also for the other's grant, to
    give its use back.
    """
    for dotted in settings.WITHDRAWAL_HANDLERS:
        handler: Handler = import_string(dotted)
        handler(grant_ids=grant_ids)


def end(ended: Sequence[Grant], state: State, now: datetime) -> None:
    """Raise the fence of each grant and tell every process, in the transaction that holds their subjects' locks.

    The grantees are told that it has ended, and no more: the grant itself says how.
    """
    ids = [grant.id for grant in ended]
    Grant.objects.filter(id__in=ids).update(state=state, epoch=F("epoch") + 1, version=F("version") + 1, ended_at=now)
    bus.announce("grant", ids)
    held = [Told(grant.grantee_id, grant.subject_id, grant.id) for grant in ended if grant.grantee_id]
    notices.tell_all(kind=notices.Kind.GRANT_ENDED, events=held)


def said(ended: Iterable[Grant]) -> list[dict[str, object]]:
    """Return what a leaf says of grants that end: an auditor accepts no use of these epochs after it."""
    return [{"grant": str(grant.id), "ended_epoch": grant.epoch} for grant in ended]


def invalidate(grants: Iterable[Grant]) -> None:
    """End grants whose ground is gone, in the transaction that holds their subjects' locks; a leaf a subject."""
    ended = sorted(grants, key=lambda grant: grant.id)
    if not ended:
        return
    tidy([grant.id for grant in ended])
    end(ended, State.INVALIDATED, database_now())
    subjects = dict.fromkeys(grant.subject_id for grant in ended)
    of = {subject_id: [grant for grant in ended if grant.subject_id == subject_id] for subject_id in subjects}
    ledger.append(
        [ledger.Entry("invalidation", {"subject": str(one), "grants": said(lost)}) for one, lost in of.items()]
    )
