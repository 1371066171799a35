"""Names that are not free: those that staff protect from look-alikes, and those of people who left."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


class ProtectedName(models.Model):
    """What a name of ``person`` looks like: nobody else may have a name that looks the same."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="protected_names")
    skeleton = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """A skeleton is never empty: it would be like every name without letters."""

        constraints = [models.CheckConstraint(condition=~Q(skeleton=""), name="protected_name_seen")]

    def __str__(self) -> str:
        return f"{self.skeleton} of {self.person_id}"


class RetiredHandle(models.Model):
    """A handle whose person left; for a while nobody else may take it and be mistaken for them.

    Which one it is, is not written: only who asks for it learns that it is not free.
    """

    digest = models.BinaryField(max_length=32, primary_key=True)
    """HMAC-SHA-256 of the handle under SEAL_KEY."""
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"a handle, until {self.free_at}"
