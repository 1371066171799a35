"""Tables of consent. What must never break stands as a constraint here or as a trigger in the first migration."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person
from consent import rules
from socialvideo.lib.ids import new_id

STATES = [(state.value, state.value) for state in rules.State]
AUDIENCES = [(audience.value, audience.value) for audience in rules.Audience]
GROUPS = [(group.value, group.value) for group in rules.Group]


def _face() -> list[str]:
    return [rules.Modality.FACE.value]


def _denied() -> list[str]:
    return sorted(category.value for category in rules.DENIED_BY_DEFAULT)


def _salt() -> bytes:
    return secrets.token_bytes(16)


class Likeness(models.Model):
    """A subject's enrolled photo, sealed under a key of its own; without the key the file is noise."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="likenesses")
    file = models.CharField(max_length=80)
    key = models.BinaryField(max_length=32, null=True)
    photo_digest = models.BinaryField(max_length=32, null=True)
    """SHA-256 of what was sent. It goes with the key: by it, one could know the photo again."""
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    guardian = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    """Whose word a teenager's enrolment needs; it counts once ``cosigned_at`` is written."""
    cosigned_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    erased_at = models.DateTimeField(null=True)

    class Meta:
        """One active likeness a subject; erased means that the key is gone, and the digest of the photo."""

        verbose_name_plural = "likenesses"
        constraints = [
            models.UniqueConstraint(fields=["subject"], condition=Q(erased_at=None), name="likeness_one_active"),
            models.CheckConstraint(
                condition=Q(erased_at=None, key__isnull=False, photo_digest__isnull=False)
                | Q(erased_at__isnull=False, key=None, photo_digest=None),
                name="likeness_erased_has_no_key",
            ),
            models.CheckConstraint(
                condition=Q(cosigned_at=None) | Q(guardian__isnull=False), name="likeness_cosigned_by_a_guardian"
            ),
        ]

    def __str__(self) -> str:
        return f"likeness of {self.subject_id}"

    @property
    def awaits_guardian(self) -> bool:
        """Whether it does not count yet."""
        return self.guardian_id is not None and self.cosigned_at is None


