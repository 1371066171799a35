"""Hot statements: prepared, in Django's transaction, and seen by whoever counts statements."""

from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Person
from socialvideo.lib.prepared import Columns, Statement
from tests import factories

ECHO = Statement("SELECT %(one)s::text || '%%', %(other)s::int, %(one)s::text")
INSERT = Statement(
    "INSERT INTO accounts_mute (id, muter_id, muted_id) VALUES (%(id)s, %(one)s, %(other)s) RETURNING id"
)


@pytest.mark.parametrize("logged", [False, True])
def test_values_are_bound_by_name_however_often_they_are_named(db: None, logged: bool) -> None:
    connection.force_debug_cursor = logged
    try:
        assert [ECHO.rows(one="a'b%s", other=other) for other in (7, None)] == [
            [("a'b%s%", 7, "a'b%s")],
            [("a'b%s%", None, "a'b%s")],
        ]
    finally:
        connection.force_debug_cursor = False


def test_a_statement_is_prepared_once_and_counted_each_time(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fresh = Statement("SELECT 'prepared once', %(one)s::int")
    for number in range(3):
        assert fresh.rows(one=number) == [("prepared once", number)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%prepared once%%'", [])
        assert cursor.fetchone() == (1,)
    with django_assert_num_queries(2):
        fresh.rows(one=1), fresh.rows(one=2)


def test_it_belongs_to_the_transaction_and_raises_as_the_orm_does(requester: Person) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        INSERT.rows(id=UUID(int=1), one=requester.id, other=requester.id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_mute")
        assert cursor.fetchone() == (0,)


def test_columns_make_what_the_orm_makes(db: None) -> None:
    person = factories.person(bio="Surf", links=[{"label": "", "url": "https://example.org"}])
    columns = Columns(Person, but=["password"])
    (row,) = Statement(f"SELECT {columns.sql('p')} FROM accounts_person p WHERE p.id = %(id)s").rows(id=person.id)
    made, known = columns.instance(row), Person.objects.get(id=person.id)
    assert (made, made.get_deferred_fields()) == (known, {"password"})
    assert {name: getattr(made, name) for name in columns._names} == {
        name: getattr(known, name) for name in columns._names
    }
