"""The journal: one row and one leaf for every decision of the gate, in the commit of its effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Person
from consent import ledger
from consent.models import Decision
from consent.rules import NOBODY, Allowed, Claim, Point, Refused, Wish


@dataclass(frozen=True)
class About:
    """Which job or video a decision was about, where there is one."""

    job_id: UUID | None = None
    video_id: UUID | None = None
    lineage: tuple[UUID, ...] = ()
    """The video and all that it is a remix of: a veto of any of them ends it."""
    digest: bytes | None = None
    """The SHA-256 of the render, for reviews that are bound to it."""
    likenesses: tuple[UUID, ...] | None = ()
    """The photos of a request: whoever erases or replaces theirs ends all that runs or waits for them.

    None where no photo is used: then whoever erased theirs ends it all the same, and a new one changes nothing."""


NOTHING = About()


def write(
    *, point: Point, requester_id: UUID, claims: Sequence[Claim], wish: Wish, about: About, verdict: Allowed | Refused
) -> None:
    """Write one decision: a row for each subject when allowed, for the refusing subject when denied."""
    if isinstance(verdict, Allowed):
        rows = [_row(g.subject_id, "allowed", "", g.id, g.epoch) for g in verdict.grants]
    else:
        claim = next(c for c in claims if c.subject_id == verdict.subject_id)
        rows = [_row(claim.subject_id, "denied", verdict.reason, claim.grant_id, claim.epoch)]
    for row in rows:
        row.point, row.requester_id = point, requester_id
        row.job_id, row.video_id = about.job_id, about.video_id
        row.purpose, row.audience = wish.purpose or "", wish.audience or ""
    appended = ledger.append([ledger.Entry(ledger.USE, content(row)) for row in rows])
    for row, leaf in zip(rows, appended.leaves, strict=True):
        row.leaf, row.at = leaf, appended.at
    Decision.objects.bulk_create(rows)


def uses_of(subject: Person) -> QuerySet[Decision]:
    """Return the journal of one's own likeness: who, when, for what, allowed or denied."""
    return Decision.objects.filter(subject=subject).select_related("requester")


def content(row: Decision) -> dict[str, object]:
    """Return what the ledger says of a row; with the row's time it is the whole body of the leaf."""
    return {
        "decision": str(row.id),
        "point": str(row.point),
        "verdict": row.verdict,
        "reason": str(row.reason),
        "subject": str(row.subject_id or ""),
        "requester": str(row.requester_id),
        "grant": str(row.grant_id or ""),
        "epoch": row.epoch,
        "job": str(row.job_id or ""),
        "video": str(row.video_id or ""),
        "purpose": row.purpose,
        "audience": row.audience,
    }


def _row(subject_id: UUID, verdict: str, reason: str, grant_id: UUID | None, epoch: int | None) -> Decision:
    known = None if subject_id == NOBODY else subject_id
    return Decision(subject_id=known, verdict=verdict, reason=reason, grant_id=grant_id, epoch=epoch)
