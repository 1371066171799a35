"""A folder of one's own for the bytes, portrayed people with their grants, and a job to which things can happen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import Person
from consent import permits
from consent.models import Grant
from tests import factories
from tests.worker.runs import Happening
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
