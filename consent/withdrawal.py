"""Withdrawing: one commit ends the grants, and with them every video, job and permit that rests on their epochs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.models import Person
from consent import ends, groups, ledger, likenesses, locks, receipts, reviews
from consent.models import Grant, Withdrawal
from consent.rules import State
from socialvideo.lib.clock import database_now, rfc3339
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id


class Mode(StrEnum):
    """How far a withdrawal goes."""

    STOP = "stop"
    UNPUBLISH = "unpublish"
    ERASE = "erase"


@dataclass(frozen=True)
class Scope:
    """What is withdrawn: one grant, all of one grantee, one video, or (with none of these) everything."""

    grant_id: UUID | None = None
    grantee: Person | None = None
    video_id: UUID | None = None

    @property
    def word(self) -> str:
        """The scope as it is stored and shown."""
        if self.grant_id:
            return "grant"
        if self.video_id:
            return "video"
        return "grantee" if self.grantee else "everything"


def withdraw(*, subject: Person, scope: Scope, mode: Mode = Mode.UNPUBLISH) -> Withdrawal:
    """Withdraw and return the signed receipt. When this returns, no effect that it ends can commit any more.

    ``stop`` ends new uses and leaves what was published; ``unpublish`` ends the grants and all that rests on them;
    ``erase`` also destroys the likeness's key, in the same commit. 404 when a single grant is named that this person
    did not give or that ended before, or a video that does not show them.
    """
    with transaction.atomic(durable=True):
        locks.exclude([subject.id])
        return locked(subject=subject, scope=scope, mode=mode)


def locked(*, subject: Person, scope: Scope, mode: Mode) -> Withdrawal:
    """Withdraw in the caller's transaction, which holds the subject's lock."""
    standing = list(_covered(subject, scope).select_related("grantee").order_by("id"))
    if scope.grant_id and not standing:
        raise Problem(404, "not_found", "You have no standing grant of this id.")
    if scope.video_id:
        reviews.veto(subject, scope.video_id)
    ends.tidy([grant.id for grant in standing])
    now = database_now()
    _end(standing, mode, now)
    groups.except_named(subject, _named(scope, standing))
    if mode is Mode.ERASE:
        likenesses.destroy(subject)
    return _receipted(subject, scope, mode, standing, now)


def _end(standing: list[Grant], mode: Mode, now: datetime) -> None:
    if mode is Mode.STOP:
        ids = [grant.id for grant in standing]
        Grant.objects.filter(id__in=ids, closed_at=None).update(closed_at=now, version=F("version") + 1)
        return
    ends.end(standing, State.WITHDRAWN, now)


def _covered(subject: Person, scope: Scope) -> QuerySet[Grant]:
    if scope.video_id:
        return Grant.objects.none()
    covered = Grant.objects.filter(subject=subject, state=State.GIVEN)
    if scope.grant_id:
        # Who loses a grant is kept out of the groups, and so loses what they took up of those.
        named = covered.filter(id=scope.grant_id).values("grantee")
        taken_up = Q(rests_on__isnull=False, grantee__in=named)
        return covered.filter(Q(id=scope.grant_id) | Q(rests_on=scope.grant_id) | taken_up)
    return covered.filter(grantee=scope.grantee) if scope.grantee else covered


def _named(scope: Scope, ended: list[Grant]) -> list[Person]:
    """Return whom the subject withdrew from by name, who shall not come back through a group."""
    if scope.grantee:
        return [scope.grantee]
    return [grant.grantee for grant in ended if grant.id == scope.grant_id and grant.grantee]


def _receipted(subject: Person, scope: Scope, mode: Mode, ended: list[Grant], now: datetime) -> Withdrawal:
    withdrawal_id = new_id()
    content: dict[str, object] = {
        "withdrawal": str(withdrawal_id),
        "subject": str(subject.id),
        "scope": scope.word,
        "mode": mode.value,
        "video": str(scope.video_id or ""),
        "withdrawn_at": rfc3339(now),
        # A closed grant's epoch goes on standing for what was published, so an auditor must not read it as ended.
        "closed": [str(g.id) for g in ended if mode is Mode.STOP],
        "grants": ends.said(ended if mode is not Mode.STOP else []),
    }
    appended = ledger.append([ledger.Entry("withdrawal", content)])
    receipt = receipts.of_withdrawal(withdrawal_id, ended, appended)
    return Withdrawal.objects.create(
        id=withdrawal_id, subject=subject, scope=scope.word, mode=mode, at=now, receipt=receipt, leaf=appended.leaves[0]
    )
