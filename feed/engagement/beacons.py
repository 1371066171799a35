"""What players tell while a video is watched: verified, written down durably, told once. Counting is ``counting``'s.

A beacon tells of the whole viewing so far. What it claims is held to what can be: no more than the time since the video
was opened, no more than so many plays of it, nothing after the viewing is over, nothing by the author themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import Person
from feed.engagement import access, tokens
from socialvideo.lib import prepared
from socialvideo.lib.clock import wall_now
from socialvideo.lib.errors import Problem

MOST = 100
# Clocks differ, and a beacon takes a while on its way.
SLACK = timedelta(seconds=10)
# So long after the opening a viewing is told of; what came is remembered a while longer, so that it counts once.
TOLD_FOR = timedelta(hours=6)
# How many wait, by the span of their numbers: two index look-ups, whatever the length.
WAITING = """SELECT 1 + coalesce((SELECT max(id) FROM feed_beacon), 0)
    - coalesce((SELECT min(id) FROM feed_beacon WHERE folded_at IS NULL), 'infinity'::float8)"""
PUT = f"""WITH told AS (
    SELECT * FROM unnest(%(places)s::int[], %(keys)s::uuid[], %(viewings)s::uuid[], %(videos)s::uuid[],
        %(posts)s::uuid[], %(impressions)s::uuid[], %(watched)s::int[], %(plays)s::int[], %(positions)s::int[],
        %(ended)s::bool[], %(ats)s::timestamptz[])
        AS t(place, key, viewing, video, post, impression, watched, plays, position, ended, at)),
post AS MATERIALIZED (
    SELECT p.id, p.video_id, p.author_id = %(viewer)s AS own, {access.visible_sql()} AS visible,
        (SELECT v.duration_ms FROM worker_video v WHERE v.id = p.video_id) AS duration
    FROM feed_post p WHERE p.id IN (SELECT t.post FROM told t)),
fresh AS (
    INSERT INTO feed_beacon (key, viewing, person_id, post_id, impression, watched_ms, plays, position_ms, ended, at)
    SELECT t.key, t.viewing, %(viewer)s, post.id, t.impression,
        least(t.watched::bigint, t.plays::bigint * post.duration), t.plays, least(t.position, post.duration),
        t.ended, t.at
    FROM told t JOIN post ON post.id = t.post AND post.video_id = t.video AND post.visible AND NOT post.own
    ORDER BY t.place ON CONFLICT DO NOTHING RETURNING viewing, key)
SELECT t.place, post.id IS NOT NULL AND post.visible, post.video_id = t.video, post.own,
    (SELECT count(*) > 0 FROM fresh WHERE fresh.viewing = t.viewing AND fresh.key = t.key)
FROM told t LEFT JOIN post ON post.id = t.post"""


class Verdict(StrEnum):
    """What became of one beacon."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True)
class Ruling:
    """What became of one beacon, and by which code it was refused."""

    verdict: Verdict
    code: str = ""


ACCEPTED, DUPLICATE = Ruling(Verdict.ACCEPTED), Ruling(Verdict.DUPLICATE)


def take(*, viewer: Person, told: Sequence[Mapping[str, Any]]) -> list[Ruling]:
    """Write down what a player tells, and say of each what became of it. 503 while too many wait: nothing was taken.

    Each is ``{id, post, impression, viewing, watched_ms, plays, position_ms, ended, at}``.
    """
    _require_room(len(told))
    now = wall_now()
    rulings: list[Ruling] = []
    good: dict[tuple[UUID, UUID], tuple[int, tokens.Opening, Mapping[str, Any]]] = {}
    for place, one in enumerate(told):
        opening = tokens.read(one["viewing"], viewer_id=viewer.id)
        fault = _fault(opening, one["watched_ms"], now)
        rulings.append(DUPLICATE if fault is None else Ruling(Verdict.REFUSED, fault))
        if opening and not fault:
            good.setdefault((opening.viewing, one["id"]), (place, opening, one))
    for place, ruling in _put(viewer.id, list(good.values()), now).items():
        rulings[place] = ruling
    return rulings


def _require_room(wanted: int) -> None:
    ((waiting,),) = prepared.rows(WAITING)
    if waiting + wanted > settings.BEACON_BACKLOG:
        wait = str(settings.BEACON_FOLD_SECONDS + 1)
        raise Problem(503, "beacons_waiting", "Send them again in a few seconds.", headers={"Retry-After": wait})


def _fault(opening: tokens.Opening | None, watched_ms: int, now: datetime) -> str | None:
    """Return why a beacon cannot be, or None."""
    if opening is None:
        return "viewing_invalid"
    since = now - opening.at
    if since > TOLD_FOR:
        return "viewing_over"
    return "watched_impossible" if timedelta(milliseconds=watched_ms) > since + SLACK else None


def _put(viewer: UUID, good: list[tuple[int, tokens.Opening, Mapping[str, Any]]], now: datetime) -> dict[int, Ruling]:
    if not good:
        return {}
    openings, sent = [opening for _, opening, _ in good], [one for *_, one in good]
    values = {
        "viewer": viewer,
        "places": [place for place, *_ in good],
        "keys": [one["id"] for one in sent],
        "viewings": [opening.viewing for opening in openings],
        "videos": [opening.video for opening in openings],
        "posts": [one["post"] for one in sent],
        "impressions": [one.get("impression") for one in sent],
        "watched": [one["watched_ms"] for one in sent],
        "plays": [one["plays"] for one in sent],
        "positions": [one["position_ms"] for one in sent],
        "ended": [one["ended"] for one in sent],
        "ats": [min(max(one["at"], opening.at), now) for _, opening, one in good],
    }
    found = prepared.rows(PUT, **values)
    post_of = {place: one["post"] for place, _, one in good}
    unseen = {post_of[place] for place, visible, *_ in found if not visible}
    why = access.why_not(viewer=viewer, posts=list(unseen)) if unseen else {}
    return dict(_rulings(found, {place: why[post] for place, post in post_of.items() if post in why}))


def _rulings(found: Iterable[Sequence[Any]], why: Mapping[int, Problem]) -> Iterable[tuple[int, Ruling]]:
    for place, visible, is_of_viewing, is_own, is_fresh in found:
        if not visible:
            yield place, Ruling(Verdict.REFUSED, why[place].code)
        elif not is_of_viewing:
            yield place, Ruling(Verdict.REFUSED, "viewing_invalid")
        elif is_own:
            yield place, Ruling(Verdict.REFUSED, "own_post")
        else:
            yield place, ACCEPTED if is_fresh else DUPLICATE
