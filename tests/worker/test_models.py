"""What the tables refuse, whoever asks."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import Person
from consent.models import Grant
from tests import factories
from worker.models import Depiction, Job, Video


def refused(constraint: str, rows: type[Job] | type[Video], **change: object) -> None:
    before = rows.objects.values().get()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.objects.update(**change)
    assert rows.objects.values().get() == before


@pytest.fixture
def job(grant: Grant, subject: Person, requester: Person) -> Job:
    return factories.job(requester, subject)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("job_made_has_video", {"status": "completed", "progress": 100}),
        ("job_made_has_video", {"progress": 100}),
        ("job_failed_says_why", {"status": "failed"}),
        ("job_running_has_lease", {"status": "in_progress"}),
        ("job_fence_counts_attempts", {"attempts": 1}),
    ],
)
def test_a_job_that_cannot_be_is_refused(job: Job, constraint: str, change: dict[str, object]) -> None:
    refused(constraint, Job, **change)


def test_a_running_job_cannot_have_a_video(video: Video) -> None:
    refused("job_made_has_video", Job, status="in_progress", progress=50, lease_until=Now())


@pytest.mark.parametrize("change", [{"size_bytes": 0}, {"duration_ms": 0}])
def test_an_empty_video_is_refused(video: Video, change: dict[str, object]) -> None:
    refused("video_not_empty", Video, **change)


def test_a_permit_makes_one_video(video: Video) -> None:
    again_id = factories.new_id()
    again = Video.objects.values().get() | {"id": again_id, "lineage": [again_id]}
    with pytest.raises(IntegrityError, match="permit_id"), transaction.atomic():
        Video.objects.create(**again)
    assert Video.objects.count() == 1


def test_a_subject_is_depicted_once_in_a_video(video: Video, grant: Grant, subject: Person) -> None:
    with pytest.raises(IntegrityError, match="depiction_once"), transaction.atomic():
        Depiction.objects.create(video=video, subject=subject, grant=grant, epoch=1)
    assert Depiction.objects.count() == 1


def test_the_rows_name_themselves(video: Video, subject: Person) -> None:
    assert str(video) == f"video {video.id}"
    assert str(Depiction.objects.get()) == f"{subject.id} in {video.id}"
    assert str(Job.objects.get()) == f"job {video.job.id} (completed)"
