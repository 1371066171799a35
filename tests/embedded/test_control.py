"""A real PostgreSQL: started, asked, stopped, killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from socialvideo.embedded import binaries, unprivileged
from socialvideo.embedded.cluster import DATABASE, Cluster
from socialvideo.embedded.control import Server
from socialvideo.embedded.errors import ClusterError
from tests.embedded.conftest import eventually, processes_below, rows

WRITER = """
import sys, psycopg
connection = psycopg.connect(sys.argv[1], autocommit=True)
for number in range(1_000_000):
    connection.execute("INSERT INTO note VALUES (%s)", [number])
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""

BUSY = """
import sys, psycopg
psycopg.connect(sys.argv[1], autocommit=True).execute("DO $$ BEGIN LOOP END LOOP; END $$")
"""


def begin(server: Server) -> None:
    """Start a server with its default database."""
    server.start()
    server.wait_ready(30)
    server.ensure_database()


def test_a_server_starts_answers_and_keeps_rows_over_a_restart(server: Server) -> None:
    begin(server)
    server.ensure_database()
    rows(server, "CREATE TABLE note AS SELECT 7 AS number")
    server.stop()
    assert not server.is_running()
    assert not server.ready()
    begin(server)
    assert rows(server, "SELECT number FROM note") == [(7,)]


def test_the_settings_are_durable_by_default_and_fast_on_request(server: Server) -> None:
    names = "name IN ('fsync', 'synchronous_commit', 'jit', 'listen_addresses', 'server_encoding')"
    statement = f"SELECT setting FROM pg_settings WHERE {names} ORDER BY name"
    begin(server)
    assert [each for (each,) in rows(server, statement)] == ["on", "off", "", "UTF8", "on"]
    server.stop()
    fast = Server(Cluster(server.cluster.folder, fast=True))
    fast.start()
    try:
        fast.wait_ready(30)
        assert [each for (each,) in rows(fast, statement)] == ["off", "off", "", "UTF8", "off"]
    finally:
        fast.stop()


def test_acknowledged_rows_survive_a_killed_postmaster(server: Server) -> None:
    begin(server)
    rows(server, "CREATE TABLE note (number int)")
    command = [sys.executable, "-c", WRITER, server.cluster.url()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as writer:
        assert writer.stdout is not None
        assert eventually(lambda: rows(server, "SELECT count(*) >= 50 FROM note") == [(True,)], 20)
        os.kill(postmaster(server), signal.SIGKILL)
        acknowledged = len(writer.stdout.read().split())
    server.wait_ready(30)
    assert acknowledged >= 50
    [(found,)] = rows(server, "SELECT count(*) FROM note")
    assert found in (acknowledged, acknowledged + 1)


def test_a_server_that_outlived_its_starter_is_reaped(server: Server) -> None:
    begin(server)
    rows(server, "CREATE TABLE note AS SELECT 7 AS number")
    successor = Server(server.cluster)
    with pytest.raises(ClusterError, match="already runs"):
        successor.start()
    assert server.ready()
    successor.reap()
    assert not successor.is_running()
    assert processes_below(server.cluster.folder) == []
    begin(successor)
    assert rows(successor, "SELECT number FROM note") == [(7,)]
    successor.stop()


def test_busy_backends_of_a_killed_postmaster_are_reaped(server: Server) -> None:
    begin(server)
    command = [sys.executable, "-c", BUSY, server.cluster.url()]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as client:
        running = "SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %LOOP; END%'"
        assert eventually(lambda: rows(server, running) == [(True,)], 20)
        os.kill(postmaster(server), signal.SIGKILL)
        server.stop()
        assert processes_below(server.cluster.folder) != []
        server.prepare()
        assert processes_below(server.cluster.folder) == []
        client.kill()
    begin(server)
    assert server.ready()


def test_a_number_that_now_belongs_to_someone_else_is_never_signalled_and_stops_no_start(server: Server) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (server.cluster.folder / "postmaster.pid").write_text(f"{stranger.pid}\n")
        assert not server.is_running()
        server.prepare()
        begin(server)
        assert server.ready()
        assert stranger.poll() is None
        stranger.kill()


def test_a_kill_in_the_middle_of_initdb_leaves_nothing_half_made(var: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom socialvideo.embedded.cluster import Cluster\n"
        "Cluster(Path(sys.argv[1])).initialise()"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(var / "pg")], cwd=Path(__file__).parents[2]) as maker:
        assert eventually((var / "pg.new" / "PG_VERSION").exists, 20)
        maker.kill()
    assert not (var / "pg").exists()
    server = Server(Cluster(var / "pg"))
    try:
        begin(server)
        assert server.ready()
        assert not (var / "pg.new").exists()
    finally:
        server.stop()


