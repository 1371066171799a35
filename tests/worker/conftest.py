"""Folders of one's own for the bytes, people with grants, a job to which things can happen, and who uploads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Person
from consent import permits
from consent.models import Grant
from tests import factories
from tests.worker import sending
from tests.worker.footage import clip
from tests.worker.runs import Happening
from tests.worker.sending import Declared
from worker import jobs, pipeline
from worker.models import Job


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


@pytest.fixture
def job(portrait_grant: Grant, portrayed: Person, requester: Person) -> Job:
    """A queued job that can really be rendered."""
    return factories.job(requester, portrayed)


@pytest.fixture
def between_steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[Happening], None]:
    """Let something happen once, when the rendering is half done."""

    def arrange(happening: Happening) -> None:
        report, happened = jobs.report, []

        def reported(claimed: jobs.Claimed, progress: int) -> None:
            if progress >= 50 and not happened:
                happened.append(happening())
            report(claimed, progress)

        monkeypatch.setattr(jobs, "report", reported)

    return arrange


@pytest.fixture
def before_the_seal(monkeypatch: pytest.MonkeyPatch) -> Callable[[Happening], None]:
    """Let something happen when all is rendered and stored, before the seal."""

    def arrange(happening: Happening) -> None:
        spend = permits.spend

        def spent(*args: object, **kwargs: object) -> object:
            happening()
            return spend(*args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(permits, "spend", spent)

    return arrange


@pytest.fixture
def fake_engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Put another engine in the place of the preview."""
    return lambda engine: monkeypatch.setitem(pipeline.ENGINES, "preview", engine)  # type: ignore[arg-type]


@pytest.fixture
def folders(tmp_path: Path, settings: Settings) -> Path:
    """Empty folders for received bytes and for storage."""
    settings.UPLOADS = tmp_path / "uploads"
    options = {"OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], **options}}
    return tmp_path


@pytest.fixture
def api(folders: Path, requester: Person) -> APIClient:
    """The uploader's client."""
    return factories.client(requester)


@pytest.fixture
def film() -> bytes:
    """A small film."""
    return clip()


@pytest.fixture
def begun(api: APIClient, film: bytes) -> Declared:
    """An upload of the film, of which nothing was sent yet."""
    return sending.begin(api, film)


@pytest.fixture
def stored(folders: Path) -> Callable[[], dict[str, bytes]]:
    """What lies in the folders, by name."""

    def found() -> dict[str, bytes]:
        files = (file for file in folders.rglob("*") if file.is_file())
        return {file.relative_to(folders).as_posix(): file.read_bytes() for file in files}

    return found


@pytest.fixture
def small_steps(monkeypatch: Any) -> None:
    """Store every 256 bytes."""
    monkeypatch.setattr("worker.uploads.parts.STEP", 256)
    monkeypatch.setattr("worker.uploads.arriving.PIECE", 100)
