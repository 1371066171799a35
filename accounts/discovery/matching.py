"""Matches: at each tick, pairs in which each has the other among their contacts. Both learn of it at the same time."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import blocks, standing
from accounts.discovery import enrolments, locks
from accounts.models import ContactEdge, ContactMatch, DiscoveryEnrolment, Person

BATCH = 2_000


def may_match(one: str, other: str) -> Q:
    """Return the condition under which two people may be matched and shown to each other.

    ``one`` and ``other`` are the names by which a query reaches the two persons, such as "low__person". This is where
    blocks are asked: of two people of whom one blocked the other, neither may ever learn that the other is here.
    """
    apart = blocks.none_between(OuterRef(one), OuterRef(other))
    return Q(**{f"{one}__is_active": True, f"{other}__is_active": True}) & apart


def tick() -> int:
    """Look at the edges that are new or were sent again; return how many there were left of them after one batch."""
    with transaction.atomic():
        locks.together(locks.MEMBERS)
        fresh = list(ContactEdge.objects.filter(fresh=True).order_by("id")[:BATCH])
        ids = {edge.owner_id for edge in fresh} | {edge.target_id for edge in fresh}
        # From here on neither side can take back a contact before the match is stored.
        enrolments.held(ids, "SHARE")
        looked_at = ContactEdge.objects.filter(id__in=[edge.id for edge in fresh])
        mutual = looked_at.filter(_mutual(), may_match("owner__person", "target__person"))
        pairs = {tuple(sorted(pair)) for pair in mutual.values_list("owner_id", "target_id")}
        matches = [ContactMatch(low_id=low, high_id=high) for low, high in sorted(pairs)]
        ContactMatch.objects.bulk_create(matches, ignore_conflicts=True)
        looked_at.update(fresh=False)
    return len(fresh)


def tick_all() -> None:
    """Look at all new edges, batch by batch."""
    while tick() == BATCH:
        pass


def matches_of(person: Person) -> QuerySet[ContactMatch]:
    """Return the matches of a person, with both people. Who is suspended is hidden for so long, and stays matched."""
    me = DiscoveryEnrolment.objects.filter(person=person).values_list("id", flat=True).first()
    rows = ContactMatch.objects.filter(Q(low=me) | Q(high=me), may_match("low__person", "high__person"))
    seen = rows.filter(standing.good("low__person__"), standing.good("high__person__"))
    return seen.select_related("low__person", "high__person")


def other(match: ContactMatch, person: Person) -> Person:
    """Return whom a person was matched with."""
    return match.high.person if match.low.person_id == person.id else match.low.person


def _mutual() -> Exists:
    back = ContactEdge.objects.filter(owner=OuterRef("target"), target=OuterRef("owner"))
    return Exists(back)
