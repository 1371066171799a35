"""All that a page needs to know of its viewer, in one statement.

Without a profile nothing of what they did is read: the database does not evaluate that part. What they saw is read in
both modes, by the filter against repeats alone.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from feed.control import guarding
from feed.control.rules import Sat
from feed.foryou import packing
from feed.foryou.acts import ACTS
from feed.foryou.packing import ACT, ID, Packed
from feed.models import Choice, Hidden, WardLimit
from socialvideo.lib.prepared import Statement

MOST_FOLLOWS, MOST_SEEN, MOST_ACTS, MOST_OWN = 5000, 2000, 300, 50

# One statement: of each kind of act the newest.
_HISTORY = " UNION ALL ".join(
    f"(SELECT {act.packed} AS row FROM {act.table} t WHERE {act.whose} = %(viewer)s AND {act.at} >= h.since"
    f" ORDER BY {act.newest} LIMIT {MOST_ACTS})"
    for act in ACTS
)
# Posts of what was made of the viewer's own films, and of films that show them.
_REMIXES = f"""SELECT {packing.ids("p.id")} FROM (
    SELECT id FROM (SELECT v.id FROM worker_video v WHERE v.owner_id = %(viewer)s AND v.purged_at IS NULL
        ORDER BY v.id DESC LIMIT {MOST_OWN}) o
    UNION SELECT d.video_id FROM (SELECT d.video_id FROM worker_depiction d WHERE d.subject_id = %(viewer)s
        ORDER BY d.video_id DESC LIMIT {MOST_OWN}) d) mine
    JOIN worker_source z ON z.source_id = mine.id
    JOIN feed_post p ON p.video_id = z.video_id AND p.removed_at IS NULL AND p.unlisted_at IS NULL
    WHERE p.author_id <> %(viewer)s"""
# Of whom one follows as the index has them, from which alone they are read: of too many, the youngest accounts.
FACTS = Statement(f"""SELECT
    c.profiling, c.ai_share, c.mood, c.prompts, c.budget_minutes, c.break_minutes, c.quiet_from, c.quiet_to, c.reset_at,
    (SELECT json_build_array(l.ai_share, l.budget_minutes, l.break_minutes, l.quiet_from, l.quiet_to)
        FROM accounts_guardianship u JOIN feed_wardlimit l ON l.guardianship_id = u.id
        WHERE u.ward_id = %(viewer)s AND u.ended_at IS NULL AND u.confirmed_at IS NOT NULL),
    (SELECT n.time_zone FROM accounts_noticeplan n WHERE n.person_id = %(viewer)s),
    (SELECT json_build_array(s.day, s.spent_s, extract(epoch FROM s.began_at), extract(epoch FROM s.last_at))
        FROM feed_sitting s WHERE s.person_id = %(viewer)s),
    (SELECT json_agg(json_build_array(s.term, s.sign, s.strength) ORDER BY s.id) FROM feed_steer s
        WHERE s.person_id = %(viewer)s AND s.expires_at > now()),
    (SELECT {packing.ids("f.followee_id")} FROM (SELECT followee_id FROM accounts_follow
        WHERE follower_id = %(viewer)s ORDER BY followee_id DESC LIMIT {MOST_FOLLOWS}) f),
    (SELECT {packing.ids("m.muted_id")} FROM accounts_mute m WHERE m.muter_id = %(viewer)s),
    (SELECT json_agg(json_build_array(x.kind, x.thing, x.strength)) FROM feed_hidden x WHERE x.person_id = %(viewer)s),
    (SELECT {packing.ids("e.post_id")} FROM (SELECT post_id FROM feed_view
        WHERE person_id = %(viewer)s ORDER BY last_at DESC, id DESC LIMIT {MOST_SEEN}) e),
    (SELECT {packing.ids("i.post_id", "ORDER BY i.position")} FROM feed_impression i
        WHERE i.request_id = %(walk)s::uuid AND i.person_id = %(viewer)s),
    CASE WHEN coalesce(c.profiling, %(by_age)s::bool) THEN (SELECT string_agg(a.row, ''::bytea) FROM (
        SELECT coalesce(c.reset_at, '-infinity') AS since) h CROSS JOIN LATERAL ({_HISTORY}) a) END,
    CASE WHEN coalesce(c.profiling, %(by_age)s::bool) THEN ({_REMIXES}) END,
    statement_timestamp()
    FROM (SELECT 1) one LEFT JOIN feed_choice c ON c.person_id = %(viewer)s""")


@dataclass(frozen=True)
class Hidings:
    """What somebody wishes to see no more of (``hide``), or less: ids as texts, and tags."""

    posts: frozenset[str]
    authors: frozenset[str]
    tags: frozenset[str]
    sounds: frozenset[str]


@dataclass(frozen=True)
class History:
    """What the viewer did with posts: rows of ACT, and the posts made of their own films. None without a profile."""

    acts: Packed
    remixes: Packed


@dataclass(frozen=True)
class Facts:
    """What is known of a viewer. ``walked`` are the posts of this walk through the feed so far, in their order."""

    viewer: UUID
    choice: Choice
    guarded: WardLimit | None
    zone: str
    sat: Sat | None
    steers: list[tuple[str, int, int]]
    follows: Packed
    muted: Packed
    hidden: Hidings
    less: Hidings
    seen: Packed
    walked: Packed
    history: History | None
    now: datetime
    digest: int
    """Changes with all of this but the time, and how long somebody sat there."""


def read(*, viewer: UUID, walk: UUID, profiling_by_age: bool) -> Facts:
    """Return what is known of a viewer at this statement."""
    (row,) = FACTS.rows(viewer=viewer, walk=walk, by_age=profiling_by_age)
    return _facts(viewer, profiling_by_age, row)


def _facts(viewer: UUID, by_age: bool, row: tuple[Any, ...]) -> Facts:
    *chosen, guarded, zone, sat, steers, follows, muted, hidings, seen, walked, acts, remixes, now = row
    profiling, ai_share, mood, prompts, *others, reset_at = chosen
    names = ("budget_minutes", "break_minutes", "quiet_from", "quiet_to")
    choice = Choice(
        person_id=viewer,
        profiling=profiling,
        ai_share=100 if ai_share is None else ai_share,
        mood=mood or Choice.Mood.ANY,
        prompts=prompts is not False,
        reset_at=reset_at,
        **dict(zip(names, others, strict=True)),
    )
    holds = by_age if profiling is None else profiling
    said = (steers, hidings, guarded, *chosen)
    history = History(packing.unpacked(acts, ACT), packing.unpacked(remixes, ID)) if holds else None
    return Facts(
        viewer=viewer,
        choice=choice,
        guarded=_guarded(guarded),
        zone=zone or "UTC",
        sat=_sat(sat),
        steers=[(term, sign, strength) for term, sign, strength in steers or ()],
        follows=packing.unpacked(follows, ID),
        muted=packing.unpacked(muted, ID),
        hidden=_hidings(hidings or [], "hide"),
        less=_hidings(hidings or [], "less"),
        seen=packing.unpacked(seen, ID),
        walked=packing.unpacked(walked, ID),
        history=history,
        now=now,
        digest=hash((viewer, holds, str(said), follows, muted, seen, walked, acts, remixes)),
    )


def _guarded(row: list[Any] | None) -> WardLimit | None:
    if row is None:
        return None
    *numbers, begins, ends = row
    quiet = [each and time.fromisoformat(each) for each in (begins, ends)]
    return WardLimit(**dict(zip(guarding.FIELDS, [*numbers, *quiet], strict=True)))


def _sat(row: list[Any] | None) -> Sat | None:
    if row is None:
        return None
    day, spent, began, last = row
    times = (datetime.fromtimestamp(float(each), UTC) for each in (began, last))
    return Sat(date.fromisoformat(day), timedelta(seconds=spent), *times)


def _hidings(rows: list[list[str]], strength: str) -> Hidings:
    of = {kind: frozenset(thing for k, thing, s in rows if k == kind and s == strength) for kind in Hidden.Kind.values}
    return Hidings(of["post"], of["author"], of["tag"], of["sound"])
