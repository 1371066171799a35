"""What people do with posts: like, keep, share, hide; what a post names: hashtags and people; and how often."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Person
from feed.models.posts import Post
from socialvideo.lib.ids import new_id

TAG_LENGTH = 60


class PostCount(models.Model):
    """How often a post was watched, liked and so on. Written by the tables' triggers, and views by the fold alone.

    The row comes in the commit that publishes. Views and likes of who left stay counted, and name nobody.
    """

    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="counts")
    views = models.PositiveBigIntegerField(default=0, db_default=0)
    watched_ms = models.PositiveBigIntegerField(default=0, db_default=0)
    likes = models.PositiveBigIntegerField(default=0, db_default=0)
    bookmarks = models.PositiveBigIntegerField(default=0, db_default=0)
    shares = models.PositiveBigIntegerField(default=0, db_default=0)
    comments = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        """The fields say that no count goes below nought."""

    def __str__(self) -> str:
        return f"counts of {self.post_id}"


def _by_person(name: str) -> list[models.Index]:
    return [models.Index(fields=["person", "-id"], name=f"{name}_by_person")]


class Mark(models.Model):
    """What stands once between a person and a post."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a person; a person's are read in order of time."""

        abstract = True
        constraints = [models.UniqueConstraint(fields=["post", "person"], name="%(class)s_once")]
        indexes = [models.Index(fields=["person", "-id"], name="%(class)s_by_person")]


class Like(Mark):
    """Somebody likes a post."""

    def __str__(self) -> str:
        return f"{self.person_id} likes {self.post_id}"


class Bookmark(Mark):
    """Somebody keeps a post for later; nobody else is told."""

    def __str__(self) -> str:
        return f"{self.person_id} keeps {self.post_id}"


class Share(models.Model):
    """Somebody took a post's address to somewhere else. Whoever opens it must belong to its audience."""

    class Channel(models.TextChoices):
        """Where to."""

        LINK = "link"
        MESSAGE = "message"
        APP = "app"
        EMBED = "embed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=7, choices=Channel.choices)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Counted once a person and channel."""

        constraints = [
            models.UniqueConstraint(fields=["post", "person", "channel"], name="share_once"),
            models.CheckConstraint(condition=Q(channel__in=["link", "message", "app", "embed"]), name="share_channel"),
        ]
        indexes = [models.Index(fields=["person", "-id"], name="share_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id} shares {self.post_id}"


class Hidden(models.Model):
    """What somebody wishes to see no more of, or less: a post, an author, a hashtag, a sound."""

    class Kind(models.TextChoices):
        """What ``thing`` names: the id of a post, a person or a video, or a hashtag."""

        POST = "post"
        AUTHOR = "author"
        TAG = "tag"
        SOUND = "sound"

    class Strength(models.TextChoices):
        """Out of every feed, or further down."""

        HIDE = "hide"
        LESS = "less"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    thing = models.CharField(max_length=TAG_LENGTH)
    strength = models.CharField(max_length=4, choices=Strength.choices)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One wish about each thing."""

        verbose_name_plural = "hidden"
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "thing"], name="hidden_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["post", "author", "tag", "sound"], strength__in=["hide", "less"]),
                name="hidden_known",
            ),
        ]
        indexes = _by_person("hidden")

    def __str__(self) -> str:
        return f"{self.person_id}: {self.strength} {self.kind} {self.thing}"


class PostTag(models.Model):
    """A hashtag in the caption of a post, as tags are compared (``feed.engagement.rules.plain_tag``)."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="tags")
    tag = models.CharField(max_length=TAG_LENGTH)

    class Meta:
        """Once a post; the posts of a tag, newest first, are a walk of the same index, backwards."""

        constraints = [
            models.UniqueConstraint(fields=["tag", "post"], name="post_tag_once"),
            models.CheckConstraint(condition=~Q(tag=""), name="post_tag_says_something"),
        ]

    def __str__(self) -> str:
        return f"#{self.tag} on {self.post_id}"


class Mention(models.Model):
    """Somebody is named in the caption of a post, or in a comment on it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, null=True, related_name="mentions", db_index=False)
    comment = models.ForeignKey(
        "feed.Comment", on_delete=models.CASCADE, null=True, related_name="mentions", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """In exactly one of the two, once."""

        constraints = [
            models.UniqueConstraint(fields=["post", "person"], condition=Q(comment=None), name="mention_once_in_post"),
            models.UniqueConstraint(
                fields=["comment", "person"], condition=Q(post=None), name="mention_once_in_comment"
            ),
            models.CheckConstraint(condition=Q(post=None) ^ Q(comment=None), name="mention_in_one"),
        ]
        indexes = _by_person("mention")

    def __str__(self) -> str:
        return f"{self.person_id} is named"
