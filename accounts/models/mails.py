"""Mail that we send: a row is the truth, a task sends it, and its token is a signature of the row's id."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


class Mail(models.Model):
    """One letter. Of the token that it carries nothing is stored: who only reads the database cannot make one."""

    class Kind(models.TextChoices):
        """What its token does; a notice and a summary carry none."""

        VERIFY = "verify"
        CHANGE = "change"
        RESET = "reset"
        KEEP = "keep"
        NOTICE = "notice"
        SUMMARY = "summary"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    to = models.EmailField()
    event = models.CharField(max_length=40, blank=True)
    text = models.TextField(blank=True)
    """What a summary says: counts, and never a name."""
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    """When it is to be sent, the first time or again."""

    class Meta:
        """What carries a token ends; a notice says of what."""

        constraints = [
            models.CheckConstraint(condition=Q(kind="notice") | Q(expires_at__isnull=False), name="mail_token_expires"),
            models.CheckConstraint(condition=Q(kind="notice", used_at=None) | ~Q(kind="notice"), name="notice_unused"),
            models.CheckConstraint(condition=~Q(kind="notice") | ~Q(event=""), name="notice_of_something"),
            models.CheckConstraint(condition=~Q(kind="summary") | ~Q(text=""), name="summary_not_empty"),
        ]
        indexes = [
            models.Index(fields=["person", "kind", "-id"], name="mail_of_person"),
            models.Index(fields=["due_at"], condition=Q(sent_at=None), name="mail_unsent"),
            models.Index(fields=["to", "-created_at"], name="mail_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}"
