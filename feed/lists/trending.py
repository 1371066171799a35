"""What trends: a ranking of public posts by what people did lately, made anew by a task.

An act counts half as much a day later. What counts less, and who counts together, stands in ``feed.damping``. No
author has more than some places. A post whose film shows somebody waits until a moderator clears it. A list that was
begun goes on in the ranking in which it began.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Person
from accounts.standing import good_sql
from feed import damping
from feed.models import Trend, TrendReview
from feed.visibility import Shown, page_sql, post
from socialvideo.lib.clock import StatementTime
from socialvideo.lib.prepared import LAST, Statement

HALF_LIFE, WINDOW, KEPT = timedelta(days=1), timedelta(days=7), timedelta(hours=2)
PLACES, OF_AN_AUTHOR = 500, 3
_TABLES = {
    "view": ("feed_view", "person_id", "last_at"),
    "like": ("feed_like", "person_id", "created_at"),
    "bookmark": ("feed_bookmark", "person_id", "created_at"),
    "comment": ("feed_comment", "author_id", "created_at"),
    "share": ("feed_share", "person_id", "created_at"),
}
_WATCHED = f"max(watched_ms) >= {damping.WATCHED_MS} OR bool_or(is_long)"
# One act of a kind a person and post.
_ACTS = " UNION ALL ".join(
    f"""SELECT post_id, {person} AS person, {damping.ACTS[kind]}::float AS weight, max({at}) AS at,
        {_WATCHED if kind == "view" else "false"} AS watch
    FROM {table} WHERE {at} > statement_timestamp() - make_interval(secs => %(window)s) GROUP BY 1, 2"""
    for kind, (table, person, at) in _TABLES.items()
)
_AGED = "power(2, -extract(epoch FROM statement_timestamp() - a.at) / %(half_life)s)"
_SLOT = f"floor(extract(epoch FROM at) / {damping.SLOT})::bigint"
# All that a person did with a post of somebody else's.
_DONE = f"""SELECT a.person, a.post_id, p.author_id AS author, count(*) AS acts, bool_or(a.watch) AS watched,
        sum(a.weight * {_AGED}) * least(1, {damping.MOST} / sum(a.weight)) AS weight, max(a.at) AS at,
        max(CASE WHEN q.created_at < a.at - make_interval(secs => {damping.YOUNG_FOR.total_seconds()})
            THEN 1 ELSE {damping.YOUNG} END) AS age
    FROM act a JOIN feed_post p ON p.id = a.post_id JOIN accounts_person q ON q.id = a.person
    WHERE a.person <> p.author_id AND {good_sql("q")} AND q.verified_at IS NOT NULL
        AND q.created_at < a.at - make_interval(secs => {damping.NOT_BEFORE.total_seconds()})
    GROUP BY 1, 2, 3"""
# By windows alone: a join of what was just gathered has no statistics, and is planned as if there was little of it.
_MARKED = f"""SELECT d.*, row_number() OVER (PARTITION BY person, author ORDER BY watched DESC) = 1 AS is_first,
        row_number() OVER (PARTITION BY author, {_SLOT}, person) = 1 AS is_first_in_slot, {_SLOT} AS slot,
        bool_or(person < author) OVER two AND bool_or(person > author) OVER two AS given_back
    FROM done d WINDOW two AS (PARTITION BY least(person, author), greatest(person, author))"""
# Of the person: what they did, on how many posts, for whom who did the same, and how many authors' films they watched;
# how much of it was for this author; how many came to this author, and how many of them in this wave.
_MEASURED = """SELECT m.*, sum(acts) OVER who AS busy, count(*) OVER who AS posts,
        count(*) FILTER (WHERE given_back) OVER who AS returned,
        count(*) FILTER (WHERE is_first AND watched) OVER who AS known,
        count(*) OVER (PARTITION BY person, author) AS of_one,
        count(*) FILTER (WHERE is_first) OVER (PARTITION BY author) AS crowd,
        count(*) FILTER (WHERE is_first_in_slot)
            OVER (PARTITION BY author ORDER BY slot RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS wave
    FROM marked m WINDOW who AS (PARTITION BY person)"""
_TIE = f"""greatest(CASE WHEN watched AND known > {damping.KNOWN} THEN 0 ELSE 1 END,
        {damping.tie_sql(f"returned / (posts + {damping.GIVEN_BACK}.0)")},
        {damping.tie_sql(f"(of_one - 1) / (posts + {damping.ONE_AUTHOR}.0)")},
        CASE WHEN wave >= {damping.WAVE} THEN {damping.tie_sql("wave::float / crowd")} ELSE 0 END)"""
_COUNTED = f"""SELECT post_id, {_TIE}::float AS tie, weight * age
        * CASE WHEN watched THEN 1 ELSE {damping.UNWATCHED} END / greatest(1, busy / {damping.USUAL}.0) AS weight
    FROM measured"""
# All who are tied count as the root of their number.
_SCORED = f"""SELECT p.id, p.author_id,
        sum(k.weight * (1 - k.tie)) + sum(k.weight * k.tie) / sqrt(greatest(1, sum(k.tie))) AS score
    FROM counted k JOIN feed_post p ON p.id = k.post_id JOIN accounts_person u ON u.id = p.author_id
    WHERE p.audience = 'public' AND p.removed_at IS NULL AND p.unlisted_at IS NULL AND NOT u.is_private
        AND {good_sql("u")}
    GROUP BY p.id, p.author_id"""
MAKE = f"""WITH act AS ({_ACTS}), done AS ({_DONE}), marked AS ({_MARKED}), measured AS ({_MEASURED}),
counted AS ({_COUNTED}), scored AS ({_SCORED}),
capped AS (SELECT s.*, row_number() OVER (PARTITION BY s.author_id ORDER BY s.score DESC, s.id) AS nth FROM scored s),
placed AS (SELECT c.id, c.score, row_number() OVER (ORDER BY c.score DESC, c.id DESC) AS place FROM capped c
    WHERE c.nth <= {OF_AN_AUTHOR} AND c.score > 0 ORDER BY place LIMIT {PLACES})
INSERT INTO feed_trend (id, post_id, made_at, place, score)
SELECT (lpad(to_hex((extract(epoch FROM statement_timestamp()) * 1000)::bigint), 12, '0') || '7000b'
        || lpad(to_hex(1000000 - place), 15, '0'))::uuid, id, statement_timestamp(), place, score FROM placed"""
_MAY = """(SELECT v.depiction_count = 0 OR coalesce(r.verdict = 'cleared', false) FROM feed_post p
    JOIN worker_video v ON v.id = p.video_id LEFT JOIN feed_trendreview r ON r.post_id = p.id
    WHERE p.id = t.post_id AND r.verdict IS DISTINCT FROM 'held' AND p.audience = 'public')"""
_RANKED = f"""SELECT t.post_id AS id, t.id AS place FROM feed_trend t
    WHERE t.made_at = coalesce((SELECT o.made_at FROM feed_trend o WHERE o.id = %(after)s),
        (SELECT max(o.made_at) FROM feed_trend o WHERE %(after)s = '{LAST}'))
    AND t.id < %(after)s AND {_MAY} ORDER BY t.id DESC"""
_PAGE = Statement(page_sql(_RANKED, "c.place DESC", more="c.place"))


@dataclass(frozen=True)
class Placed:
    """A post at its place of a ranking, by which a list goes on."""

    id: UUID
    post: Shown

    @property
    def body(self) -> dict[str, Any]:
        """The post as its viewer sees it."""
        return self.post.body


def trending(*, viewer: UUID, after: UUID | None, limit: int) -> list[Placed]:
    """Return the visible posts that trend, the first first, those behind ``after``. One statement."""
    rows = _PAGE.rows(viewer=viewer, after=after or LAST, limit=limit)
    return [Placed(place, post(viewer, row)) for place, *row in rows]


def rank() -> int:
    """Make a ranking of now, and drop old ones; return how many places it has."""
    values = {"window": int(WINDOW.total_seconds()), "half_life": HALF_LIFE.total_seconds()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MAKE, values)
        made: int = cursor.rowcount
        Trend.objects.filter(made_at__lt=StatementTime() - KEPT).delete()
    return made


def review(*, post_id: UUID, moderator: Person, verdict: TrendReview.Verdict) -> None:
    """Let a post trend, or hold it back; the last word counts."""
    said = {"verdict": verdict, "moderator": moderator, "at": Now()}
    TrendReview.objects.update_or_create(post_id=post_id, defaults=said)


def waiting() -> QuerySet[Trend]:
    """Return the places of the newest ranking whose films show somebody and which nobody has looked at."""
    newest = Trend.objects.order_by("-id").values("made_at")[:1]
    shows = Trend.objects.filter(made_at=newest, post__video__depiction_count__gt=0)
    return shows.filter(post__trend_review=None).order_by("-id")
