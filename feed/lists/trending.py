"""What trends: a ranking of public posts by what people did lately, made anew by a task.

An act counts half as much a day later. Whoever does a great deal counts less for each; nobody counts for their own, or
in the first day of their account. No author has more than some places. A post whose film shows somebody waits until a
moderator clears it. A list that was begun goes on in the ranking in which it began.
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
from feed.models import Trend, TrendReview
from feed.visibility import Shown, page_sql, post
from socialvideo.lib.clock import StatementTime
from socialvideo.lib.prepared import LAST, Statement

HALF_LIFE, WINDOW, KEPT = timedelta(days=1), timedelta(days=7), timedelta(hours=2)
PLACES, OF_AN_AUTHOR = 500, 3
# Somebody with more acts than this in the window counts less for each of them.
USUAL = 100
WEIGHTS = {"like": ("feed_like", "created_at", 1.0), "share": ("feed_share", "created_at", 3.0)}
WEIGHTS |= {"bookmark": ("feed_bookmark", "created_at", 2.0), "comment": ("feed_comment", "created_at", 2.0)}
WEIGHTS |= {"view": ("feed_view", "last_at", 0.2)}
_PERSON = {"feed_comment": "author_id"}
# One act of a kind a person and post.
_ACTS = " UNION ALL ".join(
    f"""SELECT post_id, {_PERSON.get(table, "person_id")} AS person, {weight}::float AS weight, max({at}) AS at
    FROM {table} WHERE {at} > statement_timestamp() - make_interval(secs => %(window)s) GROUP BY 1, 2"""
    for table, at, weight in WEIGHTS.values()
)
MAKE = f"""WITH act AS MATERIALIZED ({_ACTS}),
busy AS MATERIALIZED (SELECT person, count(*) AS acts FROM act GROUP BY person),
scored AS (SELECT p.id, p.author_id, sum(a.weight / greatest(1, b.acts / {USUAL}.0)
        * power(2, -extract(epoch FROM statement_timestamp() - a.at) / %(half_life)s)) AS score
    FROM act a JOIN busy b ON b.person = a.person JOIN accounts_person q ON q.id = a.person
    JOIN feed_post p ON p.id = a.post_id JOIN accounts_person u ON u.id = p.author_id
    WHERE p.audience = 'public' AND p.removed_at IS NULL AND p.unlisted_at IS NULL AND NOT u.is_private
        AND a.person <> p.author_id AND {good_sql("q")} AND {good_sql("u")}
        AND q.created_at < a.at - interval '1 day'
    GROUP BY p.id, p.author_id),
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