class Ask(models.Model):
    """A request for a grant. One stands open a pair, so that nobody is nagged."""

    class State(models.TextChoices):
        """What became of an ask (W3C DPV)."""

        REQUESTED = "requested"
        DEFERRED = "deferred"
        REFUSED = "refused"
        GIVEN = "given"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    requester = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="asks_made")
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="asks_received")
    purposes = ArrayField(models.CharField(max_length=20))
    audience = models.CharField(max_length=13, choices=AUDIENCES)
    message = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    created_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)

    class Meta:
        """One open ask a pair; nobody asks themselves."""

        constraints = [
            models.UniqueConstraint(
                fields=["requester", "subject"], condition=Q(state__in=["requested", "deferred"]), name="ask_one_open"
            ),
            models.CheckConstraint(condition=~Q(requester=F("subject")), name="ask_not_oneself"),
            models.CheckConstraint(
                condition=Q(state="requested", answered_at=None) | ~Q(state="requested"), name="ask_answered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requester_id} asks {self.subject_id}"


class Choice(models.Model):
    """A subject's word on one person before groups: chosen by hand, or outside every group."""

    class Kind(models.TextChoices):
        """``chosen`` people are a group of their own; ``excepted`` ones belong to no group."""

        CHOSEN = "chosen"
        EXCEPTED = "excepted"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="choices")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        """One word a pair, never on oneself."""

        constraints = [
            models.UniqueConstraint(fields=["subject", "person"], name="choice_once"),
            models.CheckConstraint(condition=~Q(subject=F("person")), name="choice_not_oneself"),
            models.CheckConstraint(condition=Q(kind__in=["chosen", "excepted"]), name="choice_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} is {self.kind} by {self.subject_id}"


class Grant(models.Model):
    """A recorded permission of ``subject`` for ``grantee``. Its epoch is the fence of everything made under it.

    One for a ``group`` is an offer: who takes it up gets a grant of their own that rests on it, with its own epoch.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants_given")
    grantee = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="grants_received")
    group = models.CharField(max_length=10, choices=GROUPS, blank=True, default="")
    rests_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="derived")
    purposes = ArrayField(models.CharField(max_length=20))
    audience = models.CharField(max_length=13, choices=AUDIENCES)
    modalities = ArrayField(models.CharField(max_length=10), default=_face)
    denied_categories = ArrayField(models.CharField(max_length=20), default=_denied)
    text_rules = ArrayField(models.CharField(max_length=80), default=list)
    words_salt = models.BinaryField(max_length=16, null=True, default=_salt)
    """The ledger holds salted digests of ``text_rules``, for it can forget nothing: they are erased with this."""
    review = models.BooleanField(default=False)
    guardian = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    """Whose word a teenager's grant needs; it counts once ``cosigned_at`` is written."""
    cosigned_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    affirmed_at = models.DateTimeField(db_default=Now())
    may_remix = models.BooleanField(default=False)
    may_stitch = models.BooleanField(default=False)
    may_download = models.BooleanField(default=False)
    not_before = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    uses = models.PositiveIntegerField(default=0)
    max_uses = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=STATES, default=rules.State.GIVEN)
    epoch = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """One open grant a pair and a group, never used beyond its count, ended exactly when its state says so."""

        constraints = [
            models.UniqueConstraint(
                fields=["subject", "grantee"],
                condition=Q(state="given", closed_at=None, group="", rests_on=None),
                name="grant_one_standing",
            ),
            models.UniqueConstraint(
                fields=["subject", "group"],
                condition=Q(state="given", closed_at=None) & ~Q(group=""),
                name="grant_one_standing_group",
            ),
            models.UniqueConstraint(
                fields=["rests_on", "grantee"],
                condition=Q(state="given", closed_at=None, rests_on__isnull=False),
                name="grant_one_standing_derived",
            ),
            models.CheckConstraint(
                condition=Q(group="", grantee__isnull=False) | (~Q(group="") & Q(grantee=None, rests_on=None)),
                name="grant_to_a_person_or_a_group",
            ),
            models.CheckConstraint(
                condition=Q(group__in=["", *[group.value for group in rules.Group]]), name="grant_group_known"
            ),
            models.CheckConstraint(
                condition=~Q(group="everyone") | Q(review=True), name="grant_to_everyone_is_reviewed"
            ),
            models.CheckConstraint(
                condition=Q(cosigned_at=None) | Q(guardian__isnull=False), name="grant_cosigned_by_a_guardian"
            ),
            models.CheckConstraint(condition=Q(uses__lte=F("max_uses")), name="grant_uses_counted"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("not_before")), name="grant_expires_later"),
            models.CheckConstraint(condition=Q(epoch__gte=1), name="grant_epoch_positive"),
            models.CheckConstraint(
                condition=Q(state="given", ended_at=None) | (~Q(state="given") & Q(ended_at__isnull=False)),
                name="grant_ended",
            ),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in rules.State]), name="grant_state_known"),
            models.CheckConstraint(
                condition=Q(audience__in=[a.value for a in rules.Audience]), name="grant_audience_known"
            ),
        ]
        indexes = [
            models.Index(fields=["grantee", "-id"], name="grant_by_grantee"),
            models.Index(fields=["subject", "-id"], name="grant_by_subject"),
            models.Index(fields=["expires_at"], condition=Q(state="given"), name="grant_to_expire"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} grants {self.grantee_id or self.group} ({self.state})"

    @property
    def awaits_guardian(self) -> bool:
        """Whether it does not count yet."""
        return self.guardian_id is not None and self.cosigned_at is None

    def fact(self) -> rules.GrantFact:
        """Return what the pure rules need to know of this grant."""
        return rules.GrantFact(
            id=self.id,
            subject_id=self.subject_id,
            state=rules.State(self.state),
            epoch=self.epoch,
            not_before=self.not_before,
            expires_at=self.expires_at,
            uses=self.uses,
            max_uses=self.max_uses,
            audience=rules.Audience(self.audience),
            purposes=frozenset(map(rules.Purpose, self.purposes)),
            modalities=frozenset(map(rules.Modality, self.modalities)),
            rights=frozenset(right for right, given in self.rights().items() if given),
            denied=frozenset(map(rules.Category, self.denied_categories)),
            text_rules=tuple(self.text_rules),
            review=self.review,
            closed=self.closed_at is not None,
            awaits_guardian=self.awaits_guardian,
            group=rules.Group(self.group) if self.group else None,
        )

    def rights(self) -> dict[rules.Right, bool]:
        """Return which rights beyond watching are granted."""
        return {
            rules.Right.REMIX: self.may_remix,
            rules.Right.STITCH: self.may_stitch,
            rules.Right.DOWNLOAD: self.may_download,
        }


class Permit(models.Model):
    """The one-use authorisation of one spec, for all its subjects."""

    class State(models.TextChoices):
        """Issued at the request, redeemed when the worker starts, spent when the video is sealed."""

        ISSUED = "issued"
        REDEEMED = "redeemed"
        SPENT = "spent"
        VOID = "void"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    requester = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="permits")
    job_id = models.UUIDField()
    digest = models.BinaryField(max_length=32)
    lineage = ArrayField(models.UUIDField(), default=list)
    subject_count = models.PositiveSmallIntegerField()
    uses_photos = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ISSUED)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    class Meta:
        """A permit is for one job and a spec (SHA-256), and ends; only what is made of films may show nobody."""

        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="permit_expires_later"),
            models.CheckConstraint(
                condition=Q(subject_count__gt=0) | Q(lineage__len__gt=0), name="permit_of_somebody_or_something"
            ),
            models.CheckConstraint(condition=Q(uses_photos=True) | Q(lineage__len__gt=0), name="permit_draws_or_cuts"),
        ]

    def __str__(self) -> str:
        return f"permit {self.id} ({self.state})"


