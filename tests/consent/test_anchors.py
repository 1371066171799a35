"""Anchors: a database that was restored from an older backup is not served, nor one whose key is gone."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pytest_django import DjangoCaptureOnCommitCallbacks

import verify_receipt
from consent import anchors, audit, gate, keys, ledger, recovery, withdrawal
from consent.ledger import Entry
from consent.models import Decision, Grant, LedgerLeaf, Likeness, Withdrawal
from consent.rules import Claim, Point
from consent.withdrawal import Scope
from socialvideo.lib.errors import Problem
from tests import factories
from tests.consent.conftest import Elsewhere

ROOT = Path(__file__).resolve().parents[2]
committed = pytest.mark.django_db(transaction=True)


def file() -> Path:
    """Where the anchor beside the database lies."""
    place: Path = settings.LEDGER_ANCHOR_FILE
    return place


def stored() -> list[str]:
    """The anchors in storage."""
    return default_storage.listdir("anchors")[1] if default_storage.exists("anchors") else []


def anchored() -> int:
    """How many leaves the newest anchor has."""
    anchor = anchors.newest()
    return anchor.size if anchor else 0


def use(grant: Grant, times: int = 1) -> None:
    """Let the grantee open something, so often."""
    for _ in range(times):
        claim = Claim(grant.subject_id, grant.id, grant.epoch)
        gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[claim], effect=lambda _: None)


def withdraw(grant: Grant) -> Withdrawal:
    """Withdraw everything."""
    return withdrawal.withdraw(subject=grant.subject, scope=Scope())


def two() -> Grant:
    """A grant, really committed."""
    return factories.grant(factories.enrolled(), factories.person())


@contextmanager
def another_key(tmp_path: Path) -> Iterator[None]:
    """Run with a key file of another machine."""
    own = settings.LEDGER_KEY_FILE
    settings.LEDGER_KEY_FILE = tmp_path / "another"
    keys.private_key.cache_clear()
    yield
    settings.LEDGER_KEY_FILE = own
    keys.private_key.cache_clear()


def place(name: str) -> str:
    """The address of a database on the tests' server."""
    known = connection.settings_dict
    parts = {"user": known["USER"], "password": known["PASSWORD"], "host": known["HOST"], "port": known["PORT"]}
    return make_conninfo("", dbname=name, **{key: value for key, value in parts.items() if value})


class Backup:
    """A real copy of the test's database, made by the server, to which the connection can be turned."""

    def __init__(self) -> None:
        self.own, self.name = connection.settings_dict["NAME"], "h_backup"

    def admin(self, statement: str, *names: str) -> None:
        """Run a statement about databases."""
        with psycopg.connect(place("postgres"), autocommit=True) as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def take(self) -> None:
        """Copy the database as it is now."""
        self.turn(self.own)
        self.admin("CREATE DATABASE {} TEMPLATE {}", self.name, self.own)

    def restore(self) -> None:
        """From here on the copy is the database."""
        self.turn(self.name)

    def turn(self, name: str) -> None:
        """Let the process speak to this database."""
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = name


@pytest.fixture
def backup() -> Iterator[Backup]:
    """A backup, dropped in the end; the connection is turned back to the test's own database."""
    made = Backup()
    yield made
    made.turn(made.own)
    made.admin("DROP DATABASE IF EXISTS {} WITH (FORCE)", made.name)


