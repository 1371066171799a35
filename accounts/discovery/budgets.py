"""What a member may have evaluated: a bucket in PostgreSQL, spent in one statement, so that nobody can overspend it.

It holds DISCOVERY_BUDGET at first and at most, and DISCOVERY_REFILL come back at each midnight (UTC).
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem

Value = int | UUID

TABLE = "accounts_discoverybudget"
TODAY = "(statement_timestamp() AT TIME ZONE 'UTC')::date"
REMAINING = f"LEAST(%(most)s, b.remaining + %(refill)s * ({TODAY} - b.counted_date))"
SPEND = f"""
INSERT INTO {TABLE} AS b (person_id, remaining, counted_date) VALUES (%(person)s, %(most)s - %(count)s, {TODAY})
ON CONFLICT (person_id) DO UPDATE SET remaining = {REMAINING} - %(count)s, counted_date = {TODAY}
WHERE {REMAINING} >= %(count)s
RETURNING remaining
"""
LEFT = f"SELECT {REMAINING} FROM {TABLE} b WHERE person_id = %(person)s"
GIVE_BACK = f"UPDATE {TABLE} b SET remaining = LEAST(%(most)s, b.remaining + %(count)s) WHERE person_id = %(person)s"
INHERIT = f"""
INSERT INTO {TABLE} AS b (person_id, remaining, counted_date)
SELECT %(person)s, LEAST(%(most)s, o.remaining + %(refill)s * ({TODAY} - o.counted_date)), {TODAY}
FROM {TABLE} o WHERE o.person_id = %(former)s
ON CONFLICT (person_id) DO UPDATE SET remaining = LEAST({REMAINING}, excluded.remaining), counted_date = {TODAY}
"""


def spend(*, person_id: UUID, count: int) -> None:
    """Take ``count`` evaluations out of the budget; the 429 problem, and nothing taken, when they are not left."""
    if _one(SPEND, person_id, count=count) is None:
        wait = _until(count - remaining(person_id))
        detail = "Your budget of contacts is spent. It fills up slowly: send fewer, or go on tomorrow."
        raise Problem(429, "budget_spent", detail, headers={"Retry-After": str(wait)})


def give_back(*, person_id: UUID, count: int) -> None:
    """Put back what was taken for an evaluation that was not made."""
    _run(GIVE_BACK, person_id, count=count)


def remaining(person_id: UUID) -> int:
    """Return how many evaluations a person has left now."""
    found = _one(LEFT, person_id)
    return int(settings.DISCOVERY_BUDGET if found is None else found)


def inherit(*, former: UUID, person_id: UUID) -> None:
    """Give a person no more than the former holder of their number had left: a budget belongs to the number, too."""
    _run(INHERIT, person_id, former=former)


def _until(missing: int) -> int:
    """Seconds until the refill that brings ``missing`` back."""
    now = database_now()
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    days = -(-missing // settings.DISCOVERY_REFILL) - 1
    return int((midnight + timedelta(days=days) - now).total_seconds()) + 1


def _one(statement: str, person_id: UUID, **values: Value) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, _values(person_id, values))
        row = cursor.fetchone()
    return row[0] if row else None


def _run(statement: str, person_id: UUID, **values: Value) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, _values(person_id, values))


def _values(person_id: UUID, more: dict[str, Value]) -> dict[str, Value]:
    return {"person": person_id, "most": settings.DISCOVERY_BUDGET, "refill": settings.DISCOVERY_REFILL, **more}