class PermitSubject(models.Model):
    """One subject of a permit, with the grant and the epoch that it rests on, and the photo that it is for, if any."""

    permit = models.ForeignKey(Permit, on_delete=models.PROTECT, related_name="subjects")
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="permits")
    likeness = models.ForeignKey(Likeness, on_delete=models.PROTECT, null=True, related_name="+")
    epoch = models.PositiveIntegerField()
    place = models.PositiveSmallIntegerField()

    class Meta:
        """A grant stands once in a permit; a subject may be there by a grant and by inheritance."""

        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["permit", "grant"], name="permit_grant_once")]

    def __str__(self) -> str:
        return f"{self.subject_id} in {self.permit_id}"


class LedgerLeaf(models.Model):
    """One leaf of the append-only Merkle log (RFC 9162 §2.1). The database refuses to change or drop one."""

    index = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=20)
    body = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)
    # The grant whose terms it holds; uses are found through the journal.
    grant_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Leaves are numbered from 0 without gaps."""

        verbose_name_plural = "ledger leaves"
        constraints = [models.CheckConstraint(condition=Q(index__gte=0), name="leaf_index_from_zero")]
        indexes = [models.Index(fields=["grant_id", "-index"], condition=~Q(grant_id=None), name="leaf_of_grant")]

    def __str__(self) -> str:
        return f"{self.index} {self.kind}"


class LedgerHead(models.Model):
    """The tree's size and frontier, in one row: who appends holds it, so leaf order is commit order."""

    size = models.BigIntegerField(default=0)
    frontier = ArrayField(models.BinaryField(max_length=32), default=list)
    # Which key signs it: empty until the first leaf, then only ``recovery`` changes it.
    key_id = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        """There is one head."""

        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="ledger_one_head"),
            models.CheckConstraint(condition=Q(size__gte=0), name="ledger_size_from_zero"),
        ]

    def __str__(self) -> str:
        return f"ledger of {self.size}"


class Decision(models.Model):
    """One row of the journal: what the gate said, about whom, to whom and why. Never changed, never dropped."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_default=Now())
    point = models.CharField(max_length=10)
    verdict = models.CharField(max_length=8)
    reason = models.CharField(max_length=20, blank=True)
    # None for a handle that nobody has: such a refusal is written like any other, so that nothing tells it apart.
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="decisions_about")
    requester = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="decisions_for")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, null=True, related_name="decisions")
    epoch = models.PositiveIntegerField(null=True)
    job_id = models.UUIDField(null=True)
    video_id = models.UUIDField(null=True)
    purpose = models.CharField(max_length=20, blank=True)
    audience = models.CharField(max_length=13, blank=True)
    leaf = models.OneToOneField(LedgerLeaf, on_delete=models.PROTECT, related_name="decision")

    class Meta:
        """An allowed decision names the grant it rests on; a denied one names its reason."""

        indexes = [models.Index(fields=["subject", "-id"], name="decision_by_subject")]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="allowed", reason="", grant__isnull=False) | (Q(verdict="denied") & ~Q(reason="")),
                name="decision_has_its_ground",
            ),
            models.CheckConstraint(
                condition=Q(subject__isnull=False) | Q(verdict="denied", reason="no_grant"),
                name="decision_has_its_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point} {self.verdict}"


class Withdrawal(models.Model):
    """A subject's withdrawal and the receipt they keep. Never changed, never dropped."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="withdrawals")
    scope = models.CharField(max_length=10)
    mode = models.CharField(max_length=10, default="unpublish")
    at = models.DateTimeField()
    receipt = models.JSONField()
    leaf = models.OneToOneField(LedgerLeaf, on_delete=models.PROTECT, related_name="withdrawal")

    class Meta:
        """A withdrawal has a known scope."""

        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=["grant", "grantee", "video", "everything"]), name="withdrawal_scope_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} withdraws {self.scope}"


class Veto(models.Model):
    """A subject's end of one video, and of every remix of it. Never taken back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="vetoes")
    video_id = models.UUIDField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a subject and video; read by video."""

        verbose_name_plural = "vetoes"
        constraints = [models.UniqueConstraint(fields=["video_id", "subject"], name="veto_once")]

    def __str__(self) -> str:
        return f"{self.subject_id} vetoes {self.video_id}"


class Acceptance(models.Model):
    """A subject's acceptance of one render, by its hash: one changed byte and it counts for nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="acceptances")
    video_id = models.UUIDField()
    digest = models.BinaryField(max_length=32)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a subject, video and hash."""

        constraints = [models.UniqueConstraint(fields=["video_id", "subject", "digest"], name="acceptance_once")]

    def __str__(self) -> str:
        return f"{self.subject_id} accepts {self.video_id}"


class LedgerNode(models.Model):
    """The root of a complete subtree above the leaves, so that a proof reads few rows. Never changed, never dropped."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        """The leaves themselves are level 0."""

        constraints = [
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=62), name="node_above_the_leaves"),
            models.CheckConstraint(condition=Q(index__gte=0), name="node_index_from_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"
