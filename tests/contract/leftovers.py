"""What is left of somebody: every row of every table as text, and every file, searched for what was theirs."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection

TABLES = """SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"""
# Counts of requests, and the ledger's own head.
MOVING = {"public.lib_requestcount", "public.consent_ledgerhead"}


def dump() -> dict[str, list[str]]:
    """Every row of every table as PostgreSQL writes it; bytes are in hexadecimal."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [row[0] for row in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f"SELECT t::text FROM {name} t")
            found[name] = [row[0] for row in cursor.fetchall()]
    return found


def holding(tables: dict[str, list[str]], needles: dict[str, bytes]) -> dict[str, set[str]]:
    """For each needle, the tables in which it stands: as text, or as bytes."""
    return {
        name: {table for table, rows in tables.items() for row in rows if _stands(needle, row)}
        for name, needle in needles.items()
    }


def _stands(needle: bytes, row: str) -> bool:
    text = needle.decode(errors="ignore")
    return needle.hex() in row or (text.encode() == needle and text.lower() in row.lower())


def files() -> dict[str, str]:
    """The SHA-256 of every stored file, by its name."""
    root = Path(default_storage.path(""))
    found = sorted(file for file in root.rglob("*") if file.is_file())
    return {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest() for file in found}


def holding_bytes(piece: bytes) -> list[str]:
    """The names of the files in which these bytes stand."""
    root = Path(default_storage.path(""))
    return [str(file.relative_to(root)) for file in root.rglob("*") if file.is_file() and piece in file.read_bytes()]


def of_others(tables: dict[str, list[str]], their_ids: Iterable[Any], left: Any) -> dict[str, set[str]]:
    """The rows that name somebody else, and not who left."""
    ids = [str(each) for each in their_ids]
    return {
        table: {row for row in rows if str(left) not in row and any(each in row for each in ids)}
        for table, rows in tables.items()
        if table not in MOVING
    }
