"""What a cluster knows without a server: folders, URL, refusals."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from socialvideo.embedded import binaries
from socialvideo.embedded.cluster import Cluster, embedded_url
from socialvideo.embedded.errors import ClusterError


def test_the_url_is_the_same_for_the_same_folder_and_starts_nothing(var: Path) -> None:
    url = embedded_url(var)
    assert url == embedded_url(var) == Cluster(var / "." / "pg").url("socialvideo")
    assert url != embedded_url(var / "other")
    assert list(var.iterdir()) == []
    assert not Cluster(var / "pg").socket_folder().exists()


def test_a_url_parser_finds_the_socket_folder_in_the_host(var: Path) -> None:
    parts = urlsplit(embedded_url(var))
    assert unquote(parts.hostname or "") == str(Cluster(var / "pg").socket_folder())
    assert (parts.port, parts.path, parts.username) == (5432, "/socialvideo", "socialvideo")


@pytest.mark.parametrize("base", ["/tmp/" + "deep/" * 30, "/var/folders/Xy/T"])
def test_a_temporary_folder_that_is_long_or_has_capitals_is_not_used(
    var: Path, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", base)
    assert Cluster(var / "pg").socket_folder().parent == Path("/tmp")


def test_settings_can_ask_for_the_url_without_loading_a_driver() -> None:
    program = "import sys, socialvideo.embedded.cluster\nsys.exit('psycopg' in sys.modules or 'django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2]).returncode == 0


def test_a_socket_folder_that_is_a_link_is_refused(var: Path) -> None:
    cluster = Cluster(var / "pg")
    cluster.socket_folder().symlink_to(var)
    try:
        with pytest.raises(ClusterError, match="another user"):
            cluster.initialise()
        assert not (var / "pg").exists()
    finally:
        cluster.socket_folder().unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_socket_folder_of_another_user_is_refused(var: Path) -> None:
    cluster = Cluster(var / "pg")
    cluster.socket_folder().mkdir(mode=0o700)
    os.chown(cluster.socket_folder(), 12345, 12345)
    with pytest.raises(ClusterError, match="another user"):
        cluster.initialise()
    assert cluster.socket_folder().stat().st_uid == 12345
    assert not (var / "pg").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(var: Path) -> None:
    (var / "pg").mkdir()
    (var / "pg" / "letter").write_text("dear")
    with pytest.raises(ClusterError, match="not empty"):
        Cluster(var / "pg").initialise()
    assert [each.name for each in (var / "pg").iterdir()] == ["letter"]


def test_a_command_before_initialise_is_refused(var: Path) -> None:
    with pytest.raises(ClusterError, match="call initialise"):
        Cluster(var / "pg").command()


def test_without_any_postgresql_the_ways_out_are_named(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(var))
    with pytest.raises(ClusterError, match=r"PostgreSQL 15 or newer is not found \(found: none\).*PG_BIN"):
        Cluster(var / "pg").initialise()
    assert not (var / "pg").exists()


def test_too_old_a_postgresql_is_passed_over(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("postgres", "initdb"):
        (var / program).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 9.6.24'\n")
        (var / program).chmod(0o755)
    monkeypatch.setenv("PG_BIN", str(var))
    with pytest.raises(ClusterError, match="found: 9 in"):
        binaries.find()


def test_finding_the_wheel_does_not_import_it() -> None:
    program = (
        "import sys\nfrom socialvideo.embedded import binaries\n"
        "list(binaries._candidates())\nsys.exit(binaries.WHEEL in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2]).returncode == 0
