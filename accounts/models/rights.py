"""Leaving, with what is erased then, and the archives that people ask for of what we hold about them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


class Departure(models.Model):
    """Somebody left. From ``erase_at`` on a worker erases what is theirs, step by step; this row is the truth of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="departures")
    token_digest = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the token by which who left reads the report."""
    left_at = models.DateTimeField(db_default=Now())
    erase_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    removed = models.JSONField(default=dict)
    """How much there was of each kind: when they left, or before the first step if that was more."""
    kept = models.JSONField(default=list)
    steps = ArrayField(models.CharField(max_length=80), default=list)
    """Which steps are done."""
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often the last letter was refused."""
    due_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        """One open departure a person; it is finished or cancelled, and finished only after it was counted."""

        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(cancelled_at=None, finished_at=None), name="departure_one_open"
            ),
            models.CheckConstraint(condition=Q(cancelled_at=None) | Q(finished_at=None), name="departure_one_end"),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(steps__contains=["counted"]), name="departure_finished_was_counted"
            ),
            models.CheckConstraint(condition=Q(erase_at__gte=F("left_at")), name="departure_erases_later"),
        ]
        indexes = [
            models.Index(
                fields=["erase_at"], condition=Q(cancelled_at=None, finished_at=None), name="departure_to_erase"
            )
        ]

    def __str__(self) -> str:
        return f"departure {self.id}"

    @property
    def state(self) -> str:
        """Where it stands, in a word."""
        if self.cancelled_at or self.finished_at:
            return "cancelled" if self.cancelled_at else "erased"
        return "erasing" if self.steps else "waiting"


class Export(models.Model):
    """An archive of everything about one account. Its file is sealed under ``key``; without that it is noise."""

    class State(models.TextChoices):
        """How far it is."""

        QUEUED = "queued"
        IN_PROGRESS = "in_progress"
        COMPLETED = "completed"
        FAILED = "failed"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="exports")
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    file = models.CharField(max_length=80, blank=True)
    """Written down before it is stored, so that what a killed worker leaves is found."""
    key = models.BinaryField(max_length=32, null=True)
    size_bytes = models.PositiveBigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """One is made at a time; what is completed can be opened, and nothing else can."""

        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=["queued", "in_progress"]), name="export_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="completed", key__isnull=False, size_bytes__gt=0, expires_at__isnull=False)
                | (~Q(state="completed") & Q(key=None)),
                name="export_completed_has_its_key",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="export_progress_percent"),
        ]
        indexes = [models.Index(fields=["person", "-id"], name="export_of_person")]

    def __str__(self) -> str:
        return f"export {self.id} ({self.state})"
