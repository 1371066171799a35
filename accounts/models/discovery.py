"""Contact discovery: who may be found, who has whom, and which pairs have each other. Nothing here is of a non-member.

Opting out removes the row of DiscoveryEnrolment, and with it every tag, edge and match that hangs on it.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id

CODE_ATTEMPTS = 5


class DiscoveryEpoch(models.Model):
    """The keys of one epoch: their public halves, and when they are used. The secret halves are with the signer alone.

    Tags, by which contacts are looked up, are made with the first, leaves of the tree of roots with the second.
    """

    number = models.PositiveIntegerField(primary_key=True)
    public_key = models.BinaryField(max_length=32, unique=True)
    leaf_key = models.BinaryField(max_length=32, unique=True)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """An epoch ends after it begins, and is closed only once it has ended."""

        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="epoch_ends_later"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("ends_at")), name="epoch_closed_after_its_end"
            ),
        ]

    def __str__(self) -> str:
        return f"epoch {self.number}"


class DiscoveryEnrolment(models.Model):
    """Somebody who proved their number and wishes to be found by it. The number is sealed under a key on disk.

    ``forgotten_at``: contacts that were sent before it are not taken in any more.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="discovery")
    sealed_number = models.BinaryField(max_length=64)
    opted_in_at = models.DateTimeField(db_default=Now())
    forgotten_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.person_id} may be found"


class DiscoveryTag(models.Model):
    """What stands for a member's number in one epoch. ``rooted``: its leaf is under the newest root."""

    enrolment = models.ForeignKey(DiscoveryEnrolment, on_delete=models.CASCADE, related_name="tags")
    epoch = models.ForeignKey(DiscoveryEpoch, on_delete=models.CASCADE)
    tag = models.BinaryField(max_length=32)
    prefix = models.BigIntegerField()
    leaf = models.BinaryField(max_length=32)
    rooted = models.BooleanField(default=False)

    class Meta:
        """One tag a member and epoch, one member a tag; contacts are looked up by the prefix."""

        constraints = [
            models.UniqueConstraint(fields=["enrolment", "epoch"], name="tag_once_an_epoch"),
            models.UniqueConstraint(fields=["epoch", "tag"], name="tag_of_one_member"),
            models.UniqueConstraint(fields=["epoch", "leaf"], name="leaf_of_one_member"),
            models.CheckConstraint(condition=Q(prefix__gte=0, prefix__lt=2**50), name="tag_prefix_50_bits"),
        ]
        indexes = [models.Index(fields=["epoch", "prefix"], name="tag_by_prefix")]

    def __str__(self) -> str:
        return f"tag of {self.enrolment_id} in epoch {self.epoch_id}"


class ContactEdge(models.Model):
    """``owner`` has the number of ``target``, and both may be found. ``fresh``: the next tick looks at it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(DiscoveryEnrolment, on_delete=models.CASCADE, related_name="edges")
    target = models.ForeignKey(DiscoveryEnrolment, on_delete=models.CASCADE, related_name="edges_to")
    epoch = models.ForeignKey(DiscoveryEpoch, on_delete=models.CASCADE)
    fresh = models.BooleanField(default=True)

    class Meta:
        """Once a pair and epoch, never oneself."""

        constraints = [
            models.UniqueConstraint(fields=["owner", "target", "epoch"], name="edge_once_an_epoch"),
            models.CheckConstraint(condition=~Q(owner=F("target")), name="edge_not_to_oneself"),
        ]
        indexes = [models.Index(fields=["id"], name="edge_fresh", condition=Q(fresh=True))]

    def __str__(self) -> str:
        return f"{self.owner_id} has {self.target_id}"


class ContactMatch(models.Model):
    """Two members who have each other's number; ``low`` has the smaller id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    low = models.ForeignKey(DiscoveryEnrolment, on_delete=models.CASCADE, related_name="matches_low")
    high = models.ForeignKey(DiscoveryEnrolment, on_delete=models.CASCADE, related_name="matches_high")
    matched_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a pair, in one order; read from either end, newest first."""

        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="match_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="match_in_order"),
        ]
        indexes = [
            models.Index(fields=["low", "-id"], name="match_by_low"),
            models.Index(fields=["high", "-id"], name="match_by_high"),
        ]

    def __str__(self) -> str:
        return f"{self.low_id} and {self.high_id}"


class DiscoveryBudget(models.Model):
    """How many evaluations a member has left. It outlives opting out, for else that would fill it again."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    remaining = models.PositiveIntegerField()
    counted_date = models.DateField()

    def __str__(self) -> str:
        return f"{self.remaining} evaluations left to {self.person_id}"


class NumberCode(models.Model):
    """A code that was sent to a number. The number is in the sealed challenge that the asker holds, not here."""

    class Purpose(models.TextChoices):
        """What the code proves a number for."""

        ENROLMENT = "enrolment"
        ABSENCE = "absence"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+")
    purpose = models.CharField(max_length=9, choices=Purpose)
    code_digest = models.BinaryField(max_length=32)
    attempts = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        """Few guesses; a member enrols, and nobody in particular asks for a statement of absence."""

        constraints = [
            models.CheckConstraint(condition=Q(attempts__lte=CODE_ATTEMPTS), name="code_attempts_bounded"),
            models.CheckConstraint(
                condition=Q(purpose="enrolment", person__isnull=False) | Q(purpose="absence", person__isnull=True),
                name="code_of_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"code for {self.purpose}"


class TransparencyRoot(models.Model):
    """The signed root over all leaves of one epoch, as it was published. They themselves are not published."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    epoch = models.ForeignKey(DiscoveryEpoch, on_delete=models.PROTECT)
    size = models.PositiveIntegerField()
    root_hash = models.BinaryField(max_length=32)
    published_at = models.DateTimeField()
    signature = models.BinaryField(max_length=64)

    class Meta:
        """Read newest first, of one epoch or of all."""

        indexes = [models.Index(fields=["epoch", "-id"], name="root_by_epoch")]

    def __str__(self) -> str:
        return f"root of epoch {self.epoch_id} over {self.size} leaves"
