"""What consent holds about one person's likeness, for that person to keep: rows as plain JSON, read one after another.

Of other people it says who they are and what they did with this likeness. What they deny, and why they refused, is
theirs: of a grant that one received, only the members in RECEIVED are told.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

from django.db.models import Model, QuerySet

from accounts.models import Person
from consent import asks, grants, groups, journal, keys, ledger, likenesses, receipts
from consent.models import Acceptance, Ask, Choice, Decision, Grant, LedgerLeaf, Likeness, Veto, Withdrawal
from socialvideo.lib.clock import rfc3339

AT_ONCE = 500
RECEIVED = (
    *("grant", "subject", "grantee", "purposes", "audience", "modalities", "may_remix", "may_stitch", "may_download"),
    *("review", "not_before", "expires_at", "max_uses", "state"),
)
M = TypeVar("M", bound=Model)
Row = dict[str, object]


def sections(subject: Person) -> dict[str, object]:
    """Return what is told, by name: an object, or rows, oldest first, read as they are asked for. One query each."""
    own = {"subject": subject}
    return {
        "person": {"id": subject.id, "handle": subject.handle},
        "ledger": {"key_id": keys.key_id(), "public_key": keys.public_pem(), "checkpoint": ledger.checkpoint()},
        "enrolments": map(_enrolment, oldest(Likeness.objects.filter(**own))),
        "grants_given": map(_given, oldest(grants.of_person(subject, "given"))),
        "grants_received": map(_received, oldest(grants.of_person(subject, "received"))),
        "people_chosen": map(_choice, oldest(groups.choices(subject))),
        "asks_received": map(_ask_received, oldest(asks.received(subject))),
        "asks_made": map(_ask_made, oldest(asks.made(subject))),
        "uses": map(_use, oldest(journal.uses_of(subject))),
        "withdrawals": map(_withdrawal, oldest(Withdrawal.objects.filter(**own))),
        "acceptances": map(_acceptance, oldest(Acceptance.objects.filter(**own))),
        "vetoes": map(_veto, oldest(Veto.objects.filter(**own))),
    }


def photo(subject: Person) -> bytes | None:
    """Return the photo that is enrolled now, a JPEG; None if there is none, or it is being erased at this moment."""
    active = Likeness.objects.filter(subject=subject, erased_at=None).first()
    try:
        return likenesses.photo(active) if active else None
    except FileNotFoundError:
        return None


def files(subject: Person) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each receipt with the name of its file. One query, and three for every 500 grants."""
    for row in oldest(Withdrawal.objects.filter(subject=subject)):
        yield _file("withdrawal", row), row.receipt
    given = oldest(grants.of_person(subject, "given"))
    while batch := list(islice(given, AT_ONCE)):
        by_id = {str(grant.id): grant for grant in batch}
        terms = LedgerLeaf.objects.filter(grant_id__in=by_id).order_by("grant_id", "-index").distinct("grant_id")
        for proof in ledger.inclusions(list(terms)):
            grant = by_id[str(proof.leaf.grant_id)]
            yield _file("grant", grant), receipts.of_terms(grant, proof)


def oldest(rows: QuerySet[M]) -> Iterator[M]:
    """Return an iterator over the rows, oldest first, which holds few of them at a time. One query."""
    return rows.order_by("pk").iterator(AT_ONCE)


def _file(kind: str, row: Model) -> str:
    return f"receipts/{kind}-{row.pk}.json"


def _enrolment(row: Likeness) -> Row:
    digest = bytes(row.photo_digest).hex() if row.photo_digest else None
    size = {"width": row.width, "height": row.height}
    return {"id": row.id, "sent_sha256": digest, **size, "created_at": row.created_at, "erased_at": row.erased_at}


def _given(row: Grant) -> Row:
    times = {"created_at": row.created_at, "affirmed_at": row.affirmed_at, "closed_at": row.closed_at}
    grantee = {"grantee_handle": row.grantee.handle if row.grantee else None}
    return (
        receipts.terms(row)
        | grantee
        | {
            "text_rules": row.text_rules,
            "uses": row.uses,
            **times,
            "ended_at": row.ended_at,
            "receipt": _file("grant", row),
        }
    )


def _received(row: Grant) -> Row:
    terms = receipts.terms(row)
    told = {name: terms[name] for name in RECEIVED}
    return told | {"subject_handle": row.subject.handle, "uses": row.uses, "ended_at": row.ended_at}


def _choice(row: Choice) -> Row:
    return {"handle": row.person.handle, "kind": row.kind, "at": row.at}


def _ask_received(row: Ask) -> Row:
    return _ask(row) | {"requester_handle": row.requester.handle, "answered_at": row.answered_at}


def _ask_made(row: Ask) -> Row:
    return _ask(row) | {"subject_handle": row.subject.handle}


def _ask(row: Ask) -> Row:
    wish = {"purposes": row.purposes, "audience": row.audience, "message": row.message}
    return {"id": row.id, **wish, "state": row.state, "created_at": row.created_at}


def _use(row: Decision) -> Row:
    place = {"requester_handle": row.requester.handle, "leaf_index": row.leaf_id}
    return {"at": rfc3339(row.at), **journal.content(row), **place}


def _withdrawal(row: Withdrawal) -> Row:
    return {"id": row.id, "scope": row.scope, "mode": row.mode, "at": row.at, "receipt": _file("withdrawal", row)}


def _acceptance(row: Acceptance) -> Row:
    return {"id": row.id, "video": row.video_id, "sha256": bytes(row.digest).hex(), "at": row.at}


def _veto(row: Veto) -> Row:
    return {"id": row.id, "video": row.video_id, "at": row.at}
