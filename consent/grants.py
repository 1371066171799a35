"""Giving a grant, and narrowing it. Only the subject's own request may write ``given``; no staff path exists."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Least

from accounts import blocks
from accounts.models import Person
from consent import asks, expiry, ledger, locks, receipts, rules, teens
from consent.models import Ask, Grant, Likeness
from consent.rules import DENIED_BY_DEFAULT, Group, Modality, State
from socialvideo.lib import bus
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem, invalid

# The grants of a list and the offers that they rest on, each with the number of times that it is named.
NAMED = """
SELECT row.id, count(*) AS times FROM unnest(%s::uuid[]) AS named(id) JOIN consent_grant n ON n.id = named.id
CROSS JOIN LATERAL (VALUES (n.id), (n.rests_on_id)) AS row(id) WHERE row.id IS NOT NULL GROUP BY row.id
"""
HOLD = f"SELECT g.id FROM consent_grant g WHERE g.id IN (SELECT id FROM ({NAMED}) c) ORDER BY g.id FOR NO KEY UPDATE"
COUNT = f"UPDATE consent_grant g SET uses = greatest(g.uses + %s * c.times, 0) FROM ({NAMED}) c WHERE g.id = c.id"


@dataclass(frozen=True)
class Terms:
    """What a grant covers: purposes, the widest audience, rights, until when, and how many videos."""

    purposes: Set[str]
    audience: str
    may_remix: bool
    may_download: bool
    expires_at: datetime | None
    max_uses: int
    may_stitch: bool = False
    modalities: Set[str] = frozenset({Modality.FACE})
    denied_categories: Set[str] = DENIED_BY_DEFAULT
    text_rules: Sequence[str] = ()
    review: bool = False


def give(*, subject: Person, grantee: Person | Group, terms: Terms, ask_id: UUID | None) -> Grant:
    """Record the subject's permission for a person or a group; 409 while one stands, 422 for terms that cannot be.

    404 for a person with whom a block stands: read under the lock that a block takes, too.
    A teenager's waits for their guardian's word (``cosigning``).
    """
    with transaction.atomic(durable=True):
        locks.exclude([subject.id])
        if isinstance(grantee, Person):
            blocks.require_none(subject.id, grantee.id)
        now = database_now()
        teens.require_grantable(subject, grantee, now)
        expires_at = teens.bounded(subject, checked_expiry(terms.expires_at, now), now)
        _require_words(terms.text_rules)
        _require_review(grantee, terms)
        _require_likeness(subject)
        whom: dict[str, Any] = {"group": grantee} if isinstance(grantee, Group) else {"grantee": grantee}
        expiry.end(subject.id, rests_on=None, **whom)
        guardian = teens.guardian_for(subject, now)
        grant = _insert(subject, {**whom, "guardian": guardian}, terms, now, expires_at)
        teens.tell(guardian, ward=subject)
        _answer_ask(grant, ask_id)
        record(grant, "grant")
    return grant


def narrow(*, grant: Grant, expires_at: datetime | None, max_uses: int | None) -> Grant:
    """Shorten a standing grant or lower its count; widening takes a new grant. Nothing named changes nothing.

    409 once it ended, 412 when it is no more as ``grant`` was read.
    """
    seen = grant.version, grant.uses
    with transaction.atomic(durable=True):
        grant = _held(grant)
        if grant.state != State.GIVEN:
            raise Problem(409, "grant_ended", f"This grant is {grant.state}. Give a new one.")
        if (grant.version, grant.uses) != seen:
            raise Problem(412, "precondition_failed", "It changed since you read it. Read it again and decide anew.")
        if expires_at and expires_at > grant.expires_at:
            raise invalid("/expires_at", "would_widen", "A grant can only be narrowed. Withdraw it and give a new one.")
        if max_uses and not grant.uses <= max_uses <= grant.max_uses:
            raise invalid("/max_uses", "would_widen", f"Choose from {grant.uses} (used) to {grant.max_uses}.")
        if expires_at or max_uses:
            grant.expires_at = checked_expiry(expires_at, database_now()) if expires_at else grant.expires_at
            grant.max_uses = max_uses or grant.max_uses
            _change(grant, "narrowing")
    return grant


def renew(*, grant: Grant, expires_at: datetime | None, more_uses: int) -> Grant:
    """Affirm a standing grant anew: a later end, and uses on top of those it has. Only the subject's own request.

    What was made under it goes on standing. 409 once it ended or is closed, 422 for an end that cannot be.
    """
    with transaction.atomic(durable=True):
        grant = _held(grant)
        now = database_now()
        if grant.guardian_id:
            detail = "A guardian confirmed this grant as it stands. Let it end, or withdraw it, and give a new one."
            raise Problem(409, "cosigned_grant", detail)
        if grant.state != State.GIVEN or grant.closed_at or grant.expires_at <= now:
            raise Problem(409, "grant_ended", "This grant has ended. Give a new one.")
        if grant.max_uses + more_uses > settings.GRANT_USES_MAX:
            raise invalid("/more_uses", "too_many_uses", f"A grant has at most {settings.GRANT_USES_MAX} uses.")
        grant.expires_at, grant.affirmed_at = checked_expiry(expires_at, now), now
        grant.max_uses += more_uses
        _change(grant, "renewal")
    return grant


def count_use(grants: Iterable[UUID]) -> None:
    """Count one use of each grant and of the offer it rests on, in the caller's transaction that holds the rows.

    The database refuses one above ``max_uses``.
    """
    _count(list(grants), 1)


def return_use(grants: Iterable[UUID]) -> None:
    """Give back the uses of jobs that made no video; a grant that is named twice gets two."""
    ids = list(grants)
    if ids:
        # All rows first, in one order, so that two that give back, or one that asks, never wait for each other. Not
        # their keys, which a decision that holds the ledger may refer to.
        with connection.cursor() as cursor:
            cursor.execute(HOLD, [ids])
        _count(ids, -1)


def of_person(person: Person, role: str) -> QuerySet[Grant]:
    """Return the grants that ``person`` gave (role ``given``) or received (role ``received``)."""
    own = {"given": "subject", "received": "grantee"}.get(role)
    if own is None:
        raise Problem(400, "invalid_role", "'role' is given or received.")
    return Grant.objects.filter(**{own: person}).select_related("subject", "grantee")


def find(person: Person, grant_id: UUID) -> Grant:
    """Return a grant that the person gave or received, else the 404 problem."""
    row = Grant.objects.select_related("subject", "grantee").filter(id=grant_id).first()
    if row is None or person.pk not in (row.subject_id, row.grantee_id):
        raise Problem(404, "not_found", "You neither gave nor received a grant of this id.")
    return row


def find_given(person: Person, grant_id: UUID) -> Grant:
    """Return a grant that the person gave, else the 404 problem."""
    row = find(person, grant_id)
    if row.subject_id != person.pk:
        raise Problem(404, "not_found", "You have given no grant of this id.")
    return row


def checked_expiry(expires_at: datetime | None, now: datetime) -> datetime:
    """Return when the grant ends; 422 for the past and for more than a year ahead."""
    if expires_at is None:
        return now + timedelta(days=settings.GRANT_DAYS_DEFAULT)
    if expires_at <= now:
        raise invalid("/expires_at", "expiry_in_past", "The grant would have ended already. Choose a later time.")
    if expires_at > now + timedelta(days=settings.GRANT_DAYS_MAX):
        raise invalid("/expires_at", "expiry_too_far", f"A grant lasts at most {settings.GRANT_DAYS_MAX} days.")
    return expires_at


def record(grant: Grant, kind: str) -> None:
    """Append what now holds of the grant to the ledger, in the caller's transaction."""
    ledger.append([ledger.Entry(kind, receipts.terms(grant))])


