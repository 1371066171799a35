"""Hot statements: PostgreSQL parses and plans each once a connection, for planning a page costs more than reading it.

They go around Django's cursor, which binds values on the client and prepares nothing. While statements are counted or
logged they go through it after all, so that tests and ``connection.queries`` see them, with their values.
"""

import re
from collections.abc import Iterable
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import JSONField, Model

_NAME = re.compile(r"%\((\w+)\)s")
# What a cursor that names no row begins after, and what comes before every row.
LAST, FIRST = UUID(int=2**128 - 1), UUID(int=0)

M = TypeVar("M", bound=Model)


def rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return all rows of a query that is planned anew, for these values."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def changed(statement: str, **values: Any) -> int:
    """Run a statement that is planned anew; return how many rows it wrote."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


class Statement:
    """One statement with parameters named ``%(name)s``. A parameter keeps its type; NULL says which by a cast.

    Plans are made for any values (they are prepared), so a condition that matters to a plan is not to hang on one:
    ``p.id < %(after)s`` with LAST for no cursor, never ``%(after)s IS NULL OR …``.
    """

    def __init__(self, query: str) -> None:
        """Take a statement as Django's cursor would take it (``%%`` for a percent sign)."""
        self.query = query
        self._names = list(dict.fromkeys(_NAME.findall(query)))
        places = {name: f"${place}" for place, name in enumerate(self._names, 1)}
        plain = _NAME.sub(lambda found: places[found[1]], query).replace("%%", "%")
        self._prepared = plain.encode()

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Run it on Django's connection, in its transaction if it has one; return all rows."""
        used = connections[DEFAULT_DB_ALIAS]
        if used.queries_logged or used.execute_wrappers:
            return rows(self.query, **values)
        used.ensure_connection()
        used.validate_no_broken_transaction()
        with used.wrap_database_errors, psycopg.RawCursor(cast(Any, used.connection)) as cursor:
            cursor.execute(self._prepared, [values[name] for name in self._names], prepare=True, binary=True)
            return cursor.fetchall()


def attached(instance: M, relation: str, rows: list[Any]) -> M:
    """Return an instance of which these rows were read beside it, as ``prefetch_related`` would have them found."""
    held = getattr(instance, relation).get_queryset()
    held._result_cache, held._prefetch_done = rows, True
    instance.__dict__.setdefault("_prefetched_objects_cache", {})[relation] = held
    return instance


class Columns(Generic[M]):
    """The columns of a model in a statement, and the instance that a row of them is; some may be left to be loaded."""

    def __init__(self, model: type[M], *, but: Iterable[str] = ()) -> None:
        """Take all columns but those named."""
        self._model = model
        self._fields = [field for field in model._meta.concrete_fields if field.name not in but]
        self._names = [field.attname for field in self._fields]
        self._converters: list[tuple[int, Any, Any]] | None = None

    def __len__(self) -> int:
        """Return how many columns there are."""
        return len(self._fields)

    def sql(self, alias: str) -> str:
        """Return the columns of a table of this alias."""
        return ", ".join(f'{alias}."{field.column}"{_cast(field)}' for field in self._fields)

    def instance(self, row: Iterable[Any]) -> M:
        """Return what the ORM would have made of these values."""
        values = list(row)
        if self._converters is None:
            every = ((at, field, field.get_db_converters(connection)) for at, field in enumerate(self._fields))
            self._converters = [(at, field, convert) for at, field, found in every for convert in found]
        for place, field, convert in self._converters:
            values[place] = convert(values[place], field, connection)
        return self._model.from_db(connection.alias, self._names, values)


def _cast(field: Any) -> str:
    """JSON is read by its field, out of a text."""
    return "::text" if isinstance(field, JSONField) else ""
