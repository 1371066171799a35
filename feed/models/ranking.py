"""What the ranking is made of and what it did: its models by hash, and each item that it served, with its reasons."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person
from feed.models.posts import Post
from socialvideo.lib.ids import new_id


class RankingModel(models.Model):
    """A trained ranking, stored under its SHA-256. One at a time is active."""

    class Kind(models.TextChoices):
        """Learned anew, or the same weights over new counts."""

        TRAINED = "trained"
        REFRESHED = "refreshed"

    hash = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    parent = models.CharField(max_length=64, blank=True)
    """Of which one the weights are; empty for a trained one."""
    made_at = models.DateTimeField(db_default=Now())
    file = models.CharField(max_length=120)
    words_file = models.CharField(max_length=120)
    """The words of its posts, in its order (``feed.foryou.files``)."""
    words_hash = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    figures = models.JSONField(default=dict)
    active = models.BooleanField(default=False)

    class Meta:
        """One is active; a hash is one."""

        constraints = [
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="ranking_model_one_active"),
            models.CheckConstraint(condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="ranking_model_hash"),
        ]
        indexes = [models.Index(fields=["-made_at"], name="ranking_model_by_age")]

    def __str__(self) -> str:
        return f"ranking {self.hash[:12]}"


class Impression(models.Model):
    """One item of a For You page as it was served, with all that its score depended on.

    ``request_id`` names the session of one walk through the feed: a post stands in it once. ``features`` are
    little-endian float32 (``feed.ranking.features``); empty for what was not scored.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request_id = models.UUIDField()
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    sources = ArrayField(models.CharField(max_length=20))
    propensity = models.FloatField()
    model = models.CharField(max_length=64, blank=True)
    rung = models.CharField(max_length=16)
    features = models.BinaryField()
    score = models.FloatField()
    arm = models.CharField(max_length=40, blank=True)
    served_at = models.DateTimeField(db_default=Now())

    class Meta:
        """In one walk a post comes once, and so does a place."""

        constraints = [
            models.UniqueConstraint(fields=["person", "request_id", "post"], name="impression_once"),
            models.UniqueConstraint(fields=["person", "request_id", "position"], name="impression_placed_once"),
            models.CheckConstraint(condition=Q(propensity__gt=0, propensity__lte=1), name="impression_propensity"),
        ]
        indexes = [
            models.Index(F("person"), F("id").desc(), name="impression_by_person"),
            models.Index(fields=["served_at"], name="impression_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} at {self.position} for {self.person_id}"
