"""Passkeys (WebAuthn credentials), and the challenges of their ceremonies."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


class Passkey(models.Model):
    """A public key whose private half never leaves a person's device. It opens nothing by itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="passkeys")
    credential_id = models.BinaryField(max_length=1023, unique=True)
    credential = models.BinaryField(max_length=4096)
    """The attested credential (WebAuthn §6.5.2): AAGUID, id and COSE public key."""
    name = models.CharField(max_length=60)
    sign_count = models.PositiveBigIntegerField(default=0)
    is_synced = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        """A passkey has a name."""

        constraints = [models.CheckConstraint(condition=~Q(name=""), name="passkey_named")]
        indexes = [models.Index(fields=["person", "-id"], name="passkey_of_person")]

    def __str__(self) -> str:
        return f"{self.name} of {self.person_id}"


class Ceremony(models.Model):
    """A challenge, good for one answer of one kind."""

    class Kind(models.TextChoices):
        """What its answer does."""

        SIGN_UP = "sign_up"
        LOG_IN = "log_in"
        REGISTER = "register"
        CONFIRM = "confirm"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    challenge = models.BinaryField(max_length=32)
    person_id = models.UUIDField(null=True)
    """Whose it is; for a sign-up the id that the person will have."""
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        """Only a log-in does not know yet whose it is."""

        verbose_name_plural = "ceremonies"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="log_in", person_id=None) | (~Q(kind="log_in") & Q(person_id__isnull=False)),
                name="ceremony_knows_whose",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("created_at")), name="ceremony_expires_later"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="ceremony_by_end")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
