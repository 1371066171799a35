"""Time. Consent is decided by the database's clock alone, so that two machines never disagree."""

from datetime import UTC, datetime

from django.db import connection
from django.db.models import DateTimeField, Func


class StatementTime(Func):
    """SQL ``statement_timestamp()``: unlike ``now()`` it is read after a lock that an earlier statement waited for."""

    template = "statement_timestamp()"
    output_field = DateTimeField()


def database_now() -> datetime:
    """Return the database's present time, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now


def wall_now() -> datetime:
    """Return this machine's time, UTC; for what no decision depends on."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Return ``moment`` as the API and the ledger write it: UTC, microseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