def test_the_binaries_of_the_wheel_serve(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(wheel_folder()))
    server = Server(Cluster(var / "pg", fast=True))
    try:
        begin(server)
        assert str(rows(server, "SHOW server_version")[0][0]).startswith("18.")
    finally:
        server.stop()
    monkeypatch.delenv("PG_BIN")
    # The machine's own PostgreSQL may be another; the data folder decides.
    assert any("pginstall18" in word for word in server.cluster.command())


def test_a_cluster_folder_of_a_version_that_is_not_here_says_what_to_do(server: Server) -> None:
    (server.cluster.folder / "PG_VERSION").write_text("12\n")
    with pytest.raises(ClusterError, match=r"made by PostgreSQL 12, which is not found .*PG_BIN"):
        server.start()
    assert not server.is_running()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
def test_root_without_user_namespaces_serves_as_a_stand_in(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unprivileged, "NAMESPACE", ("false",))
    unprivileged.account.cache_clear()
    try:
        if unprivileged.account().prefix[0] != "setpriv":
            pytest.skip("no stand-in here")
        machine = list(Path("/usr/lib/postgresql").glob("*/bin"))
        if not machine:
            pytest.skip("the wheel may lie where the stand-in cannot go")
        monkeypatch.setenv("PG_BIN", str(max(machine)))
        server = Server(Cluster(var / "pg", fast=True))
        begin(server)
        owner = Path(f"/proc/{postmaster(server)}").stat().st_uid
        server.stop()
        assert owner == unprivileged.account().uid != 0
        hidden = Cluster(private(var) / "pg")
        with pytest.raises(ClusterError, match="cannot reach"):
            hidden.initialise()
        hidden.socket_folder().rmdir()
        assert not hidden.folder.exists()
    finally:
        unprivileged.account.cache_clear()


def private(var: Path) -> Path:
    """Return a folder that only its owner may enter."""
    folder = var / "private"
    folder.mkdir(mode=0o700)
    return folder


def wheel_folder() -> Path:
    """Return the programs of the wheel, which the project installs."""
    [folder] = [each for each in binaries._candidates() if "pginstall18" in str(each)]
    return folder


def postmaster(server: Server) -> int:
    """Return the process id of a running server."""
    return int((server.cluster.folder / "postmaster.pid").read_text().split()[0])


def test_the_url_is_one_that_the_driver_and_the_broker_understand(server: Server) -> None:
    kombu = pytest.importorskip("kombu")
    begin(server)
    url = server.cluster.url(DATABASE)
    broker = kombu.Connection(url.replace("postgresql://", "pgmq://"))
    with psycopg.connect(host=broker.hostname, port=broker.port, user=broker.userid, dbname=broker.virtual_host) as one:
        assert one.execute("SELECT current_database()").fetchone() == (DATABASE,)


def test_a_start_after_a_killed_postmaster_takes_seconds_at_most(server: Server) -> None:
    begin(server)
    os.kill(postmaster(server), signal.SIGKILL)
    server.stop()
    began = time.monotonic()
    server.start()
    server.wait_ready(30)
    assert time.monotonic() - began < 10
