"""Fixtures of the contract."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.discovery import intake
from accounts.discovery.signer import Signer
from tests.contract import world as worlds
from tests.contract.world import World


@pytest.fixture(autouse=True)
def empty_storage(settings: Any, tmp_path: Path) -> None:
    """A folder of files of the test's own, so that what it stores can be counted."""
    folder = {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": folder}
    settings.UPLOADS = tmp_path.with_name(f"{tmp_path.name}-uploads")


@pytest.fixture
def world(db: None, signer: Signer) -> Iterator[World]:
    """A small world with one of everything, and the signer of contact discovery."""
    yield worlds.made()
    intake._waiting.clear()
