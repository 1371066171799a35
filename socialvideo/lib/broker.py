"""PostgreSQL as Celery's broker: pgmq's own SQL, installed into our database when no other broker is named."""

from typing import Any

import psycopg
from django.conf import settings
from pgmq.install import get_embedded_install_sql, install_pgmq_sql


def is_ours() -> bool:
    """Tell whether the database itself is the broker."""
    return str(settings.BROKER_URL).startswith("pgmq")


def install() -> bool:
    """Install pgmq with our queues if it is not there; return whether anything was done.

    No extension and no superuser is needed. The queues are made here, for two processes that start at once would both
    make the first trigger of a queue, and one of them would die of it.
    """
    with psycopg.connect(settings.DATABASE_URL) as connection:
        there = connection.execute("SELECT to_regprocedure('pgmq.create(text)') IS NOT NULL").fetchone()
        if there and there[0]:
            return False
        install_pgmq_sql(get_embedded_install_sql(), conn=connection)
        for queue in queues():
            connection.execute("SELECT pgmq.create(%s)", [queue])
            connection.execute("SELECT pgmq.enable_notify_insert(%s)", [queue])
    return True


def queues() -> list[str]:
    """Return the names of the queues that tasks are sent to."""
    celery: dict[str, Any] = settings.CELERY
    return sorted({celery["task_default_queue"], *(route["queue"] for route in celery["task_routes"].values())})
