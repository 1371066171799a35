"""Asking the gate: one way of asking, and for every reason an arrangement in which it says no."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from accounts.models import Person
from consent import gate, journal, likenesses, withdrawal
from consent.models import Grant, Veto
from consent.rules import (
    ANY,
    Allowed,
    Audience,
    Category,
    Claim,
    Modality,
    Point,
    Purpose,
    Reason,
    Right,
    Wish,
)
from consent.withdrawal import Scope
from socialvideo.lib.clock import database_now
from socialvideo.lib.ids import new_id

HOUR = timedelta(hours=1)


class Tried:
    """One asking of the gate: did the effect run, and what did the refusal say."""

    def __init__(
        self,
        point: Point,
        requester: Person,
        claims: list[Claim],
        wish: Wish = ANY,
        about: journal.About = journal.NOTHING,
    ) -> None:
        self.ran: list[Allowed] = []
        self.denied: gate.Denied | None = None
        try:
            gate.use(
                point=point, requester_id=requester.id, claims=claims, wish=wish, about=about, effect=self.ran.append
            )
        except gate.Denied as denied:
            self.denied = denied


def no_grant(grant: Grant) -> Claim:
    """Their grant ended, and nothing is remembered."""
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    return Claim(grant.subject_id)


def no_likeness(grant: Grant) -> Claim:
    """The likeness is erased while the grant stands."""
    likenesses.erase(subject=grant.subject)
    return held(grant)


def ended(grant: Grant) -> Claim:
    """The remembered grant is withdrawn."""
    withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id))
    return held(grant)


def changed(**fields: object) -> Callable[[Grant], Claim]:
    """The remembered grant has these values now."""

    def arrange(grant: Grant) -> Claim:
        Grant.objects.filter(id=grant.id).update(**fields)
        return held(grant)

    return arrange


def expired(grant: Grant) -> Claim:
    """The remembered grant ended by time a moment ago."""
    now = database_now()
    return changed(not_before=now - HOUR, expires_at=now)(grant)


def not_yet(grant: Grant) -> Claim:
    """The remembered grant begins later."""
    return changed(not_before=database_now() + HOUR)(grant)


def vetoed(grant: Grant) -> Claim:
    """The subject vetoed what the film is a remix of."""
    Veto.objects.create(subject=grant.subject, video_id=ORIGINAL)
    return held(grant)


def without_right(grant: Grant) -> Claim:
    """Something is to be done for which the right was not granted."""
    return replace(held(grant), right=Right.REMIX)


def held(grant: Grant) -> Claim:
    """The claim that remembers the grant as it was given."""
    return Claim(grant.subject_id, grant.id, 1)


ARRANGED: dict[Reason, Callable[[Grant], Claim]] = {
    Reason.NO_GRANT: no_grant,
    Reason.NO_LIKENESS: no_likeness,
    Reason.ENDED: ended,
    Reason.STALE_EPOCH: changed(epoch=F("epoch") + 1),
    Reason.NOT_YET: not_yet,
    Reason.EXPIRED: expired,
    Reason.GUARDIAN: changed(guardian=F("subject")),
    Reason.EXHAUSTED: changed(uses=F("max_uses")),
    Reason.PURPOSE: changed(purposes=["education"]),
    Reason.AUDIENCE: changed(audience="private"),
    Reason.CLOSED: changed(closed_at=Now()),
    Reason.MODALITY: changed(modalities=["voice"]),
    Reason.CATEGORY: changed(denied_categories=["medical"]),
    Reason.TEXT_RULE: changed(text_rules=["in ROME"]),
    Reason.RIGHT: without_right,
    Reason.REVIEW: changed(review=True),
    Reason.VETOED: vetoed,
}
WISH = Wish(
    Audience.PUBLIC,
    Purpose.ENTERTAINMENT,
    frozenset({Modality.FACE}),
    frozenset({Category.MEDICAL}),
    "A hospital, in Rome.",
)
ORIGINAL, FILM = new_id(), new_id()
ABOUT = journal.About(video_id=FILM, lineage=(ORIGINAL, FILM), digest=bytes(32))


def point_of(reason: Reason) -> Point:
    """Where the reason is tried: at the request, unless only a publication asks."""
    return Point.PUBLISH if reason is Reason.REVIEW else Point.REQUEST
