"""What the house starts: the signer has its own process, is told nothing of the database, and may live elsewhere."""

from pathlib import Path

import pytest

from socialvideo.embedded.processes import House

HOUSE = House(Path("/nowhere"), 1, 2, 3)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing names a signer on another host."""
    monkeypatch.delenv("DISCOVERY_SIGNER_URL", raising=False)


def test_the_signer_is_started_without_the_secrets_of_the_others() -> None:
    signer = HOUSE.signer()
    assert "accounts.discovery.signer:application" in signer.command
    assert signer.command[signer.command.index("--port") + 1] == "3"
    assert {signer.env[name] for name in ("DATABASE_URL", "BROKER_URL", "SECRET_KEY")} == {""}


def test_everybody_else_is_told_where_the_signer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert HOUSE.api().env["DISCOVERY_SIGNER_URL"] == "http://127.0.0.1:3"
    monkeypatch.setenv("DISCOVERY_SIGNER_URL", "http://10.0.0.9:7000")
    assert HOUSE.worker().env["DISCOVERY_SIGNER_URL"] == "http://10.0.0.9:7000"