def started(what: list[str], name: str) -> tuple[int, str]:
    """Start a process of the house on a database; return its exit status and what it says."""
    given = {"DATABASE_URL": place(name), "VAR": os.environ["VAR"], "DJANGO_SETTINGS_MODULE": "socialvideo.settings"}
    done = subprocess.run(
        [sys.executable, *what], env={**os.environ, **given}, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


# Keeping.


@committed
def test_the_anchor_has_a_withdrawal_when_its_reply_is_sent() -> None:
    grant = two()
    leaf = withdraw(grant).leaf_id
    assert anchored() == leaf + 1
    kept = json.loads(file().read_bytes())
    assert (kept["tree_size"], keys.holds(kept)) == (leaf + 1, True)
    assert stored() == [f"ledger-{leaf + 1:015d}.json"]
    with default_storage.open(f"anchors/{stored()[0]}") as copy:
        assert json.loads(copy.read()) == kept


@committed
@pytest.mark.parametrize(("uses", "size"), [(1, 1), (62, 1), (63, 64), (64, 64)])
def test_uses_move_the_anchor_every_64_leaves_only(uses: int, size: int) -> None:
    use(two(), uses)
    assert (ledger.size(), anchored()) == (uses + 1, size)


def test_what_is_rolled_back_is_not_anchored(
    grant: Grant, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError), transaction.atomic():
        ledger.append([Entry("test", {})])
        raise RuntimeError
    assert (anchored(), file().exists()) == (0, False)


@committed
def test_an_anchor_never_goes_back() -> None:
    grant = two()
    withdraw(grant)
    kept = file().read_bytes()
    anchors.keep(size=1, root=ledger.inclusion(0, 1).root)
    assert (file().read_bytes(), stored()) == (kept, [f"ledger-{ledger.size():015d}.json"])


@committed
def test_processes_that_anchor_at_once_leave_the_newest(elsewhere: Elsewhere) -> None:
    grants = [two() for _ in range(4)]
    for running in [elsewhere(lambda grant=grant: withdraw(grant)) for grant in grants]:
        running.result(20)
    assert anchored() == ledger.size() == 8
    assert json.loads(file().read_bytes())["tree_size"] == 8


@committed
def test_one_place_is_enough_but_with_none_the_withdrawal_is_told_as_unanchored(monkeypatch: Any) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    first, second = two(), two()
    monkeypatch.setattr(anchors, "_write_storage", full)
    withdraw(first)
    assert anchored() == 3
    monkeypatch.setattr(anchors, "_write_file", full)
    with pytest.raises(Problem) as told:
        withdraw(second)
    assert (told.value.status_code, told.value.code) == (503, "anchor_unavailable")
    assert set(Grant.objects.values_list("state", flat=True)) == {"withdrawn"}


# Starting.


@committed
def test_a_database_that_goes_on_from_its_anchor_is_served() -> None:
    grant = two()
    use(grant, 3)
    withdraw(grant)
    anchors.check()
    use(two())
    anchors.guard()
    assert anchors.renew() == ledger.size() == anchored()


@committed
def test_a_database_without_leaves_or_without_an_anchor_is_served(caplog: pytest.LogCaptureFixture) -> None:
    anchors.check()
    use(two())
    shutil.rmtree(settings.MEDIA_ROOT / "anchors")
    file().unlink()
    anchors.check()
    assert "no anchor of the ledger was kept" in caplog.text
    assert anchors.renew() == anchored() == 2


HALL = {
    "wsgi": ["-c", "import socialvideo.wsgi; print('SERVING')"],
    "asgi": ["-c", "import socialvideo.asgi; print('SERVING')"],
    "celery": ["-m", "celery", "-A", "socialvideo", "worker", "-P", "solo", "-Q", "none"],
    "command": ["manage.py", "ledger", "anchor"],
}


@committed
def test_a_restored_backup_is_refused_by_every_process_and_nothing_is_served(backup: Backup) -> None:
    grant = two()
    use(grant)
    backup.take()
    withdraw(grant)
    size = ledger.size()
    backup.restore()
    assert Grant.objects.get().state == "given"
    with pytest.raises(anchors.Refused, match=rf"has 2 leaves, but {size} were anchored .* older backup was restored"):
        anchors.check()
    for name, what in HALL.items():
        status, said = started(what, backup.name)
        assert (name, status) == (name, 1), said
        assert "manage.py ledger accept-loss --size 2" in said
        assert "SERVING" not in said


@committed
@pytest.mark.parametrize("name", ["wsgi", "asgi"])
def test_the_same_process_starts_on_the_right_database(name: str) -> None:
    withdraw(two())
    assert started(HALL[name], connection.settings_dict["NAME"]) == (0, "SERVING\n")


@committed
@pytest.mark.parametrize("lost", ["file", "storage"])
def test_either_anchor_is_enough_to_refuse(backup: Backup, lost: str) -> None:
    grant = two()
    backup.take()
    withdraw(grant)
    if lost == "file":
        file().unlink()
    else:
        shutil.rmtree(settings.MEDIA_ROOT / "anchors")
    backup.restore()
    with pytest.raises(anchors.Refused, match="has 1 leaves, but 2 were anchored"):
        anchors.check()


@committed
def test_a_restored_backup_that_went_on_in_another_way_is_refused(backup: Backup) -> None:
    grant = two()
    backup.take()
    withdraw(grant)
    backup.restore()
    with transaction.atomic():
        ledger.append([Entry("use", {"n": n}) for n in range(9)])
    with pytest.raises(SystemExit, match="differs within its first 2 leaves"):
        anchors.guard()


@committed
def test_a_restore_under_running_processes_is_noticed_by_the_next_withdrawal(backup: Backup) -> None:
    grant, other = two(), two()
    backup.take()
    withdraw(grant)
    kept = file().read_bytes()
    backup.restore()
    with pytest.raises(Problem) as told:
        withdrawal.withdraw(subject=other.subject, scope=Scope())
    assert told.value.code == "anchor_unavailable"
    assert file().read_bytes() == kept


@committed
@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"tree_size": 3}'])
def test_a_damaged_anchor_is_refused(damage: bytes) -> None:
    withdraw(two())
    file().write_bytes(damage)
    with pytest.raises(anchors.Refused, match="is no anchor of the ledger"):
        anchors.check()


