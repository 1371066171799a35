"""Pure decisions about consent: facts and the time go in, a verdict with a reason comes out.

Validity of a grant, in the words of DESIGN §3: state = given, and the epoch is the one that was remembered, and
not_before ≤ now < expires_at. Nothing here knows Django, so every rule can be tried with plain values.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

NOBODY = UUID(int=0)
"""The subject whom a handle that nobody has stands for: no grant, no likeness, refused like anybody else."""


class Point(StrEnum):
    """Where an effect asks the gate; a preview has none."""

    PREVIEW = "preview"
    REQUEST = "request"
    START = "start"
    STEP = "step"
    SEAL = "seal"
    REVIEW = "review"
    PUBLISH = "publish"
    OPEN = "open"
    CHUNK = "chunk"
    DOWNLOAD = "download"
    REMIX = "remix"


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
    GUARDIAN = "guardian"
    EXHAUSTED = "exhausted"
    PURPOSE = "purpose"
    AUDIENCE = "audience"
    CLOSED = "closed"
    MODALITY = "modality"
    CATEGORY = "category"
    TEXT_RULE = "text_rule"
    RIGHT = "right"
    REVIEW = "review"
    VETOED = "vetoed"


class Audience(StrEnum):
    """Who may watch, from fewest to most."""

    PRIVATE = "private"
    CLOSE_FRIENDS = "close_friends"
    """Of the author, and each of them a follower."""
    FOLLOWERS = "followers"
    PUBLIC = "public"


class Purpose(StrEnum):
    """What a video is for. A grant names each one that it covers."""

    PERSONAL = "personal"
    ENTERTAINMENT = "entertainment"
    EDUCATION = "education"
    ADVERTISING = "advertising"


class Modality(StrEnum):
    """Which part of a likeness an engine uses."""

    FACE = "face"
    VOICE = "voice"
    BODY = "body"


class Right(StrEnum):
    """What may be done with a finished video beyond watching it; each is granted apart."""

    REMIX = "remix"
    STITCH = "stitch"
    DOWNLOAD = "download"


class Group(StrEnum):
    """People whom one grant can name together, from fewest to most."""

    CHOSEN = "chosen"
    MUTUALS = "mutuals"
    EVERYONE = "everyone"


class Category(StrEnum):
    """What a prompt may be about that a subject can deny. Found by screening; a grant denies what its subject says."""

    SEXUAL = "sexual"
    VIOLENCE = "violence"
    POLITICS = "politics"
    RELIGION = "religion"
    ADVERTISING = "advertising"
    HUMILIATION = "humiliation"
    DRUGS = "drugs"
    CRIME = "crime"
    MEDICAL = "medical"


# Denied unless the subject says otherwise: what was done to people elsewhere without their wish.
DENIED_BY_DEFAULT = frozenset(Category) - {Category.MEDICAL}
# Points that begin or go on with a new use; a closed grant refuses them and leaves what was made alone.
NEW_USES = frozenset({Point.REQUEST, Point.START, Point.STEP, Point.SEAL, Point.PUBLISH, Point.REMIX})
# Points at which a photo is about to be used, or is in use.
PHOTO_USES = frozenset({Point.REQUEST, Point.START, Point.STEP, Point.SEAL})

WIDTH = {Audience.PRIVATE: 0, Audience.CLOSE_FRIENDS: 1, Audience.FOLLOWERS: 2, Audience.PUBLIC: 3}
BREADTH = {None: 0, Group.CHOSEN: 1, Group.MUTUALS: 2, Group.EVERYONE: 3}


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
    modalities: frozenset[Modality] = frozenset({Modality.FACE})
    rights: frozenset[Right] = frozenset()
    denied: frozenset[Category] = frozenset()
    text_rules: tuple[str, ...] = ()
    review: bool = False
    closed: bool = False
    awaits_guardian: bool = False
    """A teenager's, and their guardian has not confirmed it."""
    group: Group | None = None
    """Whom it is an offer to; None when it names one person."""


@dataclass(frozen=True)
class Claim:
    """One subject that an effect wants to show; with the grant and epoch it remembers, once it has them."""

    subject_id: UUID
    grant_id: UUID | None = None
    epoch: int | None = None
    right: Right | None = None
    """What is done with a finished video, for which the subject must have granted the right."""

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
    modalities: frozenset[Modality] = frozenset()
    categories: frozenset[Category] = frozenset()
    prompt: str = ""


ANY = Wish()


