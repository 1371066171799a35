"""What is stored: a fingerprint of every table of ours and the names of all files, to show that nothing changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection

ROOMS = ("accounts", "consent", "worker", "feed", "moderation", "lib")
# Counts of requests and of failed tries change with every one.
COUNTS = {"lib_requestcount", "accounts_attempt"}
# A denial of the gate is itself written down, with its leaf.
JOURNAL = {"consent_decision", "consent_ledgerleaf", "consent_ledgerhead", "consent_ledgernode"}


def everything(*, but: frozenset[str] | set[str] = frozenset()) -> dict[str, str]:
    """A digest of the rows of each table, and the names of the files."""
    return {**rows(but=but), "files": " ".join(files())}


def rows(*, but: frozenset[str] | set[str] = frozenset()) -> dict[str, str]:
    """A digest of the rows of each table."""
    tables = sorted(model._meta.db_table for room in ROOMS for model in apps.get_app_config(room).get_models())
    parts = [
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {table} t"
        for table in tables
        if table not in COUNTS | but
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


@contextmanager
def unchanged() -> Iterator[None]:
    """Fail if what happens inside stores, changes or removes anything."""
    before = everything()
    yield
    assert everything() == before


def files() -> list[str]:
    """The names of all stored files."""
    root = Path(default_storage.path(""))
    return sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())
