"""The list without a ranking: the newest posts that are open to a viewer. What is left when the ranking fails.

It looks at nothing that the viewer did but what they have seen, and filters by the same wishes.
"""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import numpy as np

from accounts.mutes import unmuted_sql
from feed.control import matching
from feed.control.grammar import WHOLLY
from feed.control.matching import Words
from feed.foryou import packing
from feed.foryou.explaining import CHRONOLOGICAL
from feed.foryou.facts import Facts
from feed.foryou.ordering import Ranked
from socialvideo.lib.prepared import LAST, Statement

# How far back it looks: at so many of the newest posts; if these do not fill a page, at as many before them, so often.
LOOKED_AT, TIMES = 500, 20
_NEWEST = Statement(f"""SELECT p.id, p.author_id, p.sound_id, v.origin = 'generated', p.caption,
    a.handle, a.display_name, (SELECT array_agg(t.tag) FROM feed_posttag t WHERE t.post_id = p.id),
    (SELECT json_agg(json_build_array(s.handle, s.display_name)) FROM worker_depiction d
        JOIN accounts_person s ON s.id = d.subject_id WHERE d.video_id = v.id),
    {unmuted_sql("p.author_id")}
        AND (SELECT count(*) = 0 FROM feed_view w WHERE w.post_id = p.id AND w.person_id = %(viewer)s)
    FROM (SELECT * FROM feed_post WHERE removed_at IS NULL AND unlisted_at IS NULL AND audience <> 'private'
        AND author_id <> %(viewer)s AND id < %(below)s ORDER BY id DESC LIMIT %(reach)s) p
    JOIN worker_video v ON v.id = p.video_id JOIN accounts_person a ON a.id = p.author_id
    ORDER BY p.id DESC""")
Row = tuple[UUID, UUID, UUID, bool, str, str, str, list[str], list[list[str]], bool]


def newest(known: Facts, ai_share: int, count: int) -> Ranked:
    """Return the newest posts, without what was seen, shown in this walk, muted, hidden or forbidden."""
    followed = set(packing.to_uuids(known.follows))
    rows = list(islice(_open(known, ai_share), count))
    return Ranked(
        ids=[row[0] for row in rows],
        sources=[("followed",) if row[1] in followed else ("newest",) for row in rows],
        propensity=[1.0] * len(rows),
        rows=np.empty((len(rows), 0), np.float32),
        score=np.zeros(len(rows)),
        rung=CHRONOLOGICAL,
        weights="",
        reasons={},
    )


def _open(known: Facts, ai_share: int) -> Iterator[Row]:
    walked = set(packing.to_uuids(known.walked))
    below = LAST
    for _ in range(TIMES):
        rows: list[Row] = _NEWEST.rows(viewer=known.viewer, below=below, reach=LOOKED_AT)
        yield from (row for row in rows if row[0] not in walked and _may_come(known, ai_share, row))
        if len(rows) < LOOKED_AT:
            return
        below = rows[-1][0]


def _may_come(known: Facts, ai_share: int, row: Row) -> bool:
    post, author, sound, generated, caption, handle, name, tags, shown, is_unmet = row
    if not is_unmet:
        return False
    hidden = known.hidden
    if str(post) in hidden.posts or str(author) in hidden.authors or str(sound) in hidden.sounds:
        return False
    if hidden.tags.intersection(tags or ()) or (generated and ai_share == 0):
        return False
    people = [[handle, name], *(shown or ())]
    film = Words.of(
        [
            matching.of_film(
                caption=caption, tags=tags or (), handles=[p[0] for p in people], names=[p[1] for p in people]
            )
        ]
    )
    return not any(
        matching.share(term, film)[0] for term, sign, strength in known.steers if sign < 0 and strength == WHOLLY
    )
