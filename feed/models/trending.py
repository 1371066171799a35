"""What trends: rankings made by a task, and what moderators decided about films that show somebody."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Person
from feed.models.posts import Post
from socialvideo.lib.ids import new_id


class Trend(models.Model):
    """One place of one ranking (``made_at``). Ids descend with the places, so that lists are walked as all others."""

    id = models.UUIDField(primary_key=True, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="trends")
    made_at = models.DateTimeField()
    place = models.PositiveSmallIntegerField()
    score = models.FloatField()

    class Meta:
        """A ranking has each post and each place once."""

        constraints = [
            models.UniqueConstraint(fields=["made_at", "post"], name="trend_once"),
            models.UniqueConstraint(fields=["made_at", "place"], name="trend_place_once"),
            models.CheckConstraint(condition=Q(score__gt=0), name="trend_scores"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} is number {self.place}"


class TrendReview(models.Model):
    """Whether a post may trend. What shows somebody waits for one that clears it; what is held back never trends."""

    class Verdict(models.TextChoices):
        """The last one counts."""

        CLEARED = "cleared"
        HELD = "held"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="trend_review")
    verdict = models.CharField(max_length=7, choices=Verdict.choices)
    moderator = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        """One a post."""

        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=["cleared", "held"]), name="trend_review_verdict_known")
        ]

    def __str__(self) -> str:
        return f"{self.post_id} is {self.verdict}"
