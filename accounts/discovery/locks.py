"""Who waits for whom: advisory locks of discovery, held to the end of the transaction and taken before any row lock."""

from django.db import connection

# Two numbers, a space of their own beside the one of the consent gate.
SPACE = 7105
TURNING, PUBLISHING, MEMBERS = 1, 2, 3


def alone(what: int) -> None:
    """Wait until nobody else holds ``what``, and keep everybody else out."""
    _take("pg_advisory_xact_lock", what)


def together(what: int) -> None:
    """Wait until nobody holds ``what`` alone, and keep it from being held alone."""
    _take("pg_advisory_xact_lock_shared", what)


def _take(function: str, what: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [SPACE, what])