def _held(grant: Grant) -> Grant:
    """Return the grant's row, held under its subject's exclusive lock; 409 if it only follows an offer's terms."""
    locks.exclude([grant.subject_id])
    held = Grant.objects.select_related("subject", "grantee").select_for_update(of=("self",)).get(id=grant.id)
    if held.rests_on_id:
        detail = "This grant follows the terms of your grant to a group. Change that one, or withdraw this one."
        raise Problem(409, "rests_on_group", detail)
    return held


def _change(grant: Grant, kind: str) -> None:
    """Store a grant's new end and count, and those of the grants that rest on it; a leaf each, and streams ask anew.

    A closed grant of somebody who took up an offer is never renewed with it: what was stopped lasts no longer for that.
    """
    following = Grant.objects.filter(rests_on=grant, state=State.GIVEN)
    ends: dict[str, Any] = {"expires_at": grant.expires_at, "max_uses": grant.max_uses}
    if kind == "renewal":
        following, terms = following.filter(closed_at=None), {**ends, "affirmed_at": grant.affirmed_at}
    else:
        terms = {name: Least(name, Value(value)) for name, value in ends.items()}
    Grant.objects.filter(Q(id=grant.id) | Q(id__in=following.values("id"))).update(version=F("version") + 1, **terms)
    grant.version += 1
    changed = [grant, *following.order_by("id")]
    bus.announce("grant", [one.id for one in changed])
    ledger.append([ledger.Entry(kind, receipts.terms(one)) for one in changed])


def _count(grant_ids: list[UUID], step: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [step, grant_ids])


def _insert(subject: Person, whom: Mapping[str, Any], terms: Terms, now: datetime, expires_at: datetime) -> Grant:
    try:
        with transaction.atomic():
            return Grant.objects.create(
                subject=subject,
                **whom,
                purposes=sorted(terms.purposes),
                audience=terms.audience,
                may_remix=terms.may_remix,
                may_download=terms.may_download,
                may_stitch=terms.may_stitch,
                modalities=sorted(terms.modalities),
                denied_categories=sorted(terms.denied_categories),
                text_rules=list(terms.text_rules),
                review=terms.review,
                not_before=now,
                expires_at=expires_at,
                max_uses=terms.max_uses,
            )
    except IntegrityError as error:
        detail = "A grant for this person or group stands. Narrow it, or withdraw it and give a new one."
        raise Problem(409, "grant_stands", detail) from error


def _require_words(text_rules: Sequence[str]) -> None:
    for place, rule in enumerate(text_rules):
        if not rules.has_words(rule):
            raise invalid(f"/text_rules/{place}", "rule_without_words", "It has no letter or digit to look for.")


def _require_review(grantee: Person | Group, terms: Terms) -> None:
    if grantee is Group.EVERYONE and not terms.review:
        detail = "A grant to everyone takes your review of each draft: send 'review': true."
        raise invalid("/review", "review_needed", detail)


def _require_likeness(subject: Person) -> None:
    if not Likeness.objects.filter(subject=subject, erased_at=None).exists():
        raise Problem(409, "likeness_missing", "Enrol your likeness first, at PUT /api/v1/me/likeness.")


def _answer_ask(grant: Grant, ask_id: UUID | None) -> None:
    ask = Ask.objects.select_for_update().filter(subject=grant.subject, requester=grant.grantee, state__in=asks.OPEN)
    row = ask.filter(id=ask_id).first() if ask_id else ask.first()
    if row is None and ask_id:
        raise invalid("/ask", "ask_unknown", "No open ask of this id from this person.")
    if row:
        asks.close(row, Ask.State.GIVEN)
