"""What a block ends in consent: every grant between the two, each way, and what else of them rests on a likeness."""

from uuid import UUID

from django.db.models import Q

from consent import asks, ends, groups, locks, reviews
from consent.models import Ask, Choice, Grant
from consent.rules import State


def sever(*, one: UUID, other: UUID) -> None:
    """End it in the transaction in which one blocks the other (BLOCK_HANDLERS).

    Asks are refused, who was chosen is chosen no more, and remixes in which the one shows the other by somebody else's
    grant are vetoed. Offers to groups stand: they answer to neither while the block does (``groups.answering``).
    """
    locks.exclude([one, other])
    # The rows first and the ledger, in which each of the others ends, last.
    either = Q(requester=one, subject=other) | Q(requester=other, subject=one)
    open_asks = list(Ask.objects.filter(either, state__in=asks.OPEN).order_by("id").select_for_update(no_key=True))
    for subject, maker in ((one, other), (other, one)):
        reviews.veto_made_by(subject_id=subject, maker_id=maker)
    pair = Q(subject=one, grantee=other) | Q(subject=other, grantee=one)
    standing = list(Grant.objects.filter(pair, state=State.GIVEN))
    if standing:
        ends.invalidate(standing)
    else:
        # A draft that was vetoed is refused its review.
        ends.tidy([])
    for row in open_asks:
        asks.close(row, Ask.State.REFUSED)
    word = Q(subject=one, person=other) | Q(subject=other, person=one)
    for choice in Choice.objects.filter(word, kind=Choice.Kind.CHOSEN).select_related("subject", "person"):
        groups.forget(choice)
