"""PostgreSQL as Celery's broker: pgmq's own SQL, installed into our database when no other broker is named."""

import psycopg
from django.conf import settings
from pgmq.install import get_embedded_install_sql, install_pgmq_sql


def is_ours() -> bool:
    """Tell whether the database itself is the broker."""
    return str(settings.BROKER_URL).startswith("pgmq")


def install() -> bool:
    """Install pgmq if it is not there; return whether anything was done. No extension and no superuser is needed."""
    with psycopg.connect(settings.DATABASE_URL) as connection:
        there = connection.execute("SELECT to_regprocedure('pgmq.create(text)') IS NOT NULL").fetchone()
        if there and there[0]:
            return False
        install_pgmq_sql(get_embedded_install_sql(), conn=connection)
    return True
