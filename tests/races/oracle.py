"""What a race must not leave behind, read from the ledger and the tables when both sides have returned.

The withdrawal's commit is the linearization point, and the order of the ledger's leaves is the order of commits. So a
use that was let stands in the ledger before the withdrawal, one that was refused after it, and nothing is left that
rests on what has ended.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce

from consent.models import Acceptance, Grant, LedgerLeaf, Permit, PermitSubject
from tests.races.ends import End
from tests.races.stage import Stage
from tests.races.uses import Use
from worker import standing
from worker.models import Depiction
from worker.rules import OPEN, Status

Leaf = Mapping[str, Any]
# The leaves of what ends a video, too.
ENDING = ("withdrawal", "invalidation", "choice")

AFTER = "an allowed use stands in the ledger after the end"
OLD_TERMS = "a use after the narrowing was decided on the old terms"
EXPIRED = "a use was allowed by a clock after the grant's end"
LATE = "a look that began after the withdrawal had returned was let"
CUT = "what the end spares was refused"
UNRECORDED = "a use was let that the ledger does not hold"
GROUNDLESS = "a use was refused before anything had ended"
APART = "what was made and what was said are not the same"
OUTLIVES = "a permit or job outlives the grant it rests on"
MISCOUNTED = "the count of uses is not that of the permits"
VISIBLE = "a list shows what has ended"
SHARED = "of two that could not both be let, not exactly one was"
FAULTS = (
    *(AFTER, OLD_TERMS, EXPIRED, LATE, CUT, UNRECORDED),
    *(GROUNDLESS, APART, OUTLIVES, MISCOUNTED, VISIBLE, SHARED),
)


@dataclass
class Aftermath:
    """The tables and the ledger after a batch of races, each read once."""

    leaves: Mapping[str, list[tuple[int, Leaf]]]
    """By subject, in the order of the ledger."""
    uses: Mapping[UUID, int]
    counted: Counter[UUID]
    """Permits that hold a use of the grant."""
    resting: frozenset[UUID]
    """Grants under which a permit is open, or a job or a draft waits."""
    made: Mapping[str, Counter[UUID]]
    """How many permits, videos, posts and acceptances there are, by grant."""
    visible: frozenset[UUID]
    """Videos that lists would show."""


def aftermath(stages: Sequence[Stage], begun: int) -> Aftermath:
    """Read what the races of these stages left; the ledger had ``begun`` leaves when they started."""
    grants = {grant.id for stage in stages for grant in [stage.root, *stage.grants]}
    # A grant that rests on an offer counts as the offer.
    permits = PermitSubject.objects.annotate(root=Coalesce("grant__rests_on", "grant")).filter(root__in=grants)
    films = {stage.film.id: stage.root.id for stage in stages if stage.video}
    held = permits.exclude(permit__state=Permit.State.VOID).values_list("root", flat=True)
    waiting = Q(permit__job__status__in=[*OPEN, Status.AWAITING_REVIEW])
    unspent = Q(permit__state__in=[Permit.State.ISSUED, Permit.State.REDEEMED])
    depictions = Depiction.objects.annotate(root=Coalesce("grant__rests_on", "grant")).filter(root__in=grants)
    posted = depictions.filter(video__posts__isnull=False)
    accepted = Acceptance.objects.filter(video_id__in=films).values_list("video_id", flat=True)
    return Aftermath(
        leaves=_leaves(begun),
        uses=dict(Grant.objects.filter(id__in=grants).values_list("id", "uses")),
        counted=Counter(held),
        resting=frozenset(permits.filter(waiting | unspent).values_list("root", flat=True)),
        made={
            "permits": Counter(permits.values_list("root", flat=True)),
            "videos": Counter(depictions.values_list("root", flat=True)),
            "posts": Counter(posted.values_list("root", flat=True)),
            "acceptances": Counter(films[video] for video in accepted),
        },
        visible=_visible(films),
    )


def faults(stage: Stage, use: Use, end: End, found: Aftermath) -> Iterator[str]:
    """Yield what is wrong after a race."""
    yield from stage.faults
    yield from _of_looks(stage, use, end)
    yield from _of_ledger(stage, use, end, found)
    yield from _of_tables(stage, use, end, found)
    if end.one_wins and stage.let == stage.rival_let:
        yield SHARED


def spared(use: Use, end: End) -> bool:
    """Tell whether the end leaves this use alone."""
    return (end.spares_what_was_made and not use.anew) or not (end.leaf or end.one_wins)


def _of_looks(stage: Stage, use: Use, end: End) -> Iterator[str]:
    if spared(use, end):
        if not all(let for _, let in stage.looks) or not stage.let:
            yield CUT
    elif any(after and let for after, let in stage.looks):
        yield LATE


def _of_ledger(stage: Stage, use: Use, end: End, found: Aftermath) -> Iterator[str]:
    """A use that was let stands before the end, one that was refused after it."""
    people = (str(stage.cast.subject.id), str(stage.cast.companion.id))
    leaves = sorted((leaf for one in people for leaf in found.leaves.get(one, ())), key=lambda leaf: leaf[0])
    ended = min((index for index, leaf in leaves if leaf["kind"] == end.leaf), default=None)
    mine = [(index, leaf) for index, leaf in leaves if point(leaf) in use.points]
    let = [index for index, leaf in mine if leaf.get("verdict") != "denied"]
    if stage.let and use.points and not let:
        yield UNRECORDED
    if end.leaf == "narrowing" and stage.narrowed:
        yield from _of_narrowing(stage, let[-1:], ended)
    elif ended is not None and not spared(use, end) and any(index > ended for index in let):
        yield AFTER
    refused = [index for index, leaf in leaves if leaf.get("verdict") == "denied"]
    if any(ended is None or index < ended for index in refused) and end.leaf:
        yield GROUNDLESS


def point(leaf: Leaf) -> str:
    """The decision point of a leaf, else its kind."""
    return str(leaf.get("point", leaf["kind"]))


def _of_narrowing(stage: Stage, let: Sequence[int], ended: int | None) -> Iterator[str]:
    """What was allowed was decided before the new end, and on the new terms if the narrowing came first."""
    if not stage.let or not let or not stage.reads:
        return
    facts, now = stage.reads[-1]
    read = next(fact for fact in facts.grants.values() if fact.subject_id == stage.cast.subject.id)
    if stage.narrowed and now >= stage.narrowed:
        yield EXPIRED
    if ended is not None and let[0] > ended and read.expires_at != stage.narrowed:
        yield OLD_TERMS


def _of_tables(stage: Stage, use: Use, end: End, found: Aftermath) -> Iterator[str]:
    scenery, roots = stage.scenery, [stage.root.id, *(grant.id for grant in stage.grants[1:])]
    before = {
        "permits": bool(scenery.film) + bool(scenery.run),
        "videos": bool(scenery.film),
        "posts": scenery.film == "published",
        "acceptances": len(stage.shown) if scenery.film in ("sealed", "published") else 0,
    }
    more = {name: found.made[name][roots[0]] - there for name, there in before.items()}
    expected = {name: (stage.let and name == use.makes) + (stage.rival_let and name == end.makes) for name in more}
    if more != expected:
        yield APART
    if end.tidies and any(root in found.resting for root in roots):
        yield OUTLIVES
    if any(found.uses[root] != found.counted[root] + scenery.spent for root in roots):
        yield MISCOUNTED
    if stage.video and end.leaf in ENDING and not end.spares_what_was_made and stage.film.id in found.visible:
        yield VISIBLE


def _visible(films: Iterable[UUID]) -> frozenset[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT v.id FROM worker_video v WHERE v.id = ANY(%s) AND {standing.consented('v')}", [list(films)]
        )
        return frozenset(video for (video,) in cursor.fetchall())


def _leaves(begun: int) -> Mapping[str, list[tuple[int, Leaf]]]:
    by_subject: dict[str, list[tuple[int, Leaf]]] = defaultdict(list)
    for index, body in LedgerLeaf.objects.filter(index__gte=begun).order_by("index").values_list("index", "body"):
        leaf = orjson.loads(bytes(body))
        by_subject[str(leaf.get("subject"))].append((index, leaf))
    return by_subject
