"""What people watched: their history, and the queue of what players tell of it."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person
from feed.models.posts import Post


class View(models.Model):
    """All that one person watched of one post: their history, which they can see and clear."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+", db_index=False)
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())
    plays = models.PositiveIntegerField(default=0)
    """How often it was begun, loops included."""
    watched_ms = models.PositiveBigIntegerField(default=0)
    furthest = models.FloatField(default=0)
    """The furthest place that was reached, from 0 to 1 of the film."""
    is_long = models.BooleanField(default=False)
    """Whether one viewing was long: to the end when the film lasts less than 18 seconds, else at least so long."""

    class Meta:
        """One row for a person and a post; a person's are read in order of the last time."""

        constraints = [
            models.UniqueConstraint(fields=["person", "post"], name="view_once"),
            models.CheckConstraint(condition=Q(furthest__gte=0, furthest__lte=1), name="view_within_film"),
            models.CheckConstraint(condition=Q(last_at__gte=F("first_at")), name="view_lasts_forward"),
        ]
        indexes = [models.Index(fields=["person", "-last_at", "-id"], name="view_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id} watched {self.post_id}"


class Beacon(models.Model):
    """What a player told of one viewing, until it is folded into the counts; then kept while it could come again.

    ``watched_ms`` and ``plays`` are of the whole viewing so far: one that is lost is made good by the next.
    """

    key = models.UUIDField()
    """The client's id of it."""
    viewing = models.UUIDField()
    """The opening of the video that it is about (``feed.engagement.tokens``)."""
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+", db_index=False)
    impression = models.UUIDField(null=True, default=None)
    watched_ms = models.PositiveIntegerField()
    plays = models.PositiveIntegerField()
    position_ms = models.PositiveIntegerField()
    ended = models.BooleanField()
    at = models.DateTimeField()
    """When it was so, as far as the client's word is possible."""
    created_at = models.DateTimeField(db_default=Now())
    folded_at = models.DateTimeField(null=True)

    class Meta:
        """Once a viewing; what waits is an index walk."""

        constraints = [models.UniqueConstraint(fields=["viewing", "key"], name="beacon_once")]
        indexes = [models.Index(fields=["id"], condition=Q(folded_at=None), name="beacon_waits")]

    def __str__(self) -> str:
        return f"beacon {self.key}"