@dataclass(frozen=True)
class Facts:
    """Everything the gate read, after the lock, in one statement a table."""

    grants: Mapping[UUID, GrantFact] = field(default_factory=dict)
    """The grant that answers each claim, by the claim's key."""
    enrolled: frozenset[UUID] = frozenset()
    """Subjects with an active likeness; after the request, those whose likeness of then is still active."""
    accepted: frozenset[UUID] = frozenset()
    """Subjects who accepted this very render, byte for byte."""
    vetoed: frozenset[UUID] = frozenset()
    """Subjects who vetoed this video, or one that it is a remix of."""


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
    # Read whatever the grants say, and kept: how long a refusal takes must not tell whether there are text rules.
    _words(wish.prompt)
    grants = []
    for claim in claims:
        reason = _fault(point, claim, wish, facts, now)
        if reason:
            return Refused(reason, claim.subject_id)
        grants.append(facts.grants[claim.key])
    if facts.vetoed:
        # By somebody who is not among the claims: a remix inherits everybody, so this is a fault of ours. Fail closed.
        return Refused(Reason.VETOED, claims[0].subject_id)
    return Allowed(tuple(grants))


def _fault(point: Point, claim: Claim, wish: Wish, facts: Facts, now: datetime) -> Reason | None:
    grant = facts.grants.get(claim.key)
    if grant is None or grant.subject_id != claim.subject_id:
        return Reason.NO_GRANT
    if grant.group and claim.epoch is not None:
        # An offer to a group is taken up as a grant of the requester's own; nothing ever rests on the offer itself.
        return Reason.NO_GRANT
    if point in PHOTO_USES and claim.subject_id not in facts.enrolled:
        return Reason.NO_LIKENESS
    if claim.subject_id in facts.vetoed:
        return Reason.VETOED
    return (
        standing(grant, claim.epoch, now) or _use_fault(point, claim, grant, facts) or _scope_fault(point, grant, wish)
    )


def closest(grants: Iterable[GrantFact], now: datetime) -> GrantFact:
    """Return the one of a subject's grants that answers a requester: one for fewer people before one for more.

    So terms for a person overrule those for a group, wider or narrower. What is closed, past its end or not confirmed
    by a guardian comes last.
    """
    return min(
        grants,
        key=lambda grant: (
            grant.awaits_guardian,
            grant.closed,
            now >= grant.expires_at,
            BREADTH[grant.group],
            grant.id,
        ),
    )


def standing(grant: GrantFact, epoch: int | None, now: datetime) -> Reason | None:
    """Return why ``grant`` is not valid at ``now`` for who remembers ``epoch`` (None: remembers none yet)."""
    if grant.state is not State.GIVEN:
        return Reason.ENDED
    if epoch is not None and epoch != grant.epoch:
        return Reason.STALE_EPOCH
    if grant.awaits_guardian:
        return Reason.GUARDIAN
    if now < grant.not_before:
        return Reason.NOT_YET
    if now >= grant.expires_at:
        return Reason.EXPIRED
    return None


def _use_fault(point: Point, claim: Claim, grant: GrantFact, facts: Facts) -> Reason | None:
    if claim.right and claim.right not in grant.rights:
        return Reason.RIGHT
    if grant.closed and point in NEW_USES:
        return Reason.CLOSED
    if point is Point.REQUEST and grant.uses >= grant.max_uses:
        return Reason.EXHAUSTED
    if point is Point.PUBLISH and grant.review and grant.subject_id not in facts.accepted:
        return Reason.REVIEW
    return None


def _scope_fault(point: Point, grant: GrantFact, wish: Wish) -> Reason | None:
    if wish.purpose and wish.purpose not in grant.purposes:
        return Reason.PURPOSE
    if wish.audience and WIDTH[wish.audience] > WIDTH[grant.audience]:
        return Reason.AUDIENCE
    if not wish.modalities <= grant.modalities:
        return Reason.MODALITY
    if wish.categories & grant.denied:
        return Reason.CATEGORY
    if any(mentions(wish.prompt, rule) for rule in grant.text_rules):
        return Reason.TEXT_RULE
    return None


def mentions(prompt: str, rule: str) -> bool:
    """Tell whether ``prompt`` has the words of ``rule`` in a row, whatever their case, width, accents, punctuation."""
    return _words(rule) in _words(prompt) and has_words(rule)


def has_words(text: str) -> bool:
    """Tell whether there is a letter or digit in ``text``: a rule without any would never find anything."""
    return bool(_words(text).strip())


def plain(text: str) -> str:
    """Return ``text`` without case, width, accents and invisible characters, so that a look-alike is found too."""
    if text.isascii():
        return text.casefold()
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Cf"))


@lru_cache(2048)
def _words(text: str) -> str:
    return " " + " ".join(re.findall(r"[^\W_]+", plain(text))) + " "
