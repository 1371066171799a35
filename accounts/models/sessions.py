"""Signed-in devices."""

from django.db import models
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


class Session(models.Model):
    """One signed-in device. The token itself is never stored, only its SHA-256."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sessions")
    token_digest = models.BinaryField(max_length=32, unique=True)
    device = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    authenticated_at = models.DateTimeField(db_default=Now())
    """When its person last proved who they are: at the log-in, or by confirming it since."""
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A session ends after it begins."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="session_expires_later"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device or 'device'} of {self.person_id}"
