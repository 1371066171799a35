"""Uploads, and the making of a video's renditions."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person
from socialvideo.lib.ids import new_id
from worker.models.videos import Video
from worker.rules import LadderStatus, UploadStatus


class Upload(models.Model):
    """One file that a person sends in parts, and what becomes of it. Its owner sees it from the first.

    ``digest`` is the SHA-256 that was declared, ``received`` how many bytes are stored: what is in the file behind them
    counts for nothing. ``fence`` is the number of the newest request that writes, and later of the newest run.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="uploads", db_index=False)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in UploadStatus], default=UploadStatus.RECEIVING
    )
    name = models.CharField(max_length=120, blank=True)
    media_type = models.CharField(max_length=60)
    size_bytes = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    digest = models.BinaryField(max_length=32)
    file = models.CharField(max_length=80, blank=True)
    """Empty once the bytes are removed."""
    multipart = models.CharField(max_length=300, blank=True)
    """What S3 calls the upload of an object in parts, for bytes that go there without passing here."""
    progress = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    failure_code = models.CharField(max_length=40, blank=True)
    failure_detail = models.CharField(max_length=300, blank=True)
    video = models.OneToOneField(Video, on_delete=models.PROTECT, null=True, related_name="upload")
    created_at = models.DateTimeField(db_default=Now())
    touched_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """What is ready has its video, what ended without one says why, and nothing holds more than was declared."""

        indexes = [
            models.Index(F("owner"), F("id").desc(), name="upload_by_owner"),
            models.Index(
                fields=["status", "touched_at"], condition=Q(status__in=["receiving", "processing"]), name="upload_open"
            ),
            models.Index(
                fields=["ended_at"], condition=Q(ended_at__isnull=False) & ~Q(file=""), name="upload_with_bytes"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(size_bytes__gt=0, received__lte=F("size_bytes")), name="upload_in_size"),
            models.CheckConstraint(condition=~Q(status="ready") | Q(video__isnull=False), name="upload_ready"),
            models.CheckConstraint(
                condition=Q(status__in=["receiving", "processing"]) ^ Q(ended_at__isnull=False), name="upload_ends"
            ),
            models.CheckConstraint(
                condition=~Q(status="processing") | Q(received=F("size_bytes")), name="upload_processing_is_whole"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["rejected", "failed"]) | ~Q(failure_code=""), name="upload_ended_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.id} ({self.status})"


class Ladder(models.Model):
    """The making of a video's renditions out of ``source``: the file that was received, or the film that was sealed."""

    video = models.OneToOneField(Video, on_delete=models.PROTECT, primary_key=True, related_name="ladder")
    source = models.CharField(max_length=80)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in LadderStatus], default=LadderStatus.QUEUED
    )
    progress = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    failure_code = models.CharField(max_length=40, blank=True)
    sent_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One that failed says why; a running one has a lease."""

        indexes = [
            models.Index(
                fields=["status", "sent_at"], condition=Q(status__in=["queued", "in_progress"]), name="ladder_open"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(status="failed") | ~Q(failure_code=""), name="ladder_failed_says_why"),
            models.CheckConstraint(
                condition=~Q(status="in_progress") | Q(lease_until__isnull=False), name="ladder_running_has_lease"
            ),
        ]

    def __str__(self) -> str:
        return f"ladder of {self.video_id} ({self.status})"
