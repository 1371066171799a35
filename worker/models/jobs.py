"""Jobs, and the files of runs that have not sealed."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person
from consent.models import Permit
from socialvideo.lib.ids import new_id
from worker.models.uploads import Ladder, Upload
from worker.models.videos import Video
from worker.rules import MADE, Status

MADE_VALUES = sorted(status.value for status in MADE)


class Job(models.Model):
    """One run of the pipeline for one spec. This row is the truth; a broker's message is only a wake-up."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    requester = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="jobs")
    permit = models.OneToOneField(Permit, on_delete=models.PROTECT, related_name="job")
    spec = models.JSONField()
    status = models.CharField(max_length=20, choices=[(s.value, s.value) for s in Status], default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    failure_code = models.CharField(max_length=40, blank=True)
    failure_detail = models.CharField(max_length=300, blank=True)
    video = models.OneToOneField(Video, on_delete=models.PROTECT, null=True, related_name="job")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A job that made its video has it, and only then; a failed one says why; a running one has a lease."""

        indexes = [
            models.Index(fields=["requester", "-id"], name="job_by_requester"),
            models.Index(
                fields=["status", "sent_at"],
                condition=Q(status__in=["queued", "in_progress", "awaiting_review"]),
                name="job_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=MADE_VALUES, video__isnull=False, progress=100)
                | (~Q(status__in=MADE_VALUES) & Q(video=None, progress__lt=100)),
                name="job_made_has_video",
            ),
            models.CheckConstraint(condition=~Q(status="failed") | ~Q(failure_code=""), name="job_failed_says_why"),
            models.CheckConstraint(
                condition=~Q(status="in_progress") | Q(lease_until__isnull=False), name="job_running_has_lease"
            ),
            models.CheckConstraint(condition=Q(fence__gte=F("attempts")), name="job_fence_counts_attempts"),
        ]

    def __str__(self) -> str:
        return f"job {self.id} ({self.status})"


class Unsealed(models.Model):
    """A file that a run is about to store. No video names it until the commit that drops this row.

    The run is of a job, of an upload, or of the ladder of a video.
    """

    name = models.CharField(max_length=80, primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, related_name="unsealed")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, null=True, related_name="unsealed")
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, null=True, related_name="unsealed")

    class Meta:
        """So that whatever a killed run leaves is found."""

        verbose_name_plural = "unsealed"
        constraints = [
            models.CheckConstraint(
                condition=Q(job__isnull=False, upload=None, ladder=None)
                | Q(job=None, upload__isnull=False, ladder=None)
                | Q(job=None, upload=None, ladder__isnull=False),
                name="unsealed_of_one_run",
            )
        ]

    def __str__(self) -> str:
        return self.name
