"""What people did with posts, as the ranking reads it: the same rows for one viewer and for all in training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feed.foryou import packing
from feed.foryou.packing import Packed
from feed.ranking import log
from feed.ranking.log import Ints


@dataclass(frozen=True)
class Act:
    """A table of acts, as SQL over its alias ``t``: whose, when, how they are packed, the order of the newest."""

    table: str
    whose: str
    at: str
    newest: str
    acts: str
    watched: str = "0"
    post: str = "t.post_id"

    @property
    def packed(self) -> str:
        """One ACT."""
        return packing.act(self.post, self.at, self.watched, self.acts)


ACTS = (
    Act(
        "feed_view",
        "t.person_id",
        "t.last_at",
        "t.last_at DESC, t.id DESC",
        f"{log.SHOWN} + {log.LONG_VIEW} * t.is_long::int",
        "t.watched_ms",
    ),
    Act("feed_like", "t.person_id", "t.created_at", "t.id DESC", str(log.LIKE)),
    Act("feed_comment", "t.author_id", "t.created_at", "t.id DESC", str(log.COMMENT)),
    Act("feed_share", "t.person_id", "t.created_at", "t.id DESC", str(log.SHARE)),
    # What was made of it counts for the post of the film that it was made of.
    Act(
        "(SELECT w.owner_id AS person_id, q.id AS post_id, w.created_at, w.id FROM worker_source z"
        " JOIN worker_video w ON w.id = z.video_id JOIN feed_post q ON q.video_id = z.source_id"
        " WHERE w.purged_at IS NULL)",
        "t.person_id",
        "t.created_at",
        "t.id DESC",
        str(log.CREATE),
    ),
    Act(
        "(SELECT person_id, thing::uuid AS post_id, created_at, id FROM feed_hidden WHERE kind = 'post')",
        "t.person_id",
        "t.created_at",
        "t.id DESC",
        str(log.HIDE),
    ),
)


@dataclass(frozen=True)
class Met:
    """One row for each (person, post) met, in the order of time: what ``feed.ranking.log.Log`` holds."""

    person: Ints
    post: Ints
    at: NDArray[np.float64]
    acts: NDArray[np.uint8]
    watched: NDArray[np.float32]


def met(rows: Packed, posts: Ints, people: Ints | None = None) -> Met:
    """Join all acts of a person on a post into one row; ``posts`` and ``people`` are the rows' places, -1 unknown."""
    people = np.zeros(len(rows), np.int32) if people is None else people
    known = (posts >= 0) & (people >= 0)
    rows, posts, people = rows[known], posts[known], people[known]
    if not len(rows):
        none = np.empty(0, np.int32)
        return Met(none, none, np.empty(0), np.empty(0, np.uint8), np.empty(0, np.float32))
    pair = people.astype(np.int64) << 32 | posts
    order = np.argsort(pair, kind="stable")
    starts = np.flatnonzero(np.diff(pair[order], prepend=pair[order[0]] - 1))
    at = np.maximum.reduceat(rows["at"][order].astype(np.float64), starts) / 1e6
    acts = np.bitwise_or.reduceat(rows["acts"][order].astype(np.uint8), starts) | log.SHOWN
    watched = np.maximum.reduceat(rows["watched"][order].astype(np.float32), starts) / 1000
    first = order[starts]
    in_time = np.argsort(at, kind="stable")
    return Met(
        people[first][in_time],
        posts[first][in_time],
        at[in_time],
        acts[in_time].astype(np.uint8),
        watched[in_time].astype(np.float32),
    )
