"""An invitation to make something, beside a page: now and then, and where a feed has honestly ended. Never an item.

It names a friend of whose likeness the viewer holds a grant now, or a film of the page that they may remix now. Who
wants none gets none; where it is to be calm (quiet hours, a break, a calm mood) there is none.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from accounts.blocks import none_between_sql, unblocked_sql
from accounts.models import Person
from accounts.standing import good_sql
from consent import fences
from feed import visibility
from feed.control.rules import Ended
from feed.models import Choice
from socialvideo.lib.prepared import Statement

# Once in so many items of a walk, and at these ends.
EVERY = 40
AT_ENDS = ("all_seen", "budget")
_REF = "json_build_object('id', q.id, 'handle', q.handle, 'display_name', q.display_name)"
_MUTUAL = """(SELECT count(*) = 2 FROM accounts_follow w WHERE (w.follower_id = q.id AND w.followee_id = %(viewer)s)
    OR (w.follower_id = %(viewer)s AND w.followee_id = q.id))"""
_FRIEND = f"""SELECT {_REF} AS who FROM consent_grant g JOIN accounts_person q ON q.id = g.subject_id
    WHERE g.grantee_id = %(viewer)s AND g."group" = '' AND {fences.valid("g.epoch")} AND g.closed_at IS NULL
        AND g.uses < g.max_uses AND {good_sql("q")} AND {unblocked_sql("%(viewer)s", "q.id")} AND {_MUTUAL}
        AND (SELECT count(*) > 0 FROM consent_likeness l WHERE l.subject_id = q.id AND {fences.ENROLLED})
    ORDER BY md5(g.id::text || %(walk)s) LIMIT 1"""
# Everybody in it granted that it is remixed, its author lets others, and nobody in it is blocked with the viewer.
_REMIXABLE = f"""SELECT p.id, p.video_id FROM unnest(%(posts)s::uuid[]) WITH ORDINALITY AS s (id, place)
    JOIN feed_post p ON p.id = s.id WHERE p.may_remix AND p.author_id <> %(viewer)s
        AND {visibility.visible_sql("p.id")} AND (SELECT count(*) = 0 FROM worker_depiction d
            JOIN consent_grant g ON g.id = d.grant_id WHERE d.video_id = p.video_id AND NOT (g.may_remix
                AND g.closed_at IS NULL AND {none_between_sql("%(viewer)s", "d.subject_id")}))
    ORDER BY s.place DESC LIMIT 1"""
_FOUND = Statement(f"""SELECT f.who, r.id, r.video_id FROM (SELECT 1) one
    LEFT JOIN LATERAL ({_FRIEND}) f ON true LEFT JOIN LATERAL ({_REMIXABLE}) r ON true""")


def beside(
    *, person: Person, choice: Choice, walk: UUID, position: int, items: Sequence[dict[str, Any]], ended: Ended | None
) -> dict[str, Any] | None:
    """Return the invitation beside the ``items`` of a walk from ``position`` on, if one is due. One statement."""
    if not choice.prompts or choice.mood == Choice.Mood.CALM or person.verified_at is None:
        return None
    if not (ended.kind in AT_ENDS if ended else is_due(position, len(items))):
        return None
    posts = [item["id"] for item in items]
    ((friend, post, video),) = _FOUND.rows(viewer=person.id, walk=str(walk), posts=posts)
    # In turn, where there are both.
    if friend and (video is None or (position // EVERY) % 2 == 0):
        return _with(friend)
    return _of(post, video) if video else _alone()


def is_due(position: int, count: int) -> bool:
    """Tell whether a page of so many items from ``position`` on reaches the next forty."""
    return (position + count) // EVERY > position // EVERY


def _with(friend: dict[str, Any]) -> dict[str, Any]:
    words = f"{friend['display_name'] or friend['handle']} lets you make films with them. Make something together."
    return {"kind": "friend", "words": words, "friend": friend, "post": None, "to": _to("/api/v1/jobs")}


def _of(post: UUID, video: UUID) -> dict[str, Any]:
    words = "You just saw a film that you may make your own of. Make something of it."
    return {"kind": "remix", "words": words, "friend": None, "post": post, "to": _to(f"/api/v1/videos/{video}/remixes")}


def _alone() -> dict[str, Any]:
    words = "Make something of your own."
    return {"kind": "own", "words": words, "friend": None, "post": None, "to": _to("/api/v1/uploads")}


def _to(address: str) -> dict[str, str]:
    return {"method": "POST", "address": address}
