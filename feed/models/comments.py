"""Comments on posts, who likes them, and the words that somebody wants to look at first."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person
from feed.models.posts import Post
from socialvideo.lib.ids import new_id

COMMENT_LENGTH, WORD_LENGTH = 1000, 60


class Comment(models.Model):
    """What somebody says under a post: a ``root``, or a reply below one (to ``parent``, which may be a reply itself).

    It stands unless it was removed; while it is held, only its writer and the post's author see it.
    """

    class RemovedBy(models.TextChoices):
        """Who took it away."""

        WRITER = "writer"
        AUTHOR = "author"
        MODERATOR = "moderator"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="comments", db_index=False)
    root = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    text = models.CharField(max_length=COMMENT_LENGTH)
    likes = models.PositiveBigIntegerField(default=0, db_default=0)
    replies = models.PositiveBigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=9, choices=RemovedBy.choices, blank=True)
    held_at = models.DateTimeField(null=True)

    class Meta:
        """Roots of a post, replies of a root and comments of a person are an index walk each."""

        indexes = [
            models.Index(F("post"), F("id").desc(), condition=Q(root=None), name="comment_by_post"),
            models.Index(fields=["root", "id"], condition=Q(root__isnull=False), name="comment_by_root"),
            models.Index(fields=["author", "-id"], name="comment_by_author"),
            models.Index(fields=["post", "-id"], condition=Q(held_at__isnull=False), name="comment_held"),
            models.Index(
                fields=["removed_at"], condition=Q(removed_at__isnull=False) & ~Q(text=""), name="comment_removed"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(root=None, parent=None) | Q(root__isnull=False, parent__isnull=False),
                name="comment_reply_has_root",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_by="")
                | Q(removed_at__isnull=False, removed_by__in=["writer", "author", "moderator"]),
                name="comment_removed_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(text="") | Q(removed_at__isnull=False), name="comment_says_something"),
        ]

    def __str__(self) -> str:
        return f"comment {self.id}"


class CommentLike(models.Model):
    """Somebody likes a comment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a person."""

        constraints = [models.UniqueConstraint(fields=["comment", "person"], name="comment_like_once")]
        indexes = [models.Index(fields=["person", "-id"], name="comment_like_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id} likes {self.comment_id}"


class CommentFilter(models.Model):
    """Words that somebody wants to look at first: comments on their posts that hold one wait for them."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    words = ArrayField(models.CharField(max_length=WORD_LENGTH), default=list)

    class Meta:
        """A list that everybody's comments are compared with has an end."""

        constraints = [models.CheckConstraint(condition=Q(words__len__lte=200), name="comment_filter_bounded")]

    def __str__(self) -> str:
        return f"filter of {self.person_id}"
