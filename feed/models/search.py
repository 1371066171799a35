"""What posts are found by. Written by the triggers of posts and their hashtags alone."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from feed.models.posts import Post

LONGEST_TERM = 60


class PostText(models.Model):
    """The words of a caption as they are searched."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="+")
    words = SearchVectorField()

    class Meta:
        """By the beginnings of words."""

        indexes = [GinIndex(fields=["words"], name="post_text_words")]

    def __str__(self) -> str:
        return f"words of {self.post_id}"


class SearchTerm(models.Model):
    """A word of some caption, or a hashtag: what somebody may have meant who wrote something like it. Shown to nobody
    but where a post with it is visible to them."""

    class Kind(models.TextChoices):
        """Where it stands."""

        WORD = "word"
        TAG = "tag"

    kind = models.CharField(max_length=4, choices=Kind.choices)
    term = models.CharField(max_length=LONGEST_TERM)
    trigrams = ArrayField(models.TextField())

    class Meta:
        """Once a kind; by their beginnings, and by trigrams."""

        constraints = [
            models.UniqueConstraint(fields=["kind", "term"], name="search_term_once"),
            models.CheckConstraint(condition=Q(kind__in=["word", "tag"]), name="search_term_kind_known"),
        ]
        indexes = [
            models.Index(fields=["term"], name="search_term_begins", opclasses=["varchar_pattern_ops"]),
            GinIndex(fields=["trigrams"], name="search_term_trigrams"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.term}"
