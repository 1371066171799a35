"""Folding beacons into what people watched and how often posts were: each once, in the commit that says it is done.

One worker folds at a time (a lock); the others pass on. A beacon tells of the whole viewing so far, so of each viewing
counts what it gained over the beacons of it that were folded before.
"""

import time
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from feed.engagement import access
from feed.engagement.beacons import TOLD_FOR
from socialvideo.lib import prepared

BATCH, PRUNED = 2000, 5000
SECONDS = 5.0
# A film shorter than this is watched long to its end, another for so long.
LONG_MS = 18_000
# Any number that no other advisory lock has: those of consent and of pairs are hashes of their own kind.
LOCK = "hashtextextended('feed.beacons', 0)"
KEPT = TOLD_FOR + timedelta(hours=1)
FOLD = f"""WITH batch AS MATERIALIZED (
    SELECT * FROM feed_beacon WHERE folded_at IS NULL ORDER BY id LIMIT %(size)s),
done AS (
    UPDATE feed_beacon b SET folded_at = statement_timestamp() FROM batch t WHERE b.id = t.id RETURNING 1),
pair AS MATERIALIZED (
    SELECT t.person_id, t.post_id, v.duration_ms FROM (SELECT DISTINCT person_id, post_id FROM batch) t
    JOIN feed_post p ON p.id = t.post_id JOIN worker_video v ON v.id = p.video_id
    WHERE {access.visible_sql("t.person_id")}),
viewing AS (
    SELECT t.person_id, t.post_id, max(t.watched_ms) AS watched, max(t.plays) AS plays, max(t.position_ms) AS position,
        bool_or(t.ended) AS ended, min(t.at) AS first_at, max(t.at) AS last_at,
        coalesce((SELECT max(o.watched_ms) FROM feed_beacon o
            WHERE o.viewing = t.viewing AND o.folded_at IS NOT NULL), 0) AS watched_before,
        coalesce((SELECT max(o.plays) FROM feed_beacon o
            WHERE o.viewing = t.viewing AND o.folded_at IS NOT NULL AND o.watched_ms > 0), 0) AS plays_before
    FROM batch t GROUP BY t.viewing, t.person_id, t.post_id HAVING max(t.watched_ms) > 0),
seen AS MATERIALIZED (
    SELECT person_id, post_id, min(first_at) AS first_at, max(last_at) AS last_at,
        sum(greatest(watched - watched_before, 0)) AS watched, sum(greatest(plays - plays_before, 0)) AS plays,
        count(*) FILTER (WHERE watched_before = 0) AS views,
        max(least(position::float8 / duration_ms, 1)) AS furthest,
        bool_or(watched >= {LONG_MS} OR (duration_ms < {LONG_MS} AND (ended OR watched >= duration_ms))) AS is_long
    FROM viewing JOIN pair USING (person_id, post_id) GROUP BY person_id, post_id),
kept AS (
    INSERT INTO feed_view AS w (person_id, post_id, first_at, last_at, plays, watched_ms, furthest, is_long)
    SELECT person_id, post_id, first_at, last_at, plays, watched, furthest, is_long FROM seen
    ORDER BY person_id, post_id
    ON CONFLICT (person_id, post_id) DO UPDATE SET first_at = least(w.first_at, excluded.first_at),
        last_at = greatest(w.last_at, excluded.last_at), plays = w.plays + excluded.plays,
        watched_ms = w.watched_ms + excluded.watched_ms, furthest = greatest(w.furthest, excluded.furthest),
        is_long = w.is_long OR excluded.is_long),
counted AS MATERIALIZED (
    SELECT c.post_id FROM feed_postcount c WHERE c.post_id IN (SELECT post_id FROM seen)
    ORDER BY c.post_id FOR NO KEY UPDATE),
counts AS (
    UPDATE feed_postcount c SET views = c.views + g.views, watched_ms = c.watched_ms + g.watched
    FROM (SELECT post_id, sum(views) AS views, sum(watched) AS watched FROM seen GROUP BY post_id) g
    JOIN counted USING (post_id) WHERE c.post_id = g.post_id)
SELECT count(*) FROM done"""
# The oldest rows are walked, so that it costs the same however many there are.
PRUNE = """DELETE FROM feed_beacon WHERE id IN (
    SELECT b.id FROM (SELECT * FROM feed_beacon ORDER BY id LIMIT %(size)s) b
    WHERE b.folded_at IS NOT NULL AND b.created_at < statement_timestamp() - %(kept)s)"""


def fold(*, seconds: float = SECONDS) -> int:
    """Count what waits, a batch a commit, for some seconds at most; return how many beacons that were."""
    ends_at, folded = time.monotonic() + seconds, 0
    while True:
        count = _fold_one()
        folded += count
        if count < BATCH or time.monotonic() > ends_at:
            break
    prepared.changed(PRUNE, size=PRUNED, kept=KEPT)
    return folded


def forget(person_id: UUID, post_id: UUID | None) -> int:
    """Have nothing that waits of a person (about one post, if given) become history; return how many beacons that were.

    Joins the caller's transaction. Waits for a batch that is under way; several people do not wait for each other.
    """
    prepared.rows(f"SELECT pg_advisory_xact_lock_shared({LOCK})")
    statement = """UPDATE feed_beacon SET folded_at = statement_timestamp() WHERE folded_at IS NULL
        AND person_id = %(person)s AND (%(post)s::uuid IS NULL OR post_id = %(post)s)"""
    return prepared.changed(statement, person=person_id, post=post_id)


def _fold_one() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({LOCK})")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(FOLD, {"size": BATCH})
        (count,) = cursor.fetchone()
    return int(count)
