"""The mail that sums up what is unread: at most one a period, never empty, and without a single name.

A mail cannot be taken back, so it says how many and not who. Teenagers get none unless they wish it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts import mail, rules
from accounts.models import Person, Summary
from accounts.notices.audience import actors_sql, listed_sql
from accounts.notices.kinds import TABLE, Kind
from accounts.notices.rules import KEPT, PERIODS, period_end
from accounts.standing import good_sql
from socialvideo.lib.clock import database_now

# Unread, and grown in the period; what came since is the next one's.
NEWS = """n.read_at IS NULL AND n.newest_at >= %(begins_at)s AND n.newest_at < %(ends_at)s AND {listed}"""
# Who wishes one as often, has proved their address, has news, and has not had this one.
READERS = """
SELECT p.id FROM accounts_person p LEFT JOIN accounts_noticeplan w ON w.person_id = p.id
WHERE {good} AND p.verified_at IS NOT NULL
    AND coalesce(nullif(w.summary, ''), CASE WHEN p.birth_date > %(adult_born)s THEN 'off' ELSE 'weekly' END)
        = %(cadence)s
    AND NOT EXISTS (SELECT 1 FROM accounts_summary d WHERE d.person_id = p.id AND d.ends_at = %(ends_at)s)
    AND p.id IN (SELECT n.recipient_id FROM accounts_notice n WHERE {news})
ORDER BY p.id LIMIT %(limit)s
"""
COUNTS = """
SELECT n.kind, sum(greatest(1, (SELECT count(*) FROM {actors}))) FROM accounts_notice n
WHERE n.recipient_id = %(person)s AND {news} GROUP BY n.kind
"""


def send_due() -> int:
    """Write the summaries of the last whole day and week, so many at a time; return how many. Safe to repeat.

    Within a day of the period's end, or not at all: later it is no news.
    """
    now = database_now()
    return sum(_send_some(cadence, now) for cadence in PERIODS)


def _send_some(cadence: str, now: datetime) -> int:
    ends_at = period_end(cadence, now)
    if now - ends_at >= PERIODS["daily"]:
        return 0
    period = {"begins_at": ends_at - PERIODS[cadence], "ends_at": ends_at}
    return sum(_send_one(person_id, period) for person_id in _readers(cadence, now, period))


def _readers(cadence: str, now: datetime, period: dict[str, datetime]) -> list[UUID]:
    values: dict[str, Any] = {
        **period,
        "cadence": cadence,
        "adult_born": rules.youngest_adult_born(now.date()),
        "limit": settings.SUMMARY_BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(READERS.format(good=good_sql("p"), news=_news()), values)
        return [person_id for (person_id,) in cursor.fetchall()]


def _send_one(person_id: UUID, period: dict[str, datetime]) -> bool:
    """Write one, unless another run has; its row and the mail are one commit."""
    with transaction.atomic():
        person = Person.objects.get(id=person_id)
        _, fresh = Summary.objects.get_or_create(person=person, ends_at=period["ends_at"])
        lines = _lines(person_id, period) if fresh else []
        if lines:
            mail.sum_up(person, "Since your last visit:\n\n" + "\n".join(lines) + "\n\nOpen the app to see more.")
    return bool(lines)


def _lines(person_id: UUID, period: dict[str, datetime]) -> list[str]:
    """Return one line for each sentence that a locked screen would show, with how often it holds."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(actors=actors_sql("n"), news=_news()), {**period, "person": person_id})
        counts = {Kind(kind): int(count) for kind, count in cursor.fetchall()}
    said: dict[str, int] = {}
    for kind, entry in TABLE.items():
        if kind in counts:
            said[entry.discreet] = said.get(entry.discreet, 0) + counts[kind]
    return [f"- {sentence}" + (f" ({count})" if count > 1 else "") for sentence, count in said.items()]


def _news() -> str:
    return NEWS.format(listed=listed_sql("n"))


def forget_old(now: datetime) -> None:
    """Remove the rows of periods that are long over."""
    Summary.objects.filter(ends_at__lt=now - KEPT).delete()
