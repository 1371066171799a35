"""Reports, and what moderators decided about them, with the reasons they owe (DSA articles 16 and 17)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Person
from feed.models import Comment
from socialvideo.lib.ids import new_id
from worker.models import Video


class Category(models.TextChoices):
    """What a report or a statement of reasons is about."""

    LIKENESS = "likeness", "shows me or somebody without permission"
    SEXUAL = "sexual", "sexual content"
    VIOLENCE = "violence", "violence"
    HARASSMENT = "harassment", "harassment"
    DECEPTION = "deception", "pretends to be real"
    OTHER = "other", "something else"


class Report(models.Model):
    """Somebody's report of a video, or of a ``comment`` under a post of it."""

    class State(models.TextChoices):
        """Open until a moderator decides."""

        OPEN = "open"
        UPHELD = "upheld"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reporter = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="reports")
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="reports")
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, null=True, related_name="reports")
    category = models.CharField(max_length=12, choices=Category.choices)
    detail = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One open report a person and video, or comment."""

        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "video", "comment"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="report_once_open",
            )
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="open"), name="report_queue")]

    def __str__(self) -> str:
        return f"report {self.id} ({self.category})"


class Action(models.Model):
    """A moderator's decision about a video, or a comment, and its statement of reasons. Never changed or dropped."""

    class Kind(models.TextChoices):
        """What was done."""

        TAKEDOWN = "takedown"
        DISMISSAL = "dismissal"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    moderator = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="actions_taken")
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="actions")
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, null=True, related_name="actions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    category = models.CharField(max_length=12, choices=Category.choices)
    reasons = models.CharField(max_length=1000)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """An action always says why; a video, and a comment, is taken down once."""

        constraints = [
            models.CheckConstraint(condition=~Q(reasons=""), name="action_says_why"),
            models.UniqueConstraint(fields=["video"], condition=Q(kind="takedown", comment=None), name="takedown_once"),
            models.UniqueConstraint(fields=["comment"], condition=Q(kind="takedown"), name="takedown_of_comment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.video_id}"
