"""Posts: the publication of a video."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person
from consent.rules import Audience
from socialvideo.lib.ids import new_id
from worker.models import Video


class Post(models.Model):
    """One publication of one video. Who sees it is decided by feed.visibility alone.

    ``grants`` and ``lineage`` are copied from the video, where they never change, so that lists pass quickly over
    thousands of posts that one withdrawal ended.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="posts", db_index=False)
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="posts")
    grants = ArrayField(models.UUIDField(), default=list)
    lineage = ArrayField(models.UUIDField(), default=list)
    caption = models.CharField(max_length=500, blank=True)
    audience = models.CharField(max_length=13, choices=[(a.value, a.value) for a in Audience])
    published_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)
    unlisted_at = models.DateTimeField(null=True)

    class Meta:
        """A video stands published once; the newest posts of an author are one index walk."""

        indexes = [
            models.Index(
                F("author"), F("id").desc(), condition=Q(removed_at=None, unlisted_at=None), name="post_by_author"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["video"], condition=Q(removed_at=None), name="post_once"),
            models.CheckConstraint(condition=Q(audience__in=[a.value for a in Audience]), name="post_audience_known"),
        ]

    def __str__(self) -> str:
        return f"post {self.id}"
