"""Publishing what is due: each draft once, through the gate, whoever is killed and however often a message comes.

What cannot be published then stays a draft, with the reason, and its owner is told.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from accounts import notices, standing
from accounts.models import Person
from feed import drafts
from feed.models import Draft
from socialvideo.lib import queue
from socialvideo.lib.errors import Problem

PUBLISH = "feed.tasks.publish_draft"
AT_ONCE = 500
# How long it can be read what came of a draft.
KEPT = timedelta(days=30)


def sweep() -> int:
    """Wake a worker for each draft that is due; return how many. Forgets what was published long ago."""
    ids = list(_due().order_by("publish_at").values_list("id", flat=True)[:AT_ONCE])
    for draft_id in ids:
        queue.wake(PUBLISH, draft_id=str(draft_id))
    Draft.objects.filter(state=Draft.State.PUBLISHED, ended_at__lt=Now() - KEPT).delete()
    return len(ids)


def publish(draft_id: UUID) -> bool:
    """Publish one draft if it is due, and tell whether that was done. Safe to repeat, by any number at once."""
    draft = _due().select_related("owner", "upload").filter(id=draft_id).first()
    if draft is None:
        return False
    try:
        _require_there(draft.owner)
        drafts.publish(draft=draft)
    except Problem as problem:
        if problem.code != drafts.CHANGED:
            _fail(draft, problem)
        return False
    return True


def _due() -> QuerySet[Draft]:
    return Draft.objects.filter(state=Draft.State.SCHEDULED, publish_at__lte=Now())


def _require_there(owner: Person) -> None:
    if not Person.objects.filter(standing.good(), id=owner.id).exists():
        raise Problem(403, "account_closed", "The account was suspended or closed when the time came.")


def _fail(draft: Draft, problem: Problem) -> None:
    """Make it a draft again that says why; nothing if it was changed or published meanwhile."""
    why = {"failure_code": problem.code, "failure_detail": str(problem.detail)[:300]}
    with transaction.atomic():
        as_read = Draft.objects.filter(id=draft.id, state=Draft.State.SCHEDULED, version=draft.version)
        if as_read.update(state=Draft.State.DRAFT, version=F("version") + 1, **why):
            notices.tell(kind=notices.Kind.DRAFT_FAILED, recipient_id=draft.owner_id, thing_id=draft.id)
