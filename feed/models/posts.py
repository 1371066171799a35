"""Posts, the publication of a video; and drafts, which are to become posts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from accounts.models import Person
from consent.rules import Audience
from socialvideo.lib.ids import new_id
from worker.models import Upload, Video


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
    # The video whose sound is heard: one that was reused, else its own.
    sound = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="+", db_index=False)
    caption = models.CharField(max_length=500, blank=True)
    audience = models.CharField(max_length=13, choices=[(a.value, a.value) for a in Audience])
    comments_on = models.BooleanField(default=True)
    # What its author lets others do with it, beside what everybody shown in it granted.
    may_remix = models.BooleanField(default=False)
    may_stitch = models.BooleanField(default=False)
    may_reuse_sound = models.BooleanField(default=False)
    may_download = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    edited_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)
    unlisted_at = models.DateTimeField(null=True)

    class Meta:
        """A video stands published once; the newest posts of all, an author, or with a sound, are one index walk."""

        indexes = [
            models.Index(
                F("sound"), F("id").desc(), condition=Q(removed_at=None, unlisted_at=None), name="post_by_sound"
            ),
            # In order of bytes: who asks for it cannot be given the primary key, past everybody else's posts.
            # With the id itself, so that the posts are not read: that halves what two hundred authors cost. There is to
            # be no other index by author: of two the planner takes the narrower one, and sorts all that an author has.
            models.Index(
                F("author"),
                Func(F("id"), function="uuid_send", output_field=models.BinaryField()).desc(),
                include=["id"],
                condition=Q(removed_at=None, unlisted_at=None),
                name="post_by_author",
            ),
            # Everybody's. Each version is above nought: who says so asks for this index, which nobody else is given.
            models.Index(
                fields=["-id"],
                include=["author"],
                condition=Q(removed_at=None, unlisted_at=None, version__gt=0),
                name="post_newest",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["video"], condition=Q(removed_at=None), name="post_once"),
            models.CheckConstraint(condition=Q(audience__in=[a.value for a in Audience]), name="post_audience_known"),
        ]

    def __str__(self) -> str:
        return f"post {self.id}"


class Draft(models.Model):
    """What somebody prepares to publish: a video of theirs, or an upload that is to become one, and the words.

    ``publish_at`` says when it is to be published without them. One that could not be says why.
    """

    class State(models.TextChoices):
        """A scheduled one is published by a worker, or becomes a draft again. A published one has its post."""

        DRAFT = "draft"
        SCHEDULED = "scheduled"
        PUBLISHED = "published"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    video = models.ForeignKey(Video, on_delete=models.PROTECT, null=True, related_name="drafts")
    upload = models.ForeignKey(Upload, on_delete=models.SET_NULL, null=True, related_name="drafts")
    post = models.OneToOneField(Post, on_delete=models.PROTECT, null=True, related_name="draft")
    caption = models.CharField(max_length=500, blank=True)
    audience = models.CharField(max_length=13, choices=[(a.value, a.value) for a in Audience])
    comments_on = models.BooleanField(default=True)
    may_remix = models.BooleanField(null=True)
    may_stitch = models.BooleanField(null=True)
    may_reuse_sound = models.BooleanField(null=True)
    may_download = models.BooleanField(null=True)
    cover_ms = models.PositiveIntegerField(null=True)
    publish_at = models.DateTimeField(null=True)
    failure_code = models.CharField(max_length=40, blank=True)
    failure_detail = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A scheduled one has its time, a published one its post and no words left; each post comes of one draft."""

        indexes = [
            models.Index(F("owner"), F("id").desc(), name="draft_by_owner"),
            models.Index(fields=["publish_at"], condition=Q(state="scheduled"), name="draft_due"),
            models.Index(fields=["ended_at"], condition=Q(state="published"), name="draft_over"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(publish_at__isnull=False), name="draft_scheduled_has_time"
            ),
            models.CheckConstraint(
                condition=Q(state="published", post__isnull=False, ended_at__isnull=False, caption="")
                | (~Q(state="published") & Q(post=None, ended_at=None)),
                name="draft_published_has_post",
            ),
            models.CheckConstraint(condition=Q(audience__in=[a.value for a in Audience]), name="draft_audience_known"),
            models.CheckConstraint(condition=Q(video=None) | Q(upload=None), name="draft_of_one_film"),
        ]

    def __str__(self) -> str:
        return f"draft {self.id} ({self.state})"
