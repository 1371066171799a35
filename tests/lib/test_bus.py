"""The bus: what has ended is told when, and only when, it is committed."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from socialvideo.lib import bus

ONE, TWO = UUID(int=1), UUID(int=2)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ear(transactional_db: None) -> Iterator[psycopg.Connection]:
    """A connection that listens, as the stream server's does."""
    options = {key: value for key, value in connection.get_connection_params().items() if key in psycopg_names()}
    with psycopg.connect(**options, autocommit=True) as listening:
        listening.execute(f"LISTEN {bus.CHANNEL}")
        yield listening


def psycopg_names() -> set[str]:
    """The parts of Django's settings that libpq takes."""
    return {"dbname", "user", "password", "host", "port"}


def heard(ear: psycopg.Connection, seconds: float = 0.2) -> list[str]:
    """What is heard within a while."""
    return [notice.payload for notice in ear.notifies(timeout=seconds, stop_after=2)]


def test_what_ended_is_told_at_commit(ear: psycopg.Connection) -> None:
    with transaction.atomic():
        bus.announce("grant", [ONE, TWO])
        assert heard(ear, 0.05) == []
    assert heard(ear) == [f"grant:{ONE}", f"grant:{TWO}"]


def test_what_was_rolled_back_is_never_told(ear: psycopg.Connection) -> None:
    with transaction.atomic():
        bus.announce("grant", [ONE])
        transaction.set_rollback(True)
    assert heard(ear, 0.05) == []


def test_nothing_to_tell_is_no_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        bus.announce("grant", [])


def test_ten_thousand_ids_are_one_statement(ear: psycopg.Connection, django_assert_num_queries: object) -> None:
    ids = [UUID(int=n) for n in range(10_000)]
    with django_assert_num_queries(1):  # type: ignore[operator]
        bus.announce("video", ids)
    assert len([notice.payload for notice in ear.notifies(timeout=5, stop_after=10_000)]) == 10_000
