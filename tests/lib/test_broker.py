"""PostgreSQL as the broker: installed once, and again without harm."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg.conninfo import make_conninfo

from socialvideo.lib import broker

NAMES = ("user", "password", "host", "port")


@pytest.fixture
def fresh(transactional_db: None, settings: Any) -> Iterator[str]:
    """A database of its own, without the broker."""
    server = {name: value for name, value in connection.get_connection_params().items() if name in NAMES}
    with psycopg.connect(make_conninfo(**server, dbname="postgres"), autocommit=True) as maintenance:
        maintenance.execute("DROP DATABASE IF EXISTS broker_test WITH (FORCE)")
        maintenance.execute("CREATE DATABASE broker_test TEMPLATE template0")
        settings.DATABASE_URL = make_conninfo(**server, dbname="broker_test")
        yield settings.DATABASE_URL
        maintenance.execute("DROP DATABASE broker_test WITH (FORCE)")


def test_it_is_installed_once_and_the_second_time_finds_it_there(fresh: str) -> None:
    assert broker.install() is True
    assert broker.install() is False
    with psycopg.connect(fresh) as there:
        there.execute("SELECT pgmq.create('q')")
        there.execute("SELECT pgmq.send('q', '{\"id\": 1}')")
        message = there.execute("SELECT message FROM pgmq.read('q', 30, 1)").fetchone()
        extensions = there.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
    assert message == ({"id": 1},)
    assert extensions == [("plpgsql",)]


def test_every_queue_is_there_and_tells_of_its_messages_before_any_process_starts(fresh: str) -> None:
    broker.install()
    with psycopg.connect(fresh) as there:
        made = there.execute("SELECT queue_name FROM pgmq.list_queues() ORDER BY 1").fetchall()
        told = there.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname ~ 'notify' ORDER BY 1")
        assert [name for (name,) in made] == ["default", "generation", "media"] == broker.queues()
        assert [table for (table,) in told] == ["pgmq.q_default", "pgmq.q_generation", "pgmq.q_media"]


@pytest.mark.parametrize(
    ("url", "ours"), [("pgmq://", True), ("redis://h:6379/0", False), ("amqp://h", False), ("memory://", False)]
)
def test_the_database_is_the_broker_unless_another_is_named(settings: Any, url: str, ours: bool) -> None:
    settings.BROKER_URL = url
    assert broker.is_ours() is ours


def test_prepare_installs_it_and_may_be_repeated(fresh: str, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.BROKER_URL = "pgmq://"
    call_command("prepare")
    call_command("prepare")
    assert capsys.readouterr().out == "database ready, broker installed\ndatabase ready\n"


def test_prepare_leaves_the_database_alone_when_another_broker_is_named(
    fresh: str, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.BROKER_URL = "redis://h:6379/0"
    call_command("prepare")
    assert capsys.readouterr().out == "database ready\n"
    with psycopg.connect(fresh) as there:
        assert there.execute("SELECT to_regnamespace('pgmq')").fetchone() == (None,)
