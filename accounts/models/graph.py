"""Who follows whom."""

from django.db import models
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


class Follow(models.Model):
    """``follower`` sees the posts of ``followee`` in the following feed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    follower = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="follows")
    followee = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="followed_by")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a pair, never oneself; both directions are read in order of time."""

        constraints = [
            models.UniqueConstraint(fields=["follower", "followee"], name="follow_once"),
            models.CheckConstraint(condition=~models.Q(follower=models.F("followee")), name="follow_not_oneself"),
        ]
        indexes = [
            models.Index(fields=["follower", "-id"], name="follow_by_follower"),
            models.Index(fields=["followee", "-id"], name="follow_by_followee"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followee_id}"
