"""Asking for a grant, and saying later or no. Saying yes is a grant (consent.grants.give)."""

from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import blocks, edges, notices, people
from accounts.models import Person
from consent import ledger
from consent.models import Ask
from socialvideo.lib.errors import Problem

OPEN = (Ask.State.REQUESTED, Ask.State.DEFERRED)


def ask(*, requester: Person, subject: Person, purposes: Iterable[str], audience: str, message: str) -> Ask:
    """Put one ask before ``subject``; 409 while another of this pair stands open, 422 for oneself.

    404 for somebody with whom a block stands: read under the pair's lock, so that no ask slips past a block.
    403 for whom a private account does not follow, as a teenager's is: an ask carries a message.
    """
    if requester.pk == subject.pk:
        raise Problem(422, "ask_oneself", "It is your own likeness: grant it to yourself at POST /api/v1/grants.")
    if not people.may_write_to(sender=requester, recipient=subject):
        raise Problem(403, "not_reachable", "This person takes no asks from people whom they do not follow.")
    try:
        with transaction.atomic():
            edges.hold([(requester.id, subject.id)])
            blocks.require_none(requester.id, subject.id)
            row = Ask.objects.create(
                requester=requester, subject=subject, purposes=sorted(purposes), audience=audience, message=message
            )
            asked = notices.Kind.ASKED
            notices.tell(kind=asked, recipient_id=subject.id, actor_id=requester.id, thing_id=row.id)
            _record(row)
    except IntegrityError as error:
        raise Problem(409, "ask_stands_open", "You have asked already. They will answer when they wish.") from error
    return row


def answer(*, subject: Person, ask_id: UUID, state: Ask.State) -> Ask:
    """Defer or refuse an open ask; 404 if it is not one of theirs, 409 if it is answered."""
    with transaction.atomic():
        row = received(subject).select_for_update(of=("self",)).filter(id=ask_id).first()
        if row is None:
            raise Problem(404, "not_found", "You have received no ask of this id.")
        if row.state not in OPEN:
            raise Problem(409, "ask_answered", f"This ask is {row.state} already.")
        close(row, state)
    return row


def close(row: Ask, state: Ask.State) -> None:
    """Write the answer to an open ask, in the caller's transaction."""
    row.state = state
    Ask.objects.filter(id=row.id).update(state=state, answered_at=Now())
    answered = notices.Kind.ASK_ANSWERED
    notices.tell(kind=answered, recipient_id=row.requester_id, actor_id=row.subject_id, thing_id=row.id)
    _record(row)


def received(subject: Person) -> QuerySet[Ask]:
    """Return the asks put before ``subject``."""
    return Ask.objects.filter(subject=subject).select_related("requester", "subject")


def made(requester: Person) -> QuerySet[Ask]:
    """Return the asks that ``requester`` made."""
    return Ask.objects.filter(requester=requester).select_related("requester", "subject")


def _record(row: Ask) -> None:
    content: dict[str, object] = {"ask": str(row.id), "state": str(row.state), "subject": str(row.subject_id)}
    ledger.append([ledger.Entry("ask", content)])
