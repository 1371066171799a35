"""Pure decisions about consent: facts and the time go in, a verdict with a reason comes out.

Validity of a grant, in the words of DESIGN §3: state = given, and the epoch is the one that was remembered, and
not_before ≤ now < expires_at. Nothing here knows Django, so every rule can be tried with plain values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Point(StrEnum):
    """Where an effect asks the gate."""

    REQUEST = "request"
    START = "start"
    STEP = "step"
    SEAL = "seal"
    PUBLISH = "publish"
    OPEN = "open"
    CHUNK = "chunk"


class State(StrEnum):
    """What became of a grant (W3C DPV consent status). All but ``given`` are ends."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"


class Reason(StrEnum):
    """Why the gate said no. For the subject's journal alone; a requester never learns it."""

    NO_GRANT = "no_grant"
    NO_LIKENESS = "no_likeness"
    ENDED = "ended"
    STALE_EPOCH = "stale_epoch"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    PURPOSE = "purpose"
    AUDIENCE = "audience"


class Audience(StrEnum):
    """Who may watch, from fewest to most."""

    PRIVATE = "private"
    FOLLOWERS = "followers"
    PUBLIC = "public"


class Purpose(StrEnum):
    """What a video is for. A grant names each one that it covers."""

    PERSONAL = "personal"
    ENTERTAINMENT = "entertainment"
    EDUCATION = "education"
    ADVERTISING = "advertising"


WIDTH = {Audience.PRIVATE: 0, Audience.FOLLOWERS: 1, Audience.PUBLIC: 2}


@dataclass(frozen=True)
class GrantFact:
    """What the gate read of one grant."""

    id: UUID
    subject_id: UUID
    state: State
    epoch: int
    not_before: datetime
    expires_at: datetime
    uses: int
    max_uses: int
    audience: Audience
    purposes: frozenset[Purpose]


@dataclass(frozen=True)
class Claim:
    """One subject that an effect wants to show; with the grant and epoch it remembers, once it has them."""

    subject_id: UUID
    grant_id: UUID | None = None
    epoch: int | None = None

    @property
    def key(self) -> UUID:
        """The grant it remembers, else the subject: what the facts are looked up by."""
        return self.grant_id or self.subject_id

    @property
    def held(self) -> tuple[UUID, int]:
        """The grant and epoch that it remembers; ValueError if it remembers none yet."""
        if self.grant_id is None or self.epoch is None:
            raise ValueError("this claim remembers no grant yet")
        return self.grant_id, self.epoch


@dataclass(frozen=True)
class Wish:
    """What the effect would do with the likeness; None where it does not matter at this point."""

    audience: Audience | None = None
    purpose: Purpose | None = None


ANY = Wish()


@dataclass(frozen=True)
class Facts:
    """Everything the gate read, after the lock, in one statement a table."""

    grants: Mapping[UUID, GrantFact] = field(default_factory=dict)
    """The grant that answers each claim, by the claim's key."""
    enrolled: frozenset[UUID] = frozenset()
    """Subjects with an active likeness."""


@dataclass(frozen=True)
class Allowed:
    """Every subject's grant covers the effect. Truthy."""

    grants: tuple[GrantFact, ...]


@dataclass(frozen=True)
class Refused:
    """The first subject whose grant does not, and why. Falsy."""

    reason: Reason
    subject_id: UUID

    def __bool__(self) -> bool:
        return False


def decide(point: Point, claims: Sequence[Claim], wish: Wish, facts: Facts, now: datetime) -> Allowed | Refused:
    """Decide one effect: allowed only if every claim holds (all-of-N). No claim at all is an error of the caller."""
    if not claims:
        raise ValueError("nothing to decide: an effect on a likeness names its subjects")
    grants = []
    for claim in claims:
        reason = _fault(point, claim, wish, facts, now)
        if reason:
            return Refused(reason, claim.subject_id)
        grants.append(facts.grants[claim.key])
    return Allowed(tuple(grants))


def _fault(point: Point, claim: Claim, wish: Wish, facts: Facts, now: datetime) -> Reason | None:
    grant = facts.grants.get(claim.key)
    if grant is None or grant.subject_id != claim.subject_id:
        return Reason.NO_GRANT
    if point in (Point.REQUEST, Point.START) and claim.subject_id not in facts.enrolled:
        return Reason.NO_LIKENESS
    return standing(grant, claim.epoch, now) or _scope_fault(point, grant, wish)


def standing(grant: GrantFact, epoch: int | None, now: datetime) -> Reason | None:
    """Return why ``grant`` is not valid at ``now`` for who remembers ``epoch`` (None: remembers none yet)."""
    if grant.state is not State.GIVEN:
        return Reason.ENDED
    if epoch is not None and epoch != grant.epoch:
        return Reason.STALE_EPOCH
    if now < grant.not_before:
        return Reason.NOT_YET
    if now >= grant.expires_at:
        return Reason.EXPIRED
    return None


def _scope_fault(point: Point, grant: GrantFact, wish: Wish) -> Reason | None:
    if point is Point.REQUEST and grant.uses >= grant.max_uses:
        return Reason.EXHAUSTED
    if wish.purpose and wish.purpose not in grant.purposes:
        return Reason.PURPOSE
    if wish.audience and WIDTH[wish.audience] > WIDTH[grant.audience]:
        return Reason.AUDIENCE
    return None
