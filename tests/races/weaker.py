"""Weaker products: one guard taken away each, the pairs it guards, and what the same races then find.

An oracle that cannot fail proves nothing: every fault that it knows is found here, and nowhere else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from consent import ends, fences, gate, grants, journal, locks, permits, reviews, rules, withdrawal
from consent.rules import Claim, Point
from feed import cuts, playback, visibility
from feed.lists import chronological, following
from socialvideo.lib.prepared import Statement
from tests.races import oracle
from tests.races.course import Pair
from worker import jobs, standing, videos
from worker.specs import Spec

Patch = pytest.MonkeyPatch
BROKE = "broke"


@dataclass(frozen=True)
class Weaker:
    """What is taken away, and which of these faults the races of these pairs find without it."""

    weaken: Callable[[Patch], None]
    finds: str
    pairs: tuple[Pair, ...]


def nothing(*_: object, **__: object) -> None:
    """Do nothing, whatever is asked."""


async def always(*_: object) -> bool:
    """Say yes."""
    return True


def without(owner: Any, name: str, instead: Any = nothing) -> Callable[[Patch], None]:
    """Take a function away."""
    return lambda patch: patch.setattr(owner, name, instead)


def rows_not_held(patch: Patch) -> None:
    """Read the grants of a request without holding their rows."""
    read = gate._read

    def unheld(point: Point, requester_id: UUID, claims: Sequence[Claim], about: journal.About) -> Any:
        facts, now = read(Point.START if point is Point.REQUEST else point, requester_id, claims, about)
        return replace(facts, enrolled=gate._enrolled(point, claims, about)), now

    patch.setattr(gate, "_read", unheld)


def photos_unfenced(patch: Patch) -> None:
    """Let a step ask for the grants alone."""
    standing = fences.standing
    patch.setattr(fences, "standing", lambda *claims, likenesses=(), **rest: standing(*claims, **rest))


def neither_held_nor_locked(patch: Patch) -> None:
    """Let requests neither lock the subject nor hold the grant."""
    patch.setattr(locks, "share", nothing)
    rows_not_held(patch)


def lists_unfenced(patch: Patch) -> None:
    """Let lists join on no fence."""
    listed = [fences.unended("p.grants"), fences.unvetoed("p.lineage"), standing.stands("v")]
    for room, name in ((following, "_PAGE"), (chronological, "_GRID"), (visibility, "AMONG")):
        _unfence(patch, room, name, listed)
    _unfence(patch, visibility, "ONE", [standing.consented("v")])


def _unfence(patch: Patch, room: ModuleType, name: str, asked: list[str]) -> None:
    query = getattr(room, name).query
    for predicate in asked:
        assert predicate in query
        query = query.replace(predicate, "true")
    patch.setattr(room, name, Statement(query))


def grants_not_remembered(patch: Patch) -> None:
    """Look up whatever grant stands now, instead of the one that is remembered."""
    use = gate.use

    def forgetful(*, claims: Sequence[Claim], **rest: Any) -> Any:
        return use(claims=[replace(claim, grant_id=None, epoch=None) for claim in claims], **rest)

    patch.setattr(gate, "use", forgetful)


def refused_and_done(patch: Patch) -> None:
    """Run the effect though the gate refused."""
    use = gate.use

    def careless(*, effect: Callable[[Any], Any], **rest: Any) -> Any:
        try:
            return use(effect=effect, **rest)
        except gate.Denied:
            with transaction.atomic():
                effect(rules.Allowed(()))
            raise

    patch.setattr(gate, "use", careless)


def allowed_unsaid(patch: Patch) -> None:
    """Write no journal of what was allowed."""
    write = journal.write

    def forgetful(*, verdict: Any, **rest: Any) -> None:
        if not verdict:
            write(verdict=verdict, **rest)

    patch.setattr(journal, "write", forgetful)


def clockless(patch: Patch) -> None:
    """Decide by a clock that stands still."""
    standing = rules.standing
    patch.setattr(rules, "standing", lambda grant, epoch, _: standing(grant, epoch, grant.not_before))


def always_ended(patch: Patch) -> None:
    """Refuse though nothing has ended."""
    patch.setattr(rules, "standing", lambda *_: rules.Reason.ENDED)


def stop_ends_all(patch: Patch) -> None:
    """Take a stop for a withdrawal."""
    end = withdrawal._end
    patch.setattr(withdrawal, "_end", lambda ids, _, now: end(ids, withdrawal.Mode.UNPUBLISH, now))


def keys_held(patch: Patch) -> None:
    """Hold the grants of a request by their keys too, as a plain FOR UPDATE does."""
    held = QuerySet.select_for_update
    patch.setattr(QuerySet, "select_for_update", lambda rows, no_key=False, **how: held(rows, **how))


def first_lock_alone(patch: Patch) -> None:
    """Lock one of the subjects, for all."""
    share = locks.share
    patch.setattr(locks, "share", lambda subjects: share(list(subjects)[:1]))


def claimed_by_all(patch: Patch) -> None:
    """Give the job to whoever comes."""
    claim = jobs.claim

    def take(job_id: UUID) -> jobs.Claimed | None:
        there = jobs.Job.objects.get(id=job_id)
        return claim(job_id) or jobs.Claimed(job_id, there.fence, there.permit_id, Spec.read(there.spec))

    patch.setattr(jobs, "claim", take)


def nothing_held_up(patch: Patch) -> None:
    """Look whether an original was taken down, and do not hold it until the seal."""
    real = videos.require_up
    patch.setattr(videos, "require_up", lambda lineage, held=False: real(lineage))


def several(uses: str, end: str) -> tuple[Pair, ...]:
    """Return the pairs of these uses with one end."""
    return tuple((use, end) for use in uses.split(", "))


unlocked = without(locks, "share")
own_unlocked = without(reviews, "locks", SimpleNamespace(exclude=nothing))
all_stand = without(fences, "standing", lambda *_, **__: True)
unheard = without(grants, "bus", SimpleNamespace(announce=nothing))
no_parting = without(settings, "PARTING_HANDLERS", [])
returned_with_keys = without(grants, "HOLD", grants.HOLD.replace("NO KEY UPDATE", "UPDATE"))
no_handlers = without(settings, "WITHDRAWAL_HANDLERS", [])

WEAKER = {
    "no lock": Weaker(unlocked, oracle.AFTER, several("publish, open, download", "everything")),
    "no lock, a stop": Weaker(unlocked, oracle.AFTER, several("publish", "stop")),
    # Here a second guard stands behind the lock: the permit's state, and the order of rows.
    "no lock, a permit": Weaker(unlocked, BROKE, several("start, seal, remix seal", "everything")),
    "no lock, a request": Weaker(unlocked, oracle.OUTLIVES, several("request, remix", "everything")),
    "no lock, a veto": Weaker(unlocked, oracle.AFTER, several("publish, open, remix, remix seal", "veto")),
    "no lock, a member": Weaker(unlocked, oracle.AFTER, several("request", "unchosen")),
    "no lock, an erasure": Weaker(unlocked, oracle.AFTER, several("request, start", "likeness")),
    "no photo asked": Weaker(
        without(rules, "PHOTO_USES", frozenset({Point.REQUEST, Point.START})), oracle.AFTER, several("seal", "likeness")
    ),
    "no photo looked for": Weaker(photos_unfenced, oracle.LATE, several("step", "likeness")),
    "no lock, a narrowing": Weaker(unlocked, oracle.OLD_TERMS, several("publish, open", "narrowed")),
    "one lock for all": Weaker(first_lock_alone, oracle.AFTER, several("publish, open", "companion")),
    "no lock of one's own": Weaker(own_unlocked, oracle.AFTER, several("accept", "everything")),
    "no grant for a say": Weaker(without(reviews, "_require_standing"), oracle.AFTER, several("accept", "grant")),
    "no step asks": Weaker(without(permits, "recheck"), oracle.LATE, several("step, remix step", "everything")),
    "no list joins": Weaker(lists_unfenced, oracle.LATE, several("lists", "everything")),
    "no record asks": Weaker(
        without(fences, "standing", lambda *_, **__: True), oracle.LATE, several("record", "veto")
    ),
    "no part asks": Weaker(without(playback, "ask_gate"), oracle.LATE, several("chunk", "everything")),
    "no stream listens": Weaker(
        without(cuts.Cuts, "extend"), oracle.LATE, several("stream, opened stream", "everything")
    ),
    "an opening stands for ever": Weaker(
        without(cuts.Cuts, "stands", always), oracle.LATE, several("opened stream", "everything")
    ),
    "no narrowing is told": Weaker(unheard, oracle.LATE, several("stream", "narrowed")),
    "nobody parts": Weaker(no_parting, oracle.LATE, several("lists, stream", "unfollowed")),
    "who leaves keeps": Weaker(without(ends, "invalidate"), oracle.LATE, several("lists, stream", "unchosen")),
    "nothing remembered": Weaker(grants_not_remembered, oracle.AFTER, several("publish", "granted anew")),
    "no veto read": Weaker(without(gate, "_vetoed", lambda _: frozenset()), oracle.AFTER, several("open", "veto")),
    "no original held": Weaker(nothing_held_up, oracle.ORPHAN, several("remix seal", "taken down")),
    "no original awaited": Weaker(without(videos, "_await_seals"), oracle.ORPHAN, several("remix seal", "taken down")),
    "nothing ends": Weaker(without(withdrawal, "_end"), oracle.VISIBLE, several("lists", "everything")),
    "a stop ends all": Weaker(stop_ends_all, oracle.CUT, several("open, lists, stream", "stop")),
    "no handlers": Weaker(no_handlers, oracle.OUTLIVES, several("claim, step", "everything")),
    "no use returned": Weaker(without(grants, "return_use"), oracle.MISCOUNTED, several("request", "grantee")),
    "a clock that stands": Weaker(clockless, oracle.EXPIRED, several("open", "narrowed")),
    "nothing said": Weaker(allowed_unsaid, oracle.UNRECORDED, several("publish", "grant")),
    "refused and done": Weaker(refused_and_done, oracle.APART, several("publish", "grant")),
    "always ended": Weaker(always_ended, oracle.GROUNDLESS, several("open", "grant")),
    "rows not held": Weaker(rows_not_held, BROKE, several("request", "last use")),
    "neither held nor locked": Weaker(neither_held_nor_locked, BROKE, several("request", "fewer uses")),
    "claimed by all": Weaker(claimed_by_all, oracle.SHARED, several("claim", "another claim")),
    "keys held by a return": Weaker(returned_with_keys, BROKE, several("open", "a run of both")),
    "keys held": Weaker(keys_held, BROKE, several("publish", "another request")),
}
