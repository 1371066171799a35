"""Jobs, the videos that they make, and who is depicted in each."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.functions import Now

from accounts.models import Person
from consent.journal import About
from consent.models import Grant, Permit, Veto
from consent.rules import Claim
from socialvideo.lib.ids import new_id
from worker.rules import MADE, Status

MADE_VALUES = sorted(status.value for status in MADE)


def vetoed(lineage: str) -> Exists:
    """Return whether somebody vetoed a video, or one that it is a remix of, by the column of its lineage."""
    sql: dict[str, Any] = {"template": "%(expressions)s)", "arg_joiner": " = ANY("}
    among = Func(F("video_id"), OuterRef(lineage), **sql, output_field=models.BooleanField())
    return Exists(Veto.objects.filter(among))


class Video(models.Model):
    """A sealed video. Its row exists only if its permit was spent in the same commit; its bytes may be purged."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="videos", db_index=False)
    remix_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="remixes")
    lineage = ArrayField(models.UUIDField(), default=list)
    permit = models.OneToOneField(Permit, on_delete=models.PROTECT, related_name="video")
    file = models.CharField(max_length=80)
    poster = models.CharField(max_length=80)
    content_digest = models.BinaryField(max_length=32)
    size_bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    fps = models.PositiveIntegerField()
    duration_ms = models.PositiveIntegerField()
    engine = models.CharField(max_length=20)
    is_preview = models.BooleanField()
    prompt = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    purged_at = models.DateTimeField(null=True)
    taken_down_at = models.DateTimeField(null=True)

    class Meta:
        """A video has bytes and lasts a while."""

        indexes = [
            models.Index(fields=["owner", "-id"], condition=Q(purged_at=None), name="video_by_owner"),
            GinIndex(fields=["lineage"], name="video_by_lineage"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(size_bytes__gt=0, duration_ms__gt=0), name="video_not_empty"),
            models.CheckConstraint(
                condition=Q(lineage__contains=[F("id")]) & (Q(remix_of=None) | Q(lineage__contains=[F("remix_of")])),
                name="video_lineage_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"video {self.id}"

    def claims(self) -> tuple[Claim, ...]:
        """Return what the gate is asked about this video: each depicted subject with the grant remembered."""
        return tuple(Claim(row.subject_id, row.grant_id, row.epoch) for row in self.depictions.all())

    def about(self) -> About:
        """Return what the gate needs to know of this video beside its claims."""
        return About(video_id=self.id, lineage=tuple(self.lineage), digest=bytes(self.content_digest))


class Depiction(models.Model):
    """One subject in one video, with the grant and the epoch on which that rests."""

    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="depictions", db_index=False)
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="depictions", db_index=False)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="depictions")
    epoch = models.PositiveIntegerField()

    class Meta:
        """A grant stands once in a video."""

        constraints = [models.UniqueConstraint(fields=["video", "grant"], name="depiction_once")]
        indexes = [models.Index(fields=["subject", "video"], name="depiction_by_subject")]

    def __str__(self) -> str:
        return f"{self.subject_id} in {self.video_id}"


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
    """A file that a run is about to store. No video names it until the seal, whose commit drops this row."""

    name = models.CharField(max_length=80, primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="unsealed")

    class Meta:
        """So that whatever a killed run leaves is found."""

        verbose_name_plural = "unsealed"

    def __str__(self) -> str:
        return self.name