@committed
def test_an_anchor_that_was_changed_is_refused() -> None:
    withdraw(two())
    file().write_bytes(file().read_bytes().replace(b'"tree_size":2', b'"tree_size":1'))
    with pytest.raises(anchors.Refused, match="was not signed by our key"):
        anchors.check()


# Keys.


@committed
def test_a_machine_without_the_ledgers_key_is_refused_and_makes_none(tmp_path: Path) -> None:
    use(two())
    with another_key(tmp_path), pytest.raises(anchors.Refused, match=r"is not at .*another.*new-key"):
        anchors.check()
    assert not (tmp_path / "another").exists()


@committed
def test_a_machine_with_another_key_is_refused(tmp_path: Path) -> None:
    use(two())
    with another_key(tmp_path):
        keys.private_key()
        with pytest.raises(anchors.Refused, match="holds another"):
            anchors.check()


@committed
def test_an_operator_who_lost_the_key_goes_on_with_a_new_one(tmp_path: Path) -> None:
    grant = two()
    old = keys.key_id()
    with another_key(tmp_path):
        call_command("ledger", "new-key", stdout=io.StringIO())
        anchors.check()
        leaf = json.loads(bytes(LedgerLeaf.objects.get(kind="key").body))
        assert (leaf["old_key_id"], leaf["key_id"]) == (old, keys.key_id())
        withdraw(grant)
        assert anchored() == ledger.size() == 3
    with pytest.raises(anchors.Refused):
        anchors.check()


# The way forward.


@committed
def test_accepting_a_loss_ends_every_grant_and_likeness_and_then_starts_go_on(backup: Backup) -> None:
    grant, other = two(), two()
    backup.take()
    withdraw(grant)
    backup.restore()
    refused = file().read_bytes()
    out = io.StringIO()
    call_command("ledger", "accept-loss", "--size", "2", stdout=out)
    assert out.getvalue().startswith("2 grants ended, 2 likenesses erased")
    assert set(Grant.objects.values_list("state", "epoch")) == {("invalidated", 2)}
    assert not Likeness.objects.exclude(key=None).exists()
    anchors.check()
    with pytest.raises(gate.Denied):
        use(other)
    assert Decision.objects.get().verdict == "denied"
    assert anchored() == 3
    assert refused in [aside.read_bytes() for aside in file().parent.glob("ledger-anchor-aside-*.json")]


@committed
def test_a_loss_stands_in_the_ledger_for_every_auditor(backup: Backup) -> None:
    grant = two()
    backup.take()
    withdraw(grant)
    backup.restore()
    recovery.accept_loss(size=1)
    leaf = json.loads(bytes(LedgerLeaf.objects.get(kind="loss").body))
    assert leaf["grants"] == [{"grant": str(grant.id), "ended_epoch": 1}]
    pem = keys.public_pem().encode()
    ledger_of = io.StringIO()
    audit.export(ledger_of)
    assert "holds" in verify_receipt.check_log(ledger_of.getvalue(), pem)
    with transaction.atomic():
        ledger.append([Entry("use", {"grant": str(grant.id), "epoch": 1, "verdict": "allowed"})])
    ledger_of = io.StringIO()
    audit.export(ledger_of)
    with pytest.raises(verify_receipt.Wrong, match="after the withdrawal"):
        verify_receipt.check_log(ledger_of.getvalue(), pem)


@committed
@pytest.mark.parametrize("size", [0, 2])
def test_a_loss_is_not_accepted_by_mistake(size: int) -> None:
    two()
    with pytest.raises(CommandError, match="has 1 leaves"):
        call_command("ledger", "accept-loss", "--size", str(size))
    assert (Grant.objects.get().state, LedgerLeaf.objects.count()) == ("given", 1)


@committed
def test_many_grants_are_ended_in_leaves_of_some_hundred(monkeypatch: Any) -> None:
    monkeypatch.setattr(recovery, "IN_A_LEAF", 2)
    ended = [two() for _ in range(5)]
    assert recovery.accept_loss(size=5).grants == 5
    bodies = [json.loads(bytes(leaf.body)) for leaf in LedgerLeaf.objects.filter(kind="loss").order_by("index")]
    named = [grant["grant"] for body in bodies for grant in body["grants"]]
    assert (len(bodies), sorted(named)) == (3, sorted(str(grant.id) for grant in ended))
