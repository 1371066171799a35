"""Emptying the database after a test with real commits: what has rows, and nothing else.

Django truncates every table and writes all permissions anew: a second and more a test, and the catalogue grows by it.
"""

from django.db import connection
from django.test import TransactionTestCase

# What migrations and their signals wrote, which no test changes.
KEPT = ("django_migrations", "django_content_type", "auth_permission")


def empty_what_has_rows(case: TransactionTestCase) -> None:
    """Take the place of ``TransactionTestCase._fixture_teardown``. Triggers that forbid a deletion are asleep."""
    known = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [table for table in known if table not in KEPT]
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        filled = [table for (table,) in cursor.fetchall()]
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("; ".join([f'DELETE FROM "{table}"' for table in filled] or ["SELECT 1"]))
        cursor.execute("SET session_replication_role = origin")
