"""A folder of one's own for the bytes, and portrayed people with their grants."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import Person
from consent.models import Grant
from tests import factories


@pytest.fixture
def media(tmp_path: Path, settings: Settings) -> Callable[[], list[str]]:
    """Store into an empty folder; the function lists the files of videos in it."""
    options = {"OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], **options}}
    videos = tmp_path / "media" / "videos"
    return lambda: sorted(file.relative_to(videos).as_posix() for file in videos.rglob("*") if file.is_file())


@pytest.fixture
def portrayed(media: Callable[[], list[str]], db: None) -> Person:
    """A person whose likeness can be rendered."""
    return factories.portrayed("collins")


@pytest.fixture
def portrait_grant(portrayed: Person, requester: Person) -> Grant:
    """Their standing grant for the requester."""
    return factories.grant(portrayed, requester)
