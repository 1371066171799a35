"""How often somebody tried and failed."""

from django.db import models


class Attempt(models.Model):
    """Failed tries of one kind on one thing: a handle, a network address, a second factor."""

    bucket = models.CharField(max_length=80, primary_key=True)
    failures = models.PositiveIntegerField()
    last_at = models.DateTimeField()
    locked_until = models.DateTimeField()

    class Meta:
        """What is kept has failed; counts that are stale are dropped by time."""

        constraints = [
            models.CheckConstraint(condition=models.Q(locked_until__gte=models.F("last_at")), name="attempt_locks_on")
        ]
        indexes = [models.Index(fields=["last_at"], name="attempt_by_time")]

    def __str__(self) -> str:
        return f"{self.bucket}: {self.failures}"
