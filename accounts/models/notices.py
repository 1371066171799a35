"""Notices: what a person is told, where they wish to be told it, and what was sent of it.

They hold ids alone. Names and words are looked up when a notice is read, so that it shows nothing that is gone.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models.people import Person
from accounts.models.sessions import Session
from socialvideo.lib.ids import new_id


class Notice(models.Model):
    """One line of a person's inbox: all that happened of one kind to one thing on one day (UTC)."""

    class Kind(models.TextChoices):
        """What happened. What each means, and where it is told, stands in ``accounts/notices/kinds.py``."""

        FOLLOWED = "followed"
        FOLLOW_REQUESTED = "follow_requested"
        REQUEST_ACCEPTED = "request_accepted"
        LIKED = "liked"
        COMMENTED = "commented"
        REPLIED = "replied"
        COMMENT_LIKED = "comment_liked"
        MENTIONED = "mentioned"
        COMMENT_MENTIONED = "comment_mentioned"
        ASKED = "asked"
        ASK_ANSWERED = "ask_answered"
        GRANT_ENDED = "grant_ended"
        DRAFT_TO_REVIEW = "draft_to_review"
        PUBLISHED_WITH_YOU = "published_with_you"
        GUARDIAN_INVITED = "guardian_invited"
        GUARDIAN_NEEDED = "guardian_needed"
        GUARDIANSHIP_ENDED = "guardianship_ended"
        JOB_COMPLETED = "job_completed"
        JOB_FAILED = "job_failed"
        UPLOAD_READY = "upload_ready"
        UPLOAD_FAILED = "upload_failed"
        DRAFT_FAILED = "draft_failed"
        TAKEN_DOWN = "taken_down"
        COMMENT_REMOVED = "comment_removed"
        SIGNED_IN = "signed_in"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    thing_id = models.UUIDField(null=True)
    """What it is about; its kind of thing follows from ``kind``."""
    day = models.DateField()
    position = models.UUIDField()
    """UUIDv7 of the newest event in it: where it stands in the list."""
    created_at = models.DateTimeField(db_default=Now())
    newest_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    spread_at = models.DateTimeField(null=True)
    """When it was handed to push and mail since it was last unread."""

    class Meta:
        """One line for all of a kind, a thing and a day, unless its person removed it."""

        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "thing_id", "day"],
                condition=Q(removed_at=None),
                nulls_distinct=False,
                name="notice_once",
            ),
            models.CheckConstraint(condition=Q(newest_at__gte=F("created_at")), name="notice_grows_later"),
        ]
        indexes = [
            models.Index(fields=["recipient", "-position"], name="notice_of_person"),
            models.Index(
                fields=["recipient", "-position"], condition=Q(read_at=None, removed_at=None), name="notice_unread"
            ),
            models.Index(fields=["newest_at"], name="notice_by_age"),
            models.Index(fields=["id"], condition=Q(spread_at=None), name="notice_to_spread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.recipient_id}"


class NoticeActor(models.Model):
    """Somebody who did what a notice tells."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="actors", db_index=False)
    actor = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once in a notice, however often they did it."""

        constraints = [models.UniqueConstraint(fields=["notice", "actor"], name="notice_actor_once")]
        indexes = [models.Index(fields=["notice", "-id"], name="notice_actor_newest")]

    def __str__(self) -> str:
        return f"{self.actor_id} in {self.notice_id}"


class NoticeChoice(models.Model):
    """A person's wish about one kind on one channel, where it is not the default."""

    class Channel(models.TextChoices):
        """Where something is told."""

        IN_APP = "in_app"
        PUSH = "push"
        MAIL = "mail"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Notice.Kind.choices)
    channel = models.CharField(max_length=6, choices=Channel.choices)
    is_on = models.BooleanField()

    class Meta:
        """One wish for each."""

        constraints = [models.UniqueConstraint(fields=["person", "kind", "channel"], name="notice_choice_once")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {self.is_on}"


class NoticePlan(models.Model):
    """When a person wishes not to be disturbed, and how often the summary comes. Who has none has the defaults."""

    class Summary(models.TextChoices):
        """How often the mail of what is unread comes."""

        OFF = "off"
        DAILY = "daily"
        WEEKLY = "weekly"

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    time_zone = models.CharField(max_length=40, blank=True)
    """IANA name; UTC while it is empty."""
    quiet_hours = models.BooleanField(null=True)
    """None: by age, on for teenagers."""
    quiet_from = models.TimeField()
    quiet_until = models.TimeField()
    summary = models.CharField(max_length=6, choices=Summary.choices, blank=True)
    """Empty: by age, off for teenagers."""

    class Meta:
        """Quiet hours last a while and end."""

        constraints = [
            models.CheckConstraint(condition=~Q(quiet_from=F("quiet_until")), name="quiet_hours_last"),
        ]

    def __str__(self) -> str:
        return f"plan of {self.person_id}"


class PushSubscription(models.Model):
    """Where a browser is reached (RFC 8030) and under which keys it reads (RFC 8291). Ends with its session."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="push_subscription")
    endpoint = models.CharField(max_length=2000)
    endpoint_digest = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the endpoint: a browser is one person's, the last one's who signed in there."""
    public_key = models.BinaryField(max_length=65)
    secret = models.BinaryField(max_length=16)
    failures = models.PositiveSmallIntegerField(default=0)
    """How often in a row its push service did not take a push."""
    resumes_at = models.DateTimeField(db_default=Now())
    """Until then nothing is sent there: one that hangs holds a worker once, and not for every notice."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Its address is one."""

        constraints = [models.CheckConstraint(condition=~Q(endpoint=""), name="push_endpoint_there")]

    def __str__(self) -> str:
        return f"push to {self.session_id}"


class PushDelivery(models.Model):
    """One notice on its way to one browser. The row is the truth; who holds its lease may send it."""

    class State(models.TextChoices):
        """How far it came."""

        DUE = "due"
        SENT = "sent"
        DROPPED = "dropped"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    subscription = models.ForeignKey(
        PushSubscription, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event = models.UUIDField()
    """The notice's position when it was spread: a notice that was read and grew is sent anew."""
    state = models.CharField(max_length=7, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a browser for each time that a notice becomes unread."""

        constraints = [
            models.UniqueConstraint(fields=["subscription", "notice", "event"], name="push_once"),
            models.CheckConstraint(condition=~Q(state="sent") | Q(attempts__gt=0), name="push_sent_was_tried"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="due"), name="push_due")]

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.subscription_id}"


class Summary(models.Model):
    """One period's mail of what is unread: at most one a person, however often the task runs."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    ends_at = models.DateTimeField()
    """The end of the period that it sums up."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a period."""

        constraints = [models.UniqueConstraint(fields=["person", "ends_at"], name="summary_once")]
        indexes = [models.Index(fields=["ends_at"], name="summary_by_age")]

    def __str__(self) -> str:
        return f"summary of {self.person_id} to {self.ends_at}"
