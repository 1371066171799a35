"""Tables that every room leans on: replies kept for repeated requests, request counts, and what caches forget."""

from django.db import models
from django.db.models.functions import Now


class KeptReply(models.Model):
    """The first reply to a POST that carried an Idempotency-Key, kept for 24 hours."""

    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    request_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    location = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One key a caller; a reply is whole or still to come."""

        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="kept_reply_once"),
            models.CheckConstraint(
                condition=models.Q(status__isnull=True, body__isnull=True)
                | models.Q(status__isnull=False, body__isnull=False),
                name="kept_reply_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"


class RequestCount(models.Model):
    """How many requests a caller made in one window of one policy. An unlogged table: a crash may forget counts."""

    bucket = models.CharField(max_length=120, primary_key=True)
    window = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        """A count starts at one."""

        constraints = [models.CheckConstraint(condition=models.Q(count__gte=1), name="request_count_positive")]

    def __str__(self) -> str:
        return f"{self.bucket}: {self.count}"


class CachePurge(models.Model):
    """What shared caches are to forget, written in the commit that ended it; ``due_at`` is None once they have.

    Rows stay: their number marks what may be cached under a name from then on.
    """

    name = models.CharField(max_length=64)
    is_told = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True, db_default=Now())

    class Meta:
        """Those of a name, and what is due, are one index walk each."""

        indexes = [
            models.Index(fields=["name"], name="cache_purge_by_name"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="cache_purge_due"),
        ]

    def __str__(self) -> str:
        return self.name
