"""Why an account is closed for a while, in the words that its person reads."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


class Suspension(models.Model):
    """A suspension with its statement of reasons. ``Person.suspended_until`` is what decides."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="suspensions")
    moderator = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=1000)
    began_at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        """It says why and ends; nobody suspends themselves."""

        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="suspension_says_why"),
            models.CheckConstraint(condition=Q(until__gt=F("began_at")), name="suspension_ends_later"),
            models.CheckConstraint(condition=~Q(person=F("moderator")), name="suspension_not_oneself"),
        ]
        indexes = [models.Index(fields=["person", "-id"], name="suspension_of_person")]

    def __str__(self) -> str:
        return f"{self.person_id} until {self.until}"
