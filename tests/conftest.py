"""Starts the tests' PostgreSQL once, and gives every test people, pictures and a way to call the API."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import TransactionTestCase

from accounts.discovery.signer import Keys, Limit, Signer
from accounts.models import Person
from consent.models import Grant, LedgerHead
from socialvideo.embedded.control import Server
from tests import emptying, factories
from tests.accounts import discovering
from tests.settings import CLUSTER
from worker.models import Video


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Start the cluster before pytest-django makes its database on it; an external DATABASE_URL is used as it is."""
    if CLUSTER.url("socialvideo") != os.environ["DATABASE_URL"]:
        yield
        return
    server = Server(CLUSTER)
    server.prepare()
    server.start()
    server.wait_ready()
    _never_vacuum()
    yield
    server.stop()


@pytest.fixture(autouse=True, scope="session")
def emptied_quickly() -> Iterator[None]:
    """Empty after a test what it filled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.empty_what_has_rows)
        yield


def _never_vacuum() -> None:
    """Keep the planner from learning, amid tests that roll back, that tables are empty: its plans take minutes then."""
    with psycopg.connect(CLUSTER.url("postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")


def pytest_sessionfinish() -> None:
    """Remove the run's folder of media and keys."""
    shutil.rmtree(os.environ["VAR"], ignore_errors=True)


@pytest.fixture(autouse=True)
def ledger_head(request: pytest.FixtureRequest, _django_db_marker: None) -> None:
    """Begin with an empty ledger and no anchor of another test.

    The flush after a test with real commits empties every table, also of the row that the migrations wrote.
    """
    shutil.rmtree(settings.MEDIA_ROOT / "anchors", ignore_errors=True)
    settings.LEDGER_ANCHOR_FILE.unlink(missing_ok=True)
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        request.getfixturevalue("transactional_db")
        LedgerHead.objects.get_or_create(id=1)


@pytest.fixture(scope="session")
def signer() -> Iterator[Signer]:
    """The real signer of contact discovery, listening on a port of its own."""
    keys = Keys(Path(os.environ["VAR"]) / "discovery-keys")
    application = Signer(keys, settings.DISCOVERY_SIGNER_TOKEN, Limit(10**9))
    with discovering.listening(application) as url:
        settings.DISCOVERY_SIGNER_URL = url
        yield application


@pytest.fixture
def subject(db: None) -> Person:
    """A person with a likeness."""
    return factories.enrolled("eileen")


@pytest.fixture
def requester(db: None) -> Person:
    """Somebody who would like to make videos."""
    return factories.person("sam")


@pytest.fixture
def stranger(db: None) -> Person:
    """Somebody who knows neither of them."""
    return factories.person("kim")


@pytest.fixture
def moderator(db: None) -> Person:
    """Somebody who moderates."""
    return factories.person("mona", is_staff=True, is_superuser=True)


@pytest.fixture
def grant(subject: Person, requester: Person) -> Grant:
    """The subject's standing grant for the requester: entertainment, public, five uses."""
    return factories.grant(subject, requester)


@pytest.fixture
def video(grant: Grant, subject: Person, requester: Person) -> Video:
    """A sealed video of the subject by the requester."""
    return factories.video(requester, subject)
