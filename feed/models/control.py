"""A person's own say in their feed: what they choose, what they wish in words, how long they sit before it."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Guardianship, Person
from socialvideo.lib.ids import new_id

SAID_LENGTH, TERM_LENGTH = 300, 100


class Choice(models.Model):
    """How a person wants their feed to be. Who has no row has the defaults, and null is the default for their age."""

    class Mood(models.TextChoices):
        """What today shall be like."""

        ANY = "any"
        CALM = "calm"
        LAUGH = "laugh"
        LEARN = "learn"
        ENERGY = "energy"
        MAKE = "make"

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    profiling = models.BooleanField(null=True)
    """Whether what they watched may shape it. None: by age, off for teenagers."""
    ai_share = models.PositiveSmallIntegerField(default=100, db_default=100, validators=[MaxValueValidator(100)])
    """Of a hundred items at most so many are generated."""
    mood = models.CharField(max_length=6, choices=Mood.choices, default=Mood.ANY, db_default=Mood.ANY)
    prompts = models.BooleanField(default=True, db_default=True)
    """Whether they are invited to make something, now and then."""
    budget_minutes = models.PositiveSmallIntegerField(null=True)
    break_minutes = models.PositiveSmallIntegerField(null=True)
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    reset_at = models.DateTimeField(null=True)
    """What they did before this is not looked at."""

    class Meta:
        """A share is one of a hundred; quiet hours have both ends and last."""

        constraints = [
            models.CheckConstraint(condition=Q(ai_share__lte=100), name="choice_ai_share_of_hundred"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None)
                | (Q(quiet_from__isnull=False, quiet_to__isnull=False) & ~Q(quiet_from=F("quiet_to"))),
                name="choice_quiet_hours_last",
            ),
        ]

    def __str__(self) -> str:
        return f"choices of {self.person_id}"


class WardLimit(models.Model):
    """What a guardian set for the feed of their ward, beside the ward's own choice; null is nothing."""

    guardianship = models.OneToOneField(Guardianship, on_delete=models.CASCADE, primary_key=True, related_name="+")
    ai_share = models.PositiveSmallIntegerField(null=True)
    budget_minutes = models.PositiveSmallIntegerField(null=True)
    break_minutes = models.PositiveSmallIntegerField(null=True)
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        """As one's own; quiet hours last over midnight."""

        constraints = [
            models.CheckConstraint(condition=Q(ai_share__lte=100), name="ward_limit_ai_share_of_hundred"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None)
                | Q(quiet_from__isnull=False, quiet_to__isnull=False, quiet_from__gt=F("quiet_to")),
                name="ward_limit_quiet_over_midnight",
            ),
        ]

    def __str__(self) -> str:
        return f"limits by {self.guardianship_id}"


class Steer(models.Model):
    """One wish in words, until it expires or is taken back (``feed.control.grammar``)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    said = models.CharField(max_length=SAID_LENGTH)
    term = models.CharField(max_length=TERM_LENGTH)
    sign = models.SmallIntegerField()
    strength = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    class Meta:
        """One about each thing; more or less of it, by one of three measures."""

        constraints = [
            models.UniqueConstraint(fields=["person", "term"], name="steer_once"),
            models.CheckConstraint(condition=Q(sign__in=[-1, 1], strength__in=[1, 2, 3]), name="steer_known"),
        ]
        indexes = [models.Index(fields=["person", "-id"], name="steer_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id}: {'more' if self.sign > 0 else 'less'} {self.term}"


class Sitting(models.Model):
    """How long somebody sits before their feed: today, and without a break. Never looked at by the ranking."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    day = models.DateField()
    """In their own time zone."""
    spent_s = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        """It begins before it goes on."""

        constraints = [models.CheckConstraint(condition=Q(began_at__lte=F("last_at")), name="sitting_begins_first")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.spent_s} s on {self.day}"
