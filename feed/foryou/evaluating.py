"""How For You does, by what people did with what they were shown: each arm of an experiment, and its guards.

An arm may win where it is tried for; it may not be worse in a guard. What was drawn by lot tells, weighted by its
propensity, how a page of nothing but lots would have done (self-normalised, weights clipped).
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import Now

from feed.foryou.explaining import CHRONOLOGICAL
from feed.foryou.ordering import NEWEST
from feed.models import Impression

CLIPPED = 20.0
# Two sides, 95 %.
CERTAIN = 1.96
# What must not become rarer, and what must not become more frequent.
GUARDS = (("long_views", 1), ("creations", 1), ("hides", -1))
_OUTCOMES = """SELECT i.arm, count(*), count(DISTINCT i.person_id),
    count(*) FILTER (WHERE w.id IS NOT NULL), count(*) FILTER (WHERE w.is_long),
    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM feed_like l WHERE l.post_id = i.post_id
        AND l.person_id = i.person_id AND l.created_at >= i.served_at)),
    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM feed_hidden h WHERE h.person_id = i.person_id
        AND h.created_at >= i.served_at AND h.thing = i.post_id::text)),
    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM feed_post p JOIN worker_source z ON z.source_id = p.video_id
        JOIN worker_video v ON v.id = z.video_id
        WHERE p.id = i.post_id AND v.owner_id = i.person_id AND v.created_at >= i.served_at)),
    count(*) FILTER (WHERE i.propensity < 1),
    coalesce(sum(least(1 / i.propensity, %(clipped)s)) FILTER (WHERE i.propensity < 1), 0),
    coalesce(sum(least(1 / i.propensity, %(clipped)s)) FILTER (WHERE i.propensity < 1 AND w.is_long), 0),
    coalesce(sum(least(1 / i.propensity, %(clipped)s) ^ 2) FILTER (WHERE i.propensity < 1), 0)
    FROM feed_impression i
    LEFT JOIN feed_view w ON w.post_id = i.post_id AND w.person_id = i.person_id AND w.last_at >= i.served_at
    WHERE i.served_at >= now() - make_interval(secs => %(seconds)s) GROUP BY i.arm ORDER BY i.arm"""


@dataclass(frozen=True)
class Outcome:
    """What came of the impressions of one arm. ``lots`` were drawn by lot; ``effective`` is how many they are worth."""

    arm: str
    impressions: int
    people: int
    views: int
    long_views: int
    likes: int
    hides: int
    creations: int
    lots: int
    lots_long_rate: float
    effective: float

    def rate(self, what: str) -> float:
        """Return how often something came of an impression."""
        count: int = getattr(self, what)
        return count / self.impressions if self.impressions else 0.0


@dataclass(frozen=True)
class Guard:
    """One guard of one arm against the usual way: the difference of rates, by how many standard errors, and whether it
    holds."""

    arm: str
    what: str
    difference: float
    errors: float
    holds: bool


def outcomes(period: timedelta) -> list[Outcome]:
    """Return what came of each arm's impressions of the last ``period``; the usual way first."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, {"clipped": CLIPPED, "seconds": period.total_seconds()})
        return [_outcome(*row) for row in cursor.fetchall()]


def shown(period: timedelta) -> tuple[int, int, int]:
    """Return how many items were shown in the last ``period``, to how many people, and how many without a ranking."""
    unranked = Q(rung__in=[CHRONOLOGICAL, NEWEST])
    found = Impression.objects.filter(served_at__gte=Now() - period).aggregate(
        items=Count("id"), people=Count("person", distinct=True), unranked=Count("id", unranked)
    )
    return found["items"], found["people"], found["unranked"]


def guards(found: list[Outcome]) -> list[Guard]:
    """Compare each arm with the usual way."""
    usual = next((each for each in found if not each.arm), None)
    others = [each for each in found if each.arm]
    return [_guard(usual, arm, what, sign) for arm in others if usual for what, sign in GUARDS]


def _guard(usual: Outcome, arm: Outcome, what: str, sign: int) -> Guard:
    pooled = (getattr(usual, what) + getattr(arm, what)) / (usual.impressions + arm.impressions)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / usual.impressions + 1 / arm.impressions))
    difference = arm.rate(what) - usual.rate(what)
    errors = difference / spread if spread else 0.0
    return Guard(arm.arm, what, difference, errors, holds=sign * errors > -CERTAIN)


def _outcome(arm: str, *row: Any) -> Outcome:
    *counts, weight, hits, squares = row
    rate = float(hits / weight) if weight else 0.0
    effective = float(weight**2 / squares) if squares else 0.0
    names = ("impressions", "people", "views", "long_views", "likes", "hides", "creations", "lots")
    return Outcome(arm, **dict(zip(names, counts, strict=True)), lots_long_rate=rate, effective=effective)
