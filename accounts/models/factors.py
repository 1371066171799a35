"""The second factor: a shared secret for six digits (TOTP, RFC 6238), and recovery codes."""

from django.db import models
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


class Totp(models.Model):
    """A person's secret, sealed under SEAL_KEY. It counts from its confirmation on."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="totp")
    secret = models.BinaryField(max_length=64)
    last_step = models.BigIntegerField(default=0)
    """The newest time step whose digits were taken: each is taken once."""
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        """Steps are counted from 1970 on."""

        constraints = [models.CheckConstraint(condition=models.Q(last_step__gte=0), name="totp_step_counted")]

    def __str__(self) -> str:
        return f"second factor of {self.person_id}"


class RecoveryCode(models.Model):
    """One of the codes that stand in for a lost telephone, once. Of 80 random bits only the SHA-256 is stored."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        """Once a person."""

        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"recovery code of {self.person_id}"
