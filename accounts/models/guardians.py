"""Who answers for a teenager's likeness until they are 18."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


class Guardianship(models.Model):
    """``guardian`` confirms what ``ward`` grants of their likeness. The ward invites, the guardian confirms."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ward = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="guardianships")
    guardian = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="wards")
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """One guardian at a time, never oneself."""

        constraints = [
            models.UniqueConstraint(fields=["ward"], condition=Q(ended_at=None), name="guardianship_one_open"),
            models.CheckConstraint(condition=~Q(ward=F("guardian")), name="guardianship_not_oneself"),
        ]
        indexes = [models.Index(fields=["guardian", "-id"], name="guardianship_by_guardian")]

    def __str__(self) -> str:
        return f"{self.guardian_id} for {self.ward_id}"
